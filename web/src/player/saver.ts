// Tells the box how far somebody got: at pause and stop, and in between at most once a minute.
import { items, type ProgressEvent } from '../api';

const GAP_MS = 60_000;

export class Saver {
  readonly #id: string;
  #told = 0;
  #toldMs = -1;

  constructor(id: string) {
    this.#id = id;
  }

  /** Called as often as the player likes. */
  tick(positionMs: number, durationMs: number): void {
    if (performance.now() - this.#told >= GAP_MS) this.tell('playing', positionMs, durationMs);
  }

  /** The first minute counts from here. */
  begun(): void {
    this.#told = performance.now();
  }

  tell(event: ProgressEvent, positionMs: number, durationMs: number): void {
    const rounded = Math.round(positionMs);
    if (event === 'stopped' && rounded === this.#toldMs) return;
    this.#told = performance.now();
    this.#toldMs = rounded;
    const duration = Number.isFinite(durationMs) && durationMs > 0 ? Math.round(durationMs) : undefined;
    items.progress(this.#id, event, rounded, duration);
  }
}
