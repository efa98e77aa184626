// The browser's side of passkeys: whether it can have any here, and the two questions it is asked.
import { Problem } from '../api/problem';
import type { MakeOptions, MadePasskey, ShowOptions, ShownPasskey } from '../api/types';
import { t } from '../words';

const isAddress = (host: string) => host.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(host);

/** Whether this browser makes passkeys for this page at all, if it trusts the certificate: see
 * `refusesForCertificate`. */
export function canHavePasskeys(): boolean {
  return isSecureContext && 'PublicKeyCredential' in window && !isAddress(location.hostname);
}

/** Whether the browser can offer passkeys among the names to fill in. */
export async function canAutofill(): Promise<boolean> {
  if (!canHavePasskeys()) return false;
  return (await PublicKeyCredential.isConditionalMediationAvailable?.().catch(() => false)) ?? false;
}

/** The code of a problem whose cure is to install the certificate of the box. */
export const UNTRUSTED = 'passkey_untrusted';

const nameOf = (thrown: unknown) => (thrown instanceof DOMException ? thrown.name : '');

/** Chromium asks nobody where it met an error of the certificate, whatever was clicked away. */
const isOfCertificate = (thrown: unknown) =>
  nameOf(thrown) === 'SecurityError' || (thrown instanceof Error && /certificate/i.test(thrown.message));

/** How long a browser has to refuse what nobody sees. */
const REFUSAL_MS = 200;

/** Whether the browser refuses passkeys here for the certificate's sake, found out without a word to
 * anybody; undefined where it cannot be asked like that. */
export async function refusesForCertificate(): Promise<boolean | undefined> {
  if (!(await canAutofill())) return undefined;
  const asking = new AbortController();
  const enough = setTimeout(() => asking.abort(), REFUSAL_MS);
  try {
    await navigator.credentials.get({
      publicKey: { challenge: crypto.getRandomValues(new Uint8Array(32)), rpId: location.hostname },
      mediation: 'conditional',
      signal: asking.signal,
    });
    return false;
  } catch (thrown) {
    return isOfCertificate(thrown);
  } finally {
    clearTimeout(enough);
  }
}

/** What the browser threw, in words that help. */
function problemOf(thrown: unknown): Problem {
  const name = nameOf(thrown);
  if (isOfCertificate(thrown)) return new Problem(0, UNTRUSTED, t('passkey.untrusted'));
  if (name === 'InvalidStateError') return new Problem(0, 'passkey_known', t('passkey.known'));
  if (name === 'AbortError') return new Problem(0, 'aborted', t('passkey.notDone'));
  return new Problem(0, 'passkey_not_done', t('passkey.notDone'));
}

function bytes(text: string): ArrayBuffer {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0)).buffer;
}

function text(buffer: ArrayBuffer): string {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

const named = (list: readonly { type: 'public-key'; id: string }[] | undefined) =>
  (list ?? []).map(({ id, type }) => ({ type, id: bytes(id) }));

function asKey(credential: Credential | null): PublicKeyCredential {
  if (credential instanceof PublicKeyCredential) return credential;
  throw new Problem(0, 'passkey_not_done', t('passkey.notDone'));
}

/** Asks for a new passkey. */
export async function makePasskey({ publicKey }: MakeOptions): Promise<MadePasskey> {
  const options: PublicKeyCredentialCreationOptions = {
    ...publicKey,
    challenge: bytes(publicKey.challenge),
    user: { ...publicKey.user, id: bytes(publicKey.user.id) },
    excludeCredentials: named(publicKey.excludeCredentials),
    extensions: { credProps: true },
  };
  try {
    const key = asKey(await navigator.credentials.create({ publicKey: options }));
    const made = key.response as AuthenticatorAttestationResponse;
    return {
      id: key.id,
      rawId: text(key.rawId),
      type: 'public-key',
      response: {
        attestationObject: text(made.attestationObject),
        clientDataJSON: text(made.clientDataJSON),
      },
    };
  } catch (thrown) {
    throw thrown instanceof Problem ? thrown : problemOf(thrown);
  }
}

/** Asks for a passkey that is there. With `quiet` the browser offers it among the names to fill in,
 * until the signal ends that. */
export async function showPasskey(
  { publicKey }: ShowOptions,
  how: { quiet: boolean; signal?: AbortSignal },
): Promise<ShownPasskey> {
  const options: CredentialRequestOptions = {
    publicKey: {
      challenge: bytes(publicKey.challenge),
      rpId: publicKey.rpId,
      userVerification: publicKey.userVerification,
      allowCredentials: named(publicKey.allowCredentials),
      ...(publicKey.timeout === undefined ? {} : { timeout: publicKey.timeout }),
    },
    ...(how.quiet ? { mediation: 'conditional' as const } : {}),
    ...(how.signal ? { signal: how.signal } : {}),
  };
  try {
    const key = asKey(await navigator.credentials.get(options));
    const shown = key.response as AuthenticatorAssertionResponse;
    return {
      id: key.id,
      rawId: text(key.rawId),
      type: 'public-key',
      response: {
        authenticatorData: text(shown.authenticatorData),
        clientDataJSON: text(shown.clientDataJSON),
        signature: text(shown.signature),
        userHandle: shown.userHandle === null ? null : text(shown.userHandle),
      },
    };
  } catch (thrown) {
    throw thrown instanceof Problem ? thrown : problemOf(thrown);
  }
}
