// The libraries and how their scans stand, kept live by server-sent events.
// Where events do not come through, the list is asked every few seconds while a scan runs.
import { refreshInbox } from './inbox.svelte';
import { EVENTS_URL, asProblem, libraries as api, type Library, type Problem, type Scan } from '../api';

const POLL_MS = 3_000;
const QUIET_POLL_MS = 30_000;
const RETRY_MIN_MS = 2_000;
const RETRY_MAX_MS = 60_000;
/** A running scan says "something changed" often; lists are asked again no more than this. */
const CHANGE_GAP_MS = 2_000;

interface Shelf {
  list: Library[];
  known: boolean;
  problem: Problem | undefined;
  /** Counts changes per library, so that lists know when to ask again. */
  changes: Record<string, number>;
}

export const shelf = $state<Shelf>({ list: [], known: false, problem: undefined, changes: {} });

let asked = 0;
let shown = 0;

/** Asks for the libraries. An answer that is older than what is shown is dropped; one to an older question
 * is not, or whoever asks often enough would see nothing. */
export async function refreshLibraries(): Promise<void> {
  const mine = ++asked;
  try {
    const list = await api.list();
    if (mine < shown) return;
    shown = mine;
    shelf.list = list;
    shelf.known = true;
    shelf.problem = undefined;
  } catch (thrown) {
    if (mine > shown) shelf.problem = asProblem(thrown);
  }
}

export const libraryOf = (id: string) => shelf.list.find((library) => library.id === id);
export const scanning = () => shelf.list.some((library) => library.scan.state === 'scanning');

const due = new Map<string, ReturnType<typeof setTimeout>>();

function noteChange(id: string): void {
  if (due.has(id)) return;
  const timer = setTimeout(() => {
    due.delete(id);
    shelf.changes[id] = (shelf.changes[id] ?? 0) + 1;
    void refreshLibraries();
  }, CHANGE_GAP_MS);
  due.set(id, timer);
}

function applyScan(event: Scan & { library_id: string }): void {
  const library = libraryOf(event.library_id);
  if (!library) return void refreshLibraries();
  const ended = library.scan.state === 'scanning' && event.state !== 'scanning';
  library.scan = { ...library.scan, ...event };
  if (ended) noteChange(library.id);
}

function parsed<T>(event: Event): T | undefined {
  try {
    return JSON.parse((event as MessageEvent<string>).data) as T;
  } catch {
    return undefined;
  }
}

/** Listens until the answered function is called. */
export function followLibraries(): () => void {
  let source: EventSource | undefined;
  let retryMs = RETRY_MIN_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let poll: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const open = () => {
    if (stopped) return;
    source = new EventSource(EVENTS_URL);
    source.addEventListener('open', () => (retryMs = RETRY_MIN_MS));
    source.addEventListener('scan', (event) => {
      const scan = parsed<Scan & { library_id: string }>(event);
      if (scan) applyScan(scan);
    });
    source.addEventListener('library', (event) => {
      const change = parsed<{ library_id: string }>(event);
      if (change) noteChange(change.library_id);
    });
    source.addEventListener('approvals', () => void refreshInbox());
    source.addEventListener('error', () => {
      source?.close();
      source = undefined;
      clearTimeout(timer);
      timer = setTimeout(open, retryMs);
      retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
    });
  };

  const ask = async () => {
    const live = source?.readyState === EventSource.OPEN;
    if (!live && document.visibilityState === 'visible') await refreshLibraries();
    if (!stopped) poll = setTimeout(() => void ask(), scanning() && !live ? POLL_MS : QUIET_POLL_MS);
  };

  void refreshLibraries();
  open();
  poll = setTimeout(() => void ask(), POLL_MS);
  return () => {
    stopped = true;
    source?.close();
    clearTimeout(timer);
    clearTimeout(poll);
  };
}
