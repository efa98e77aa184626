// The board page by page: what was wished for last is what is shown.
import { asProblem, board, type BoardPage, type BoardQuery, type Problem } from '../api';

export const PAGE = 50;
/** Whoever types is left to finish the word. */
const TYPING_MS = 300;

export class BoardList {
  wish = $state<BoardQuery>({ sort: 'state', descending: false, state: '', group: '', text: '' });
  offset = $state(0);
  page = $state.raw<BoardPage | undefined>();
  problem = $state.raw<Problem | undefined>();
  busy = $state(false);
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(state: string) {
    this.wish.state = state;
  }

  /** Asks for the page that is wished for; an answer to an older wish is dropped. */
  readonly load = async (): Promise<void> => {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    this.busy = true;
    this.problem = undefined;
    try {
      const page = await board.page({ ...this.wish }, this.offset, PAGE);
      if (turn !== this.#turn) return;
      this.page = page;
    } catch (thrown) {
      if (turn === this.#turn) this.problem = asProblem(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  };

  /** Wishes for something else, from its first page on. */
  change(change: Partial<BoardQuery>): void {
    this.wish = { ...this.wish, ...change };
    this.offset = 0;
    void this.load();
  }

  /** The same while somebody types: it is wished at once, and asked for when the word is done. */
  typed(text: string): void {
    this.drop();
    this.wish = { ...this.wish, text: text.trim() };
    this.offset = 0;
    this.busy = true;
    this.#timer = setTimeout(() => void this.load(), TYPING_MS);
  }

  /** Whatever was asked for is not waited for any more. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
  }

  turn(pages: number): void {
    this.offset = Math.max(0, this.offset + pages * PAGE);
    void this.load();
  }
}
