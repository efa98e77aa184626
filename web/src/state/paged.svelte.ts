// A long list that comes page by page, kept so that going back finds it as it was.
import { untrack } from 'svelte';
import { asProblem, items as api, type Item, type ItemQuery, type Problem } from '../api';
import { recall, remember } from './cache';

const PAGE = 100;

interface Kept {
  items: Item[];
  next: string | undefined;
}

export class Paged {
  items = $state.raw<Item[]>([]);
  next = $state.raw<string | undefined>();
  problem = $state.raw<Problem | undefined>();
  busy = $state(false);
  known = $state(false);
  #wish: ItemQuery = {};
  #key = '';
  #turn = 0;

  /** Shows another list: what is remembered at once, then asks for as much of it again. */
  open(wish: ItemQuery): void {
    this.#wish = wish;
    this.#key = `items ${JSON.stringify(wish)}`;
    const kept = recall<Kept>(this.#key);
    this.items = kept?.items ?? [];
    this.next = kept?.next;
    this.known = kept !== undefined;
    this.refresh();
  }

  /** Asks again for everything that is shown. */
  refresh(): void {
    // Effects call this: what it looks at here must not call them again.
    void untrack(() => this.#refresh());
  }

  async #refresh(): Promise<void> {
    const wanted = Math.max(PAGE, this.items.length);
    await this.#ask(async (fresh) => {
      let got: Kept = { items: [], next: undefined };
      do got = await this.#page(got);
      while (fresh() && got.next !== undefined && got.items.length < wanted);
      return got;
    });
  }

  /** Asks for the page after the last one. */
  more(): void {
    if (this.busy || this.next === undefined) return;
    const shown: Kept = { items: this.items, next: this.next };
    void this.#ask(() => this.#page(shown));
  }

  async #page(before: Kept): Promise<Kept> {
    const cursor = before.next === undefined ? {} : { cursor: before.next };
    const page = await api.list({ ...this.#wish, limit: PAGE, ...cursor });
    return { items: [...before.items, ...page.items], next: page.next ?? undefined };
  }

  async #ask(work: (fresh: () => boolean) => Promise<Kept>): Promise<void> {
    const turn = ++this.#turn;
    const fresh = () => turn === this.#turn;
    this.busy = true;
    this.problem = undefined;
    try {
      const got = await work(fresh);
      if (!fresh()) return;
      this.items = got.items;
      this.next = got.next;
      this.known = true;
      remember(this.#key, got);
    } catch (thrown) {
      if (fresh()) this.problem = asProblem(thrown);
    } finally {
      if (fresh()) this.busy = false;
    }
  }
}
