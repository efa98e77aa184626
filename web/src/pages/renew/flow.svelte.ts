// A new password, and perhaps a new authenticator, for whoever forgot or lost the old ones.
//
//   a link of the owner's ───────────────▶ password ─▶ (totp ─▶) done ─▶ codes, if there are new ones
//   the box in hand ─▶ recovery code ────▶ password ─▶ totp, or keep the old one ─▶ …
//
// A phone may throw the page away while its authenticator app is open, so the link's secret lies in
// sessionStorage, which this tab alone can read, until it is used. Passwords are not kept.
import { asProblem, Problem, renew, type NewFactor } from '../../api';

export type Screen = 'starting' | 'code' | 'password' | 'totp' | 'codes' | 'done' | 'over';
export type Way = 'reset' | 'rescue';

/** The secret of the link; it leaves the address bar at once, so that it is not shared by accident. */
function secretOf(way: Way): string {
  const key = `stead.${way}`;
  const fresh = new URLSearchParams(location.hash.slice(1)).get('s') ?? '';
  if (location.hash !== '') history.replaceState(history.state, '', location.pathname);
  try {
    if (fresh !== '') sessionStorage.setItem(key, fresh);
    return fresh || (sessionStorage.getItem(key) ?? '');
  } catch {
    // Private windows may refuse storage; the page then only does not survive a reload.
    return fresh;
  }
}

/** After these there is nothing to go on with. */
const OVER = new Set(['way_back_over', 'not_in_hand']);

export class RenewFlow {
  screen = $state<Screen>('starting');
  problem = $state.raw<Problem | undefined>();
  busy = $state(false);
  /** Whose password it is. */
  name = $state('');
  passwordMin = $state(8);
  totp = $state.raw<NewFactor | undefined>();
  codes = $state.raw<string[]>([]);
  readonly way: Way;
  readonly #secret: string;
  #ticket = '';
  #password = '';
  #newFactor = false;

  constructor(way: Way) {
    this.way = way;
    this.#secret = secretOf(way);
  }

  at(field: string): string | undefined {
    return this.problem?.field === field ? this.problem.message : undefined;
  }

  besides(...fields: string[]): Problem | undefined {
    return fields.includes(this.problem?.field ?? '') ? undefined : this.problem;
  }

  async #try(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = undefined;
    try {
      await work();
    } catch (thrown) {
      this.problem = asProblem(thrown);
      if (OVER.has(this.problem.code)) this.screen = 'over';
      else if (this.problem.field === 'password') this.screen = 'password';
    } finally {
      this.busy = false;
    }
  }

  start(): Promise<void> {
    return this.#try(async () => {
      if (this.way === 'rescue') {
        this.screen = this.#secret === '' ? 'over' : 'code';
        return;
      }
      const look = await renew.look(this.#secret);
      this.name = look.name;
      this.passwordMin = look.password_min_chars;
      this.#newFactor = look.new_factor;
      this.screen = 'password';
    });
  }

  /** The owner's recovery code. */
  code(code: string): Promise<void> {
    return this.#try(async () => {
      const begun = await renew.rescue(this.#secret, code.trim());
      this.#ticket = begun.ticket;
      this.name = begun.name;
      this.passwordMin = begun.password_min_chars;
      this.totp = begun.factor;
      this.screen = 'password';
    });
  }

  password(password: string): Promise<void> {
    this.#password = password;
    return this.#try(async () => {
      if (this.way === 'rescue') this.screen = 'totp';
      else if (this.#newFactor) {
        this.totp = await renew.factor(this.#secret);
        this.screen = 'totp';
      } else await this.#finish(undefined);
    });
  }

  /** The new authenticator's first code. */
  confirm(code: string): Promise<void> {
    return this.#try(() => this.#finish(code.replace(/\s/g, '')));
  }

  /** The old authenticator stays. */
  keep(): Promise<void> {
    return this.#try(() => this.#finish(undefined));
  }

  async #finish(totp: string | undefined): Promise<void> {
    const { recovery_codes } =
      this.way === 'rescue'
        ? await renew.rescueFinish(this.#ticket, this.#password, totp)
        : await renew.reset(this.#secret, this.#password, totp);
    this.#password = '';
    try {
      sessionStorage.removeItem(`stead.${this.way}`);
    } catch {
      // Nothing was kept, then.
    }
    this.codes = recovery_codes;
    this.screen = recovery_codes.length > 0 ? 'codes' : 'done';
  }

  codesSaved(): void {
    this.screen = 'done';
  }
}
