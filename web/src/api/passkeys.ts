// Passkeys and their ceremonies. What WebAuthn names is named as it does.

export interface Passkey {
  id: string;
  name: string;
  /** The name of the box that it was made for. */
  made_for: string;
  usable_here: boolean;
  created_ms: number;
  used_ms?: number;
}

export interface PasskeyList {
  passkeys: Passkey[];
  /** Whether the name this page was opened by can have passkeys. */
  possible_here: boolean;
  /** The address to open for passkeys. */
  origin: string;
  most: number;
}

/** A passkey as WebAuthn names it in JSON: bytes are base64url. */
interface NamedPasskey {
  type: 'public-key';
  id: string;
}

export interface MakeOptions {
  publicKey: Omit<
    PublicKeyCredentialCreationOptions,
    'challenge' | 'user' | 'excludeCredentials' | 'extensions'
  > & {
    challenge: string;
    user: { id: string; name: string; displayName: string };
    excludeCredentials?: NamedPasskey[];
  };
}

export interface ShowOptions {
  publicKey: {
    challenge: string;
    rpId: string;
    timeout?: number;
    userVerification: UserVerificationRequirement;
    allowCredentials?: NamedPasskey[];
  };
}

export interface PasskeyChallenge<Options> {
  ceremony: string;
  options: Options;
}

interface Answered extends NamedPasskey {
  rawId: string;
}

export interface MadePasskey extends Answered {
  response: { attestationObject: string; clientDataJSON: string };
}

export interface ShownPasskey extends Answered {
  response: {
    authenticatorData: string;
    clientDataJSON: string;
    signature: string;
    userHandle: string | null;
  };
}
