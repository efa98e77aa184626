// The way of somebody who is asked for a second factor: what is asked, then one page for each thing,
// the strongest first. Recovery codes come last, where there are none yet.
import { security, type Asked, type Factors } from '../../api';
import { lookAgain } from '../../state/session.svelte';
import { t } from '../../words';
import { FactorsFlow } from '../signup/factors.svelte';

type EnrolStep = 'why' | 'no-passkey' | 'phone' | 'needs-code';

export class EnrolFlow extends FactorsFlow<EnrolStep> {
  /** Whether another device can say yes to a sign-in. */
  phoneReady = $state(false);
  /** Whether an app will do in the place of a passkey. */
  readonly appWillDo: boolean;
  /** Whether a passkey was made on the way. */
  keyed = $state(false);
  #known: Factors | undefined;
  #phoneSeen = false;

  constructor(what: Asked | undefined) {
    super(t('enrol.app'));
    this.appWillDo = what?.level !== 'mfa_phishing_resistant';
    this.step = 'why';
  }

  /** Whether something was set up already, so that the rest may wait. */
  get has(): boolean {
    return this.factor;
  }

  readonly begin = () =>
    this.#minding(
      this.task.run(async () => {
        this.#known = await security.factors();
        this.factor = this.#known.second.length > 0;
        if (await this.mayHavePasskeys()) this.step = 'passkey';
        else if (this.appWillDo) await this.askForTotp();
        else this.step = 'no-passkey';
      }),
    );

  readonly makePasskey = () => this.#minding(this.passkey());
  readonly useApp = () => this.#minding(this.withoutPasskey());

  protected override afterPasskey(): Promise<void> {
    this.keyed = true;
    return this.appWillDo ? this.#phone() : this.#codesOrDone();
  }

  protected override afterTotp(): Promise<void> {
    return this.#phoneSeen ? this.#codesOrDone() : this.#phone();
  }

  /** It comes after a first factor: another device says yes only beside one. */
  async #phone(): Promise<void> {
    await this.#look();
    this.#phoneSeen = true;
    this.step = 'phone';
  }

  async #look(): Promise<void> {
    const wanted = await security.wanted().catch(() => undefined);
    this.phoneReady = wanted?.methods.includes('approval') ?? false;
  }

  readonly lookForPhone = () => this.task.run(() => this.#look());

  readonly afterPhone = () =>
    this.task.run(async () => {
      const hasApp = this.#known?.second.some((one) => one.kind === 'totp') ?? false;
      if (hasApp || this.totp) await this.#codesOrDone();
      else await this.askForTotp();
    });

  async #codesOrDone(): Promise<void> {
    if ((await security.factors()).recovery_codes_left === 0) await this.askForCodes();
    else await this.afterCodes();
  }

  protected override async afterCodes(): Promise<void> {
    await lookAgain();
    this.step = 'done';
  }

  /** The password alone enrols nothing: a page of its own says what does. */
  async #minding(work: Promise<void>): Promise<void> {
    await work;
    if (this.problem?.code === 'enrolment_needs_code') this.step = 'needs-code';
  }
}
