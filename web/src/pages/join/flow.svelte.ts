// Coming in by an invitation.
//
//   link ─▶ who invites, name, password ─▶ (authenticator ─▶) in ─▶ recovery codes, if there are ─▶ done
//
// Looking uses nothing up. A phone may throw the page away while its authenticator app is open, so the
// link's secret lies in sessionStorage, which this tab alone can read, until it is used. The password
// is not kept.
import { asProblem, joining, type JoinLook, type NewFactor, type Problem } from '../../api';

export type Screen = 'starting' | 'look' | 'totp' | 'codes' | 'done' | 'over';

const KEY = 'stead.join';

/** The secret of the link; it leaves the address bar at once, so that it is not shared by accident. */
function secretOf(): string {
  const fresh = new URLSearchParams(location.hash.slice(1)).get('s') ?? '';
  try {
    if (fresh !== '') sessionStorage.setItem(KEY, fresh);
    return fresh || (sessionStorage.getItem(KEY) ?? '');
  } catch {
    // Private windows may refuse storage; the page then only does not survive a reload.
    return fresh;
  }
}

function forget(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept, then.
  }
}

export class JoinFlow {
  screen = $state<Screen>('starting');
  problem = $state.raw<Problem | undefined>();
  busy = $state(false);
  look = $state.raw<JoinLook | undefined>();
  /** Whether an authenticator is set up although nobody asks for one. */
  wished = $state(false);
  totp = $state.raw<NewFactor | undefined>();
  codes = $state.raw<string[]>([]);
  readonly #secret = secretOf();
  #password = '';

  constructor() {
    if (location.hash !== '') history.replaceState(history.state, '', location.pathname);
  }

  at(field: string): string | undefined {
    return this.problem?.field === field ? this.problem.message : undefined;
  }

  besides(...fields: string[]): Problem | undefined {
    return fields.includes(this.problem?.field ?? '') ? undefined : this.problem;
  }

  withFactor(): boolean {
    return this.wished || this.look?.asked !== undefined;
  }

  passwordMin(): number {
    return (this.withFactor() ? this.look?.password_min_chars : this.look?.password_min_alone_chars) ?? 15;
  }

  async #try(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = undefined;
    try {
      await work();
    } catch (thrown) {
      this.problem = asProblem(thrown);
      if (this.problem.code === 'invitation_over') {
        forget();
        this.screen = 'over';
      } else if (this.problem.code === 'invitation_asks_more') {
        // It is still good: what is asked now is looked at again.
        this.look = await joining.look(this.#secret).catch(() => this.look);
        this.screen = 'look';
      } else if (this.problem.field === 'password') this.screen = 'look';
    } finally {
      this.busy = false;
    }
  }

  start(): Promise<void> {
    return this.#try(async () => {
      this.look = await joining.look(this.#secret);
      this.screen = 'look';
    });
  }

  password(password: string): Promise<void> {
    this.#password = password;
    return this.#try(async () => {
      if (!this.withFactor()) return this.#join(undefined);
      this.totp = await joining.factor(this.#secret);
      this.screen = 'totp';
    });
  }

  /** The authenticator's first code. */
  confirm(code: string): Promise<void> {
    return this.#try(() => this.#join(code.replace(/\s/g, '')));
  }

  async #join(totp: string | undefined): Promise<void> {
    const { recovery_codes } = await joining.join(this.#secret, this.#password, totp);
    this.#password = '';
    forget();
    this.codes = recovery_codes;
    this.screen = recovery_codes.length > 0 ? 'codes' : 'done';
  }

  codesSaved(): void {
    this.screen = 'done';
  }
}
