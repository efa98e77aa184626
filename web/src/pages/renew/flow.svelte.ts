// A new password, and perhaps a new authenticator, for whoever forgot or lost the old ones.
//
//   a link of the owner's ───────────────▶ password ─▶ (totp ─▶) done ─▶ codes, if there are new ones
//   the box in hand ─▶ recovery code ────▶ password ─▶ totp, or keep the old one ─▶ …
//
// That the box is in hand is shown by the link of `stead rescue`, by a phone that has won the plug
// pattern and comes with its secret, or by the code that the box was set up with, typed here.
//
// A phone may throw the page away while its authenticator app is open, so the link's secret lies in
// sessionStorage, which this tab alone can read, until it is used. Passwords are not kept.
import { asProblem, Problem, renew, type NewFactor, type Possession } from '../../api';

export type Screen = 'starting' | 'inhand' | 'code' | 'password' | 'totp' | 'codes' | 'done' | 'over';
export type Way = 'reset' | 'rescue';

/** The secret of the link; it leaves the address bar at once, so that it is not shared by accident. */
function secretOf(way: Way, name: 's' | 'plug'): string {
  const key = name === 's' ? `stead.${way}` : `stead.${way}.${name}`;
  const fresh = new URLSearchParams(location.hash.slice(1)).get(name) ?? '';
  try {
    if (fresh !== '') sessionStorage.setItem(key, fresh);
    return fresh || (sessionStorage.getItem(key) ?? '');
  } catch {
    // Private windows may refuse storage; the page then only does not survive a reload.
    return fresh;
  }
}

/** What the address of the page shows of the box. */
function shownByAddress(): Possession | undefined {
  const [plug, secret] = [secretOf('rescue', 'plug'), secretOf('rescue', 's')];
  if (plug !== '') return { kind: 'plug', secret: plug };
  return secret === '' ? undefined : { kind: 'secret', secret };
}

function forget(way: Way): void {
  try {
    for (const key of [`stead.${way}`, `stead.${way}.plug`]) sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept, then.
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
  /** What shows that the box is in hand. */
  #shown: Possession | undefined;
  #ticket = '';
  #password = '';
  #newFactor = false;

  constructor(way: Way) {
    this.way = way;
    this.#secret = way === 'reset' ? secretOf(way, 's') : '';
    this.#shown = way === 'rescue' ? shownByAddress() : undefined;
    if (location.hash !== '') history.replaceState(history.state, '', location.pathname);
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
      // A code that was typed wrong is typed again; its recovery code stays where it is.
      if (this.problem.code === 'not_in_hand' && this.#shown?.kind === 'own') this.screen = 'inhand';
      else if (OVER.has(this.problem.code)) this.#over();
      else if (this.problem.field === 'password') this.screen = 'password';
    } finally {
      this.busy = false;
    }
  }

  #over(): void {
    forget(this.way);
    this.screen = 'over';
  }

  start(): Promise<void> {
    return this.#try(async () => {
      if (this.way === 'rescue') {
        this.screen = this.#shown === undefined ? 'inhand' : 'code';
        return;
      }
      const look = await renew.look(this.#secret);
      this.name = look.name;
      this.passwordMin = look.password_min_chars;
      this.#newFactor = look.new_factor;
      this.screen = 'password';
    });
  }

  /** The code that the box was set up with. It is looked at together with the recovery code. */
  own(code: string): void {
    this.problem = undefined;
    this.#shown = { kind: 'own', code };
    this.screen = 'code';
  }

  /** Another proof that the box is in hand. */
  otherwise(): void {
    forget(this.way);
    this.problem = undefined;
    this.#shown = undefined;
    this.screen = 'inhand';
  }

  /** The owner's recovery code. */
  code(code: string): Promise<void> {
    return this.#try(async () => {
      if (this.#shown === undefined) return this.otherwise();
      const begun = await renew.rescue(this.#shown, code.trim());
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
    forget(this.way);
    this.codes = recovery_codes;
    this.screen = recovery_codes.length > 0 ? 'codes' : 'done';
  }

  codesSaved(): void {
    this.screen = 'done';
  }
}
