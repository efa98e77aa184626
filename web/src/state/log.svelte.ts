// The log, newest first, and older lines behind it as they are asked for.
import { asProblem, audit, type AuditEntry, type AuditQuery, type Problem } from '../api';

const PAGE = 100;

export class Log {
  entries = $state.raw<AuditEntry[]>([]);
  next = $state.raw<number | undefined>();
  problem = $state.raw<Problem | undefined>();
  busy = $state(false);
  known = $state(false);
  #wish: AuditQuery = { kind: '', text: '' };
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  get wish(): AuditQuery {
    return this.#wish;
  }

  /** Shows what fits this wish, from the newest on; it is asked for after a pause, if one is given. */
  open(wish: AuditQuery, pauseMs = 0): void {
    this.drop();
    this.#wish = wish;
    this.busy = true;
    if (pauseMs === 0) void this.#ask(undefined);
    else this.#timer = setTimeout(this.again, pauseMs);
  }

  /** Whatever was asked for is not waited for any more. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
  }

  readonly older = () => void this.#ask(this.next);
  readonly again = () => void this.#ask(undefined);

  async #ask(before: number | undefined): Promise<void> {
    const turn = ++this.#turn;
    this.busy = true;
    this.problem = undefined;
    try {
      const page = await audit.page(this.#wish, before, PAGE);
      if (turn !== this.#turn) return;
      this.entries = before === undefined ? page.entries : [...this.entries, ...page.entries];
      this.next = page.next;
      this.known = true;
    } catch (thrown) {
      if (turn === this.#turn) this.problem = asProblem(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }
}
