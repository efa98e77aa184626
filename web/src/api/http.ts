// How the server is asked: one way to read, one to write, and what some refusals set off.
import { asProblem, Problem } from './problem';

export const BASE = '/api/v1';

/** The 401s that end a session; others ask for a code or for a step-up. */
const SIGNED_OUT = new Set(['not_signed_in', 'session_ended']);

type Listener = () => void;
let onSignedOut: Listener = () => undefined;

/** Called when any answer says that the session is over. */
export function whenSignedOut(listener: Listener): void {
  onSignedOut = listener;
}

let onShut: Listener = () => undefined;

/** Called when an answer says that nothing opens without a second factor, or without showing it again. */
export function whenShut(listener: Listener): void {
  onShut = listener;
}

type Asker = (problem: Problem) => Promise<boolean>;
let askForFactor: Asker = () => Promise.resolve(false);

/** Called when an answer wants a factor shown again; it says whether that was done. */
export function whenFactorIsWanted(asker: Asker): void {
  askForFactor = asker;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await once(path, init);
  } catch (thrown) {
    const problem = asProblem(thrown);
    const wanted = problem.code === 'insufficient_user_authentication';
    if (wanted && (await askForFactor(problem))) return once(path, init);
    // Whoever changed their mind reads on the page what it takes.
    if ((wanted || problem.code === 'enrolment_required') && path !== '/me') onShut();
    throw thrown;
  }
}

async function once(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(BASE + path, { credentials: 'same-origin', ...init }).catch(() => {
    throw Problem.unreachable();
  });
  if (response.ok) return response;
  const problem = await Problem.from(response);
  if (SIGNED_OUT.has(problem.code) && path !== '/me') onSignedOut();
  throw problem;
}

export async function read<T>(path: string): Promise<T> {
  const response = await send(path, { headers: { accept: 'application/json' } });
  return (await response.json()) as T;
}

const posted = (kind: string, body: string | Blob): RequestInit => ({
  method: 'POST',
  headers: { accept: 'application/json', 'content-type': kind },
  body,
});

/** Sends a file. */
export async function writeFile(path: string, file: Blob): Promise<void> {
  await send(path, posted('application/octet-stream', file));
}

/** Sends a file, and reads what it is. */
export async function askFile<T>(path: string, file: Blob): Promise<T> {
  return (await (await send(path, posted('application/octet-stream', file))).json()) as T;
}

/** Asks for a file. */
export async function readFile(path: string, body: unknown): Promise<Blob> {
  return (await send(path, posted('application/json', JSON.stringify(body)))).blob();
}

export async function write<T>(path: string, body: unknown = {}, keepalive = false): Promise<T> {
  const response = await send(path, { ...posted('application/json', JSON.stringify(body)), keepalive });
  const text = response.status === 204 ? '' : await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** A file that is handed on as it is. */
export async function readText(path: string): Promise<string> {
  return (await send(path, {})).text();
}

export function query(values: object): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
