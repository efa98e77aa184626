// The way through what one signs in with, one page each: a passkey where the browser has any, an
// authenticator, recovery codes. Who goes it says where it begins and what comes between.
import { asProblem, passkeys, security, type NewCodes, type NewTotp, type Problem } from '../../api';
import { deviceName } from '../../lib/agent';
import { canHavePasskeys } from '../../lib/passkey';
import { makePasskey, passkeyTrust } from '../../state/passkey-trust.svelte';
import { Task } from '../../state/task.svelte';

export type FactorsStep = 'passkey' | 'totp' | 'codes' | 'tail' | 'done';

export abstract class FactorsFlow<Step extends string> {
  step = $state<Step | FactorsStep>('done');
  totp = $state.raw<NewTotp | undefined>();
  #codes = $state.raw<NewCodes | undefined>();
  /** Whether there is something that recovery codes can stand in for. */
  protected factor = false;
  protected readonly task = new Task();
  readonly #app: string;

  /** What the authenticator is called. */
  constructor(app: string) {
    this.#app = app;
  }

  readonly at = (field: string) => this.task.at(field);
  readonly besides = (...fields: string[]) => this.task.besides(...fields);

  get busy(): boolean {
    return this.task.busy;
  }

  get problem(): Problem | undefined {
    return this.task.problem;
  }

  get codes(): string[] {
    return this.#codes?.recovery_codes ?? [];
  }

  /** A page that cannot be asked has no passkeys: another factor is offered instead. */
  protected async mayHavePasskeys(): Promise<boolean> {
    if (!canHavePasskeys()) return false;
    await passkeyTrust.look();
    if (passkeyTrust.state === 'untrusted') return false;
    const list = await passkeys.list().catch(() => undefined);
    return list?.possible_here === true;
  }

  readonly passkey = () =>
    this.task.run(async () => {
      const { ceremony, options } = await passkeys.begin();
      const credential = await makePasskey(options);
      await passkeys.add(ceremony, deviceName(navigator.userAgent), credential);
      this.factor = true;
      await this.afterPasskey();
    });

  protected afterPasskey(): Promise<void> {
    return this.askForTotp();
  }

  readonly withoutPasskey = () => this.task.run(() => this.askForTotp());

  protected async askForTotp(): Promise<void> {
    this.totp = await security.newTotp();
    this.step = 'totp';
  }

  readonly confirm = (code: string) =>
    this.task.run(async () => {
      await security.confirmTotp(this.totp?.ticket ?? '', this.#app, code.trim());
      this.factor = true;
      await this.afterTotp();
    });

  protected afterTotp(): Promise<void> {
    return this.askForCodes();
  }

  readonly withoutTotp = () =>
    this.task.run(async () => {
      if (this.factor) await this.afterTotp();
      else this.step = 'done';
    });

  protected async askForCodes(): Promise<void> {
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
    this.task.run(async () => {
      try {
        await security.confirmCodes(this.#codes?.ticket ?? '', tail);
      } catch (thrown) {
        // The codes waited too long: new ones are made, and the old page says so.
        if (asProblem(thrown).code === 'draft_over') await this.askForCodes();
        throw thrown;
      }
      await this.afterCodes();
    });

  protected afterCodes(): Promise<void> {
    this.step = 'done';
    return Promise.resolve();
  }
}
