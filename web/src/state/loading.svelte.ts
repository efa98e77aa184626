// Loads what a page shows: the remembered answer first, then the fresh one.
import { untrack } from 'svelte';
import { asProblem, type Problem } from '../api';
import { recall, remember } from './cache';

export class Loading<T> {
  value = $state.raw<T | undefined>();
  problem = $state.raw<Problem | undefined>();
  busy = $state(false);
  #turn = 0;

  /** Fetches under a key; an answer that comes after a newer question is dropped. */
  load(key: string, fetcher: () => Promise<T>): void {
    // Effects call this: what it looks at must not call them again.
    void untrack(() => this.#load(key, fetcher));
  }

  async #load(key: string, fetcher: () => Promise<T>): Promise<void> {
    const turn = ++this.#turn;
    this.value = recall<T>(key);
    this.problem = undefined;
    this.busy = true;
    try {
      const fresh = await fetcher();
      if (turn !== this.#turn) return;
      this.value = fresh;
      remember(key, fresh);
    } catch (thrown) {
      if (turn === this.#turn) this.problem = asProblem(thrown);
    } finally {
      if (turn === this.#turn) this.busy = false;
    }
  }
}
