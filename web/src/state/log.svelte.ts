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

  get wish(): AuditQuery {
    return this.#wish;
  }

  /** Shows what fits this wish, from the newest on. */
  open(wish: AuditQuery): void {
    this.#wish = wish;
    void this.#ask(undefined);
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
