// The claim as the browser sees it: which screen, what was offered, what went wrong.
//
//   code ──┐                      (reload comes back to the same screen)
//   link ──┴─▶ owner ─▶ totp ─▶ codes ─▶ tail ─▶ done
//      └▶ busy (another browser is at it; "continue here" takes over)
//      any step ─▶ lost (time ran out, or another browser took over)
//
// A phone often throws the page away while its authenticator app is open. So what one screen needs
// lies in sessionStorage, which this tab alone can read, until the claim is done.
import { asProblem, claim, Problem, type CodesOffer, type Proof, type TotpOffer } from '../../api';
import { takeReturned, type Returned } from '../../lib/returned';
import { noteSignedIn } from '../../state/hint';
import { plugSecret } from './plug.svelte';

export type Screen = 'starting' | 'code' | 'own' | 'plug' | 'busy' | 'owner' | 'restore' | 'totp' | 'codes' | 'tail' | 'done' | 'lost';

interface Kept {
  proof?: Proof;
  /** True once the box let this tab begin. */
  begun?: boolean;
  totp?: TotpOffer;
  codes?: string[];
  saved?: boolean;
  done?: boolean;
}

const KEY = 'stead.claim';

function readKept(): Kept {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '{}') as Kept;
  } catch {
    return {};
  }
}

/** The secret of a set-up link; it leaves the address bar at once, so that it is not shared by accident. */
function secretFromAddress(): string | undefined {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const secret = fragment.get('s') ?? '';
  // What waits for the plug stays where it is: a new address must not lose it.
  if (location.hash !== '' && !fragment.has('plug')) history.replaceState(history.state, '', location.pathname);
  return secret === '' ? undefined : secret;
}

export class ClaimFlow {
  screen = $state<Screen>('starting');
  problem = $state.raw<Problem | undefined>();
  busy = $state(false);
  totp = $state.raw<TotpOffer | undefined>();
  codes = $state.raw<string[]>([]);
  /** The address of the browser that took the claim over. */
  takenBy = $state('');
  #kept = $state.raw<Kept>(readKept());

  get hasLink(): boolean {
    return this.#kept.proof?.kind === 'link';
  }

  get saved(): boolean {
    return this.#kept.saved === true;
  }

  #keep(change: Kept): void {
    this.#kept = { ...this.#kept, ...change };
    try {
      sessionStorage.setItem(KEY, JSON.stringify(this.#kept));
    } catch {
      // Private windows may refuse storage; the claim then only does not survive a reload.
    }
  }

  #forget(): void {
    this.#kept = {};
    sessionStorage.removeItem(KEY);
  }

