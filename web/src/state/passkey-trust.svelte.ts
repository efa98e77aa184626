// Whether this browser makes and shows passkeys here, or refuses for the certificate's sake. Only what
// it would show is offered; in its place stands how to let the device trust the certificate.
import { asProblem } from '../api/problem';
import type { MakeOptions, MadePasskey, ShowOptions, ShownPasskey } from '../api/types';
import * as browser from '../lib/passkey';

const KEY = 'stead.passkeys-untrusted';

function remembered(): boolean {
  try {
    return localStorage.getItem(KEY) === '1';
  } catch {
    return false;
  }
}

function remember(untrusted: boolean): void {
  try {
    if (untrusted) localStorage.setItem(KEY, '1');
    else localStorage.removeItem(KEY);
  } catch {
    // Without storage it is found out anew on each page.
  }
}

class PasskeyTrust {
  state = $state<'asking' | 'trusted' | 'untrusted'>('asking');
  #asked: Promise<void> | undefined;

  /** Asks the browser, once for each page that is loaded. One that cannot be asked refused before. */
  look(): Promise<void> {
    this.#asked ??= browser.refusesForCertificate().then((refuses) => this.note(refuses ?? remembered()));
    return this.#asked;
  }

  /** Somebody says that this device trusts the certificate by now: whether the browser agrees. */
  async again(): Promise<boolean> {
    const refuses = (await browser.refusesForCertificate()) ?? false;
    this.note(refuses);
    return !refuses;
  }

  note(untrusted: boolean): void {
    this.state = untrusted ? 'untrusted' : 'trusted';
    remember(untrusted);
  }
}

export const passkeyTrust = new PasskeyTrust();

async function noted<T>(asked: Promise<T>): Promise<T> {
  try {
    const answer = await asked;
    passkeyTrust.note(false);
    return answer;
  } catch (thrown) {
    if (asProblem(thrown).code === browser.UNTRUSTED) passkeyTrust.note(true);
    throw thrown;
  }
}

/** Asks for a new passkey. */
export const makePasskey = (options: MakeOptions): Promise<MadePasskey> =>
  noted(browser.makePasskey(options));

/** Asks for a passkey that is there. */
export const showPasskey = (
  options: ShowOptions,
  how: { quiet: boolean; signal?: AbortSignal },
): Promise<ShownPasskey> => noted(browser.showPasskey(options, how));
