// The way of a new account: who one is, then one page for each thing that keeps it safe.
import {
  account,
  asProblem,
  passkeys,
  security,
  type NewCodes,
  type NewTotp,
  type Problem,
} from '../../api';
import { deviceName } from '../../lib/agent';
import { canHavePasskeys } from '../../lib/passkey';
import { noteSignedIn } from '../../state/hint';
import { makePasskey, passkeyTrust } from '../../state/passkey-trust.svelte';
import { Task } from '../../state/task.svelte';
import { t } from '../../words';

export type SignUpStep = 'who' | 'passkey' | 'totp' | 'codes' | 'tail' | 'done';

export class SignUpFlow {
  step = $state<SignUpStep>('who');
  totp = $state.raw<NewTotp | undefined>();
  #codes = $state.raw<NewCodes | undefined>();
  /** Whether there is something that recovery codes can stand in for. */
  #factor = false;
  readonly #task = new Task();

  readonly at = (field: string) => this.#task.at(field);
  readonly besides = (...fields: string[]) => this.#task.besides(...fields);

  get busy(): boolean {
    return this.#task.busy;
  }

  get problem(): Problem | undefined {
    return this.#task.problem;
  }

  get codes(): string[] {
    return this.#codes?.recovery_codes ?? [];
  }

  readonly who = (name: string, password: string) =>
    this.#task.run(async () => {
      await account.signup(name.trim(), password);
      noteSignedIn(true);
      if (await this.#mayHavePasskeys()) this.step = 'passkey';
      else await this.#askForTotp();
    });

  /** A page that cannot be asked has no passkeys: another factor is offered instead. */
  async #mayHavePasskeys(): Promise<boolean> {
    if (!canHavePasskeys()) return false;
    await passkeyTrust.look();
    if (passkeyTrust.state === 'untrusted') return false;
    const list = await passkeys.list().catch(() => undefined);
    return list?.possible_here === true;
  }

  readonly passkey = () =>
    this.#task.run(async () => {
      const { ceremony, options } = await passkeys.begin();
      const credential = await makePasskey(options);
      await passkeys.add(ceremony, deviceName(navigator.userAgent), credential);
      this.#factor = true;
      await this.#askForTotp();
    });

  readonly withoutPasskey = () => this.#task.run(() => this.#askForTotp());

  async #askForTotp(): Promise<void> {
    this.totp = await security.newTotp();
    this.step = 'totp';
  }

  readonly confirm = (code: string) =>
    this.#task.run(async () => {
      await security.confirmTotp(this.totp?.ticket ?? '', t('signup.authenticator'), code.trim());
      this.#factor = true;
      await this.#askForCodes();
    });

  readonly withoutTotp = () =>
    this.#task.run(async () => {
      if (this.#factor) await this.#askForCodes();
      else this.step = 'done';
    });

  async #askForCodes(): Promise<void> {
    this.#codes = await security.newCodes();
    this.step = 'codes';
  }

  readonly codesSaved = () => {
    this.step = 'tail';
  };

  readonly backToCodes = () => {
    this.step = 'codes';
  };

  readonly finish = (tail: string) =>
    this.#task.run(async () => {
      try {
        await security.confirmCodes(this.#codes?.ticket ?? '', tail);
      } catch (thrown) {
        // The codes waited too long: new ones are made, and the old page says so.
        if (asProblem(thrown).code === 'draft_over') await this.#askForCodes();
        throw thrown;
      }
      this.step = 'done';
    });
}