  #show(screen: Screen): void {
    this.problem = undefined;
    this.screen = screen;
  }

  /** What the box says about one field, in its own words. */
  at(field: string): string | undefined {
    return this.problem?.field === field ? this.problem.message : undefined;
  }

  /** What the box says that belongs to none of these fields. */
  besides(...fields: string[]): Problem | undefined {
    return fields.includes(this.problem?.field ?? '') ? undefined : this.problem;
  }

  /** Runs one call of the wizard; what cannot be told beside a field changes the screen. */
  async #try(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = undefined;
    try {
      await work();
    } catch (thrown) {
      this.#fail(asProblem(thrown));
    } finally {
      this.busy = false;
    }
  }

  #fail(problem: Problem): void {
    this.problem = problem;
    if (problem.code === 'claim_not_yours') this.screen = 'lost';
    else if (problem.code === 'claim_wrong_step') void this.#catchUp();
    else if (problem.code === 'claim_in_progress') this.screen = 'busy';
    else if (this.screen === 'starting' || this.screen === 'plug') this.screen = 'code';
  }

  /** The box is at another step than this page, as after a lost answer: shows the one it is at. */
  async #catchUp(): Promise<void> {
    if (!(await this.#resume().catch(() => false))) this.screen = 'lost';
  }

  /** Enters the page: a new link wins, then a claim that this browser already began. */
  async start(): Promise<void> {
    const secret = secretFromAddress();
    if (secret !== undefined && this.#known() !== secret) {
      this.#forget();
      this.#keep({ proof: { kind: 'link', secret } });
    }
    if (this.#kept.done) return this.#show('done');
    const back = takeReturned('claim');
    if (!back && (plugSecret() !== undefined || new URLSearchParams(location.search).get('by') === 'plug')) {
      return this.#show('plug');
    }
    await this.#try(async () => {
      if (back) return this.#returned(back.answer);
      if (await this.#resume()) return;
      const { proof } = this.#kept;
      if (proof?.kind === 'link') await this.#begin(proof, false);
      else this.#show('code');
    });
  }

  #known(): string | undefined {
    return this.#kept.proof?.kind === 'link' ? this.#kept.proof.secret : undefined;
  }

  /** Goes on where this browser was; false when there is nothing to go on with. */
  async #resume(): Promise<boolean> {
    if (!this.#kept.begun) return false;
    const progress = await claim.state().catch((thrown: unknown) => {
      if (asProblem(thrown).status === 401) return undefined;
      throw thrown;
    });
    if (!progress) return false;
    if (progress.step === 'taken_over') return this.#lost(progress.taken_over_by);
    if (progress.step === 'owner') return this.#resumed('owner');
    if (progress.step === 'totp') {
      this.totp = this.#kept.totp;
      return this.totp ? this.#resumed('totp') : false;
    }
    this.codes = this.#kept.codes ?? [];
    if (this.codes.length === 0) return false;
    return this.#resumed(this.saved ? 'tail' : 'codes');
  }

  #lost(by: string | undefined): true {
    this.takenBy = by ?? '';
    return this.#resumed('lost');
  }

  #resumed(screen: Screen): true {
    this.#show(screen);
    return true;
  }

  async #begin(proof: Proof, takeOver: boolean): Promise<void> {
    await claim.begin(proof, takeOver);
    // A code of one's own may be in use elsewhere too: it is not kept.
    this.#keep({ ...(proof.kind === 'own' ? {} : { proof }), begun: true });
    this.#show('owner');
  }

  code(code: string): Promise<void> {
    const proof: Proof = { kind: 'code', code: code.trim().toUpperCase() };
    this.#keep({ proof });
    return this.#try(() => this.#begin(proof, false));
  }

  own(code: string): Promise<void> {
    const proof: Proof = { kind: 'own', code: code.trim() };
    return this.#try(() => this.#begin(proof, false));
  }

  /** Begins with what the plug pattern has proved. */
  plugged(secret: string): Promise<void> {
    const proof: Proof = { kind: 'plug', secret };
    this.#keep({ proof });
    history.replaceState(history.state, '', location.pathname);
    return this.#try(() => this.#begin(proof, false));
  }

  /** Shows another way to prove that the box is at hand. */
  way(screen: 'code' | 'own' | 'plug' | 'owner' | 'restore'): void {
    this.#show(screen);
  }

  /** Starts again with the proof at hand, taking over from another browser when asked. */
  again(takeOver: boolean): Promise<void> {
    const { proof } = this.#kept;
    if (!proof) {
      this.#show('code');
      return Promise.resolve();
    }
    return this.#try(() => this.#begin(proof, takeOver));
  }

  owner(name: string, password: string): Promise<void> {
    return this.#try(async () => {
      this.totp = await claim.owner(name.trim(), password);
      this.#keep({ totp: this.totp });
      this.#show('totp');
    });
  }

  /** Leaves for the issuer, where whoever signs in becomes the owner. */
  external(): Promise<void> {
    return this.#try(async () => {
      const { redirect } = await claim.external();
      location.assign(redirect);
    });
  }

  /** Back from there: this server asks for what the issuer does not vouch for. */
  async #returned(answer: Returned): Promise<void> {
    // Whatever comes of it, the screen it was left from is the one to try again on.
    this.#show('owner');
    this.vouched(await claim.externalFinish(answer));
  }

  /** The issuer has said who they are: this server asks for what it does not vouch for. */
  vouched(next: TotpOffer | CodesOffer): void {
    if (next.step === 'codes') {
      this.codes = next.recovery_codes;
      this.#keep({ codes: next.recovery_codes });
      this.#show('codes');
    } else {
      this.totp = next;
      this.#keep({ totp: next });
      this.#show('totp');
    }
  }

  /** What a screen that asks by itself was answered in place of what it asked for. */
  told(problem: Problem | undefined): void {
    if (problem) this.#fail(problem);
    else this.problem = undefined;
  }

  confirm(code: string): Promise<void> {
    return this.#try(async () => {
      const { recovery_codes } = await claim.totp(code.replace(/\s/g, ''));
      this.codes = recovery_codes;
      this.#keep({ codes: recovery_codes });
      this.#show('codes');
    });
  }

  codesSaved(): void {
    this.#keep({ saved: true });
    this.#show('tail');
  }

  backToCodes(): void {
    this.#keep({ saved: false });
    this.#show('codes');
  }

  finish(tail: string): Promise<void> {
    return this.#try(async () => {
      await claim.finish(tail.trim().toLowerCase());
      noteSignedIn(true);
      this.#forget();
      this.#keep({ done: true });
      this.#show('done');
    });
  }

  /** Leaves the wizard for good. */
  leave(): void {
    this.#forget();
  }

  /** Gives the claim up; the box is offered again. */
  cancel(): Promise<void> {
    return this.#try(async () => {
      await claim.cancel();
      const { proof } = this.#kept;
      this.#forget();
      if (proof?.kind === 'link') this.#keep({ proof });
      this.#show('lost');
    });
  }

  /** Tells whether another browser took the claim over meanwhile. */
  async look(): Promise<void> {
    if (!['owner', 'restore', 'totp', 'codes', 'tail'].includes(this.screen) || this.busy) return;
    try {
      const progress = await claim.state();
      if (progress.step === 'taken_over') this.#lost(progress.taken_over_by);
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.code === 'claim_not_yours') this.#fail(problem);
    }
  }
}
