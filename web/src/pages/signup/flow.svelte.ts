// The way of a new account: who one is, then one page for each thing that keeps it safe.
import { account } from '../../api';
import { noteSignedIn } from '../../state/hint';
import { t } from '../../words';
import { FactorsFlow } from './factors.svelte';

export class SignUpFlow extends FactorsFlow<'who'> {
  constructor() {
    super(t('signup.authenticator'));
    this.step = 'who';
  }

  readonly who = (name: string, password: string) =>
    this.task.run(async () => {
      await account.signup(name.trim(), password);
      noteSignedIn(true);
      if (await this.mayHavePasskeys()) this.step = 'passkey';
      else await this.askForTotp();
    });
}
