// A box for one test file: the server over a clock that the test sets, with its own data folder.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

interface Facts {
  data_dir: string;
  https_port: number;
  http_port: number;
  host_name: string;
  setup_file: string;
  ca_file: string;
}

/** Where the programs and the sample library are; scripts/browser says it. */
function fromEnvironment(name: string, otherwise: string): string {
  return resolve(process.env[name] ?? join(import.meta.dirname, '../..', otherwise));
}

const TEST_HOST = fromEnvironment('STEAD_TEST_HOST', 'target/debug/stead-test-host');

/** Two films, a series of three episodes, an album of four tracks, four photos. */
export const SAMPLE = fromEnvironment('STEAD_SAMPLE', 'target/sample');

interface Running {
  child: ChildProcessWithoutNullStreams;
  facts: Facts;
  /** What it says from then on. */
  lines: AsyncIterator<string>;
}

/** Starts the program and waits until it answers. */
async function run(words: string[]): Promise<Running> {
  const child = spawn(TEST_HOST, words, { cwd: dirname(TEST_HOST) });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done === true) throw new Error(`the box did not start: ${errors}`);
  return { child, facts: JSON.parse(first.value) as Facts, lines };
}

const kindWords = (kind: 'server' | 'accounts') => (kind === 'accounts' ? ['--kind', kind] : []);

/** Ports that are free, below those that the kernel gives to connections by itself: nobody has them by
 * the time that a box starts on them anew. */
async function newPorts(): Promise<string[]> {
  const words: string[] = [];
  for (const name of ['--https-port', '--http-port']) {
    let port: number;
    do port = 12_000 + Math.floor(Math.random() * 20_000);
    while (!(await isFree(port)));
    words.push(name, `${port}`);
  }
  return words;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((told) => {
    server.once('error', () => told(false));
    server.listen(port, '127.0.0.1', () => server.close(() => told(true)));
  });
}

export class Box {
  facts: Facts;
  #process: ChildProcessWithoutNullStreams;
  #lines: AsyncIterator<string>;
  readonly #folder: string;
  readonly #media: string;
  #boot = 1;
  /** What each start is told besides its folders and ports. */
  #words: string[];
  /** How far the test has set the clock of the box ahead of this machine's. */
  ahead = 0;

  private constructor({ child, facts, lines }: Running, folder: string, media: string, words: string[]) {
    this.#process = child;
    this.#lines = lines;
    this.#folder = folder;
    this.#media = media;
    this.#words = words;
    this.facts = facts;
  }

  /** Starts a new box that nobody owns. */
  static async start(media: string = SAMPLE, kind: 'server' | 'accounts' = 'server'): Promise<Box> {
    for (const needed of [TEST_HOST, media]) {
      if (!existsSync(needed)) throw new Error(`${needed} is missing: run scripts/browser, which makes it`);
    }
    const folder = mkdtempSync(join(tmpdir(), 'stead-e2e-'));
    const running = await run(['--data', join(folder, 'data'), '--media', media, ...kindWords(kind), ...(await newPorts())]);
    return new Box(running, folder, media, kindWords(kind));
  }

  /** The plug is pulled and put back: the machine starts anew, on what lies on its disk; if it is
   * told to move, at another address: other ports, since the tests have one machine. */
  async powerCut(how: { moves?: boolean } = {}): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
    this.#boot += 1;
    await this.#again(how.moves === true);
  }

  /** Stops the box, changes something in its data folder, and starts it. */
  async changed(change: (data: string) => void): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    await ended;
    change(join(this.#folder, 'data'));
    await this.#again();
  }

  /** Waits until the box has ended by itself, and starts it, as its service manager would. */
  async beginsAnew(): Promise<void> {
    if (this.#process.exitCode === null) await once(this.#process, 'exit');
    await this.#again();
  }

  /** Starts the box anew with this config. */
  configured(text: string): Promise<void> {
    const file = join(this.#folder, 'stead.toml');
    if (!this.#words.includes(file)) this.#words.push('--config', file);
    return this.changed(() => writeFileSync(file, text));
  }

  /** Starts it on the same data, and on the same ports unless it moves. */
  async #again(moves = false): Promise<void> {
    const { https_port, http_port } = this.facts;
    const { child, facts, lines } = await run([
      ...['--data', join(this.#folder, 'data'), '--media', this.#media, ...this.#words],
      ...['--boot', `${this.#boot}`],
      ...(moves ? await newPorts() : ['--https-port', `${https_port}`, '--http-port', `${http_port}`]),
    ]);
    this.#process = child;
    this.#lines = lines;
    // What else it says it may keep to itself by now.
    this.facts = { ...this.facts, https_port: facts.https_port, http_port: facts.http_port };
    if (this.ahead > 0) await this.#step(this.ahead);
  }

  /** `https://stead-ab12.local:8443` */
  get origin(): string {
    return `https://${this.facts.host_name}:${this.facts.https_port}`;
  }

  get plainOrigin(): string {
    return `http://${this.facts.host_name}:${this.facts.http_port}`;
  }

  /** The time at the box. */
  now(): number {
    return Date.now() + this.ahead;
  }

  /** Lets time go by at the box, and there alone. */
  pass(seconds: number): Promise<void> {
    this.ahead += seconds * 1000;
    return this.#step(seconds * 1000);
  }

  /** What is asked next finds the box's clock where it was set, and not somewhat later. */
  async #step(ms: number): Promise<void> {
    this.#process.stdin.write(`wall +${ms}\n`);
    const said = await this.#lines.next();
    if (said.value !== 'done') throw new Error('the box did not set its clock');
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin.end();
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
