// A phone that waits for the plug pattern. The box goes away and comes back meanwhile, perhaps at
// another address, so the secret stands in the fragment of the page: there it survives a reload, can
// be carried along, and reaches no log.
import { asProblem, plug, type PlugPlace, type Problem } from '../../api';

const LOOK_MS = 2_000;

/** The secret of a phone that waits already, from the address of its page. */
export function plugSecret(): string | undefined {
  return new URLSearchParams(location.hash.slice(1)).get('plug') ?? undefined;
}

export class PlugWatch {
  place = $state.raw<PlugPlace | undefined>();
  problem = $state.raw<Problem | undefined>();
  busy = $state(false);
  /** The box does not answer, as it should while its plug is pulled. */
  away = $state(false);
  secret = $state(plugSecret());

  async begin(): Promise<void> {
    this.busy = true;
    this.problem = undefined;
    try {
      const place = await plug.wait();
      this.#carry(place.secret);
      this.place = place;
    } catch (thrown) {
      this.problem = asProblem(thrown);
    } finally {
      this.busy = false;
    }
  }

  async stop(): Promise<void> {
    const { secret } = this;
    this.#carry(undefined);
    this.place = undefined;
    // Who cannot be told forgets by itself, in ten minutes.
    if (secret !== undefined) await plug.leave(secret).catch(() => undefined);
  }

  async look(): Promise<void> {
    if (this.secret === undefined) return;
    try {
      this.place = await plug.look(this.secret);
      this.away = false;
    } catch (thrown) {
      // It comes back; whatever it says meanwhile is not the last word.
      this.away = asProblem(thrown).status === 0 || this.away;
    }
  }

  /** Looks now and then; answers the function that ends it. */
  follow(): () => void {
    void this.look();
    const timer = setInterval(() => void this.look(), LOOK_MS);
    return () => clearInterval(timer);
  }

  #carry(secret: string | undefined): void {
    this.secret = secret;
    const hash = secret === undefined ? '' : `#plug=${secret}`;
    history.replaceState(history.state, '', location.pathname + location.search + hash);
  }
}
