// The address an item's bytes come from. It lives shortly, so it is asked for again when it ends.
import { items, type PlayTicket } from '../api';

/** A link that ends within this time is renewed before playing on; a short one has less to spare. */
const SPARE_MS = 30_000;
const SPARE_SHARE = 0.1;

export class Link {
  readonly #id: string;
  #ticket: PlayTicket | undefined;
  #endsAt = 0;

  constructor(id: string) {
    this.#id = id;
  }

  get ticket(): PlayTicket | undefined {
    return this.#ticket;
  }

  /** True when the link still holds for a while. */
  get holds(): boolean {
    return this.#ticket !== undefined && performance.now() < this.#endsAt;
  }

  async renew(): Promise<PlayTicket> {
    const asked = performance.now();
    this.#ticket = await items.play(this.#id);
    const lifeMs = this.#ticket.expires_in_s * 1000;
    this.#endsAt = asked + lifeMs - Math.min(SPARE_MS, lifeMs * SPARE_SHARE);
    return this.#ticket;
  }

  /** Whether the box still serves this link: tells an ended link from a file that cannot be played. */
  async served(): Promise<boolean> {
    if (!this.#ticket) return false;
    try {
      return (await fetch(this.#ticket.url, { method: 'HEAD', cache: 'no-store' })).ok;
    } catch {
      return false;
    }
  }
}
