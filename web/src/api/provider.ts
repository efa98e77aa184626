// What the account service asks and tells about other programs.

/** A program asks who somebody is, and they have not agreed yet. */
export interface AuthorizeConsent {
  step: 'consent';
  client: string;
  /** Where the answer goes: a host, or an app's scheme. */
  place: string;
  scopes: string[];
}

/** What a program asked cannot be answered, and nobody whom the person knows has let it in. */
export interface AuthorizeStopped {
  step: 'stopped';
  client: string;
  /** Where the error would go. */
  place: string;
  /** For whoever wrote the program. */
  why: string;
  to: string;
}

export type AuthorizeStep =
  | AuthorizeConsent
  | AuthorizeStopped
  | { step: 'redirect'; to: string }
  | { step: 'sign_in'; again: boolean; ticket: string };

/** A server or program that somebody let in. */
export interface Connection {
  id: string;
  kind: 'server' | 'program';
  name: string;
  /** Where its answers go. */
  place: string;
  /** It registered by one's own word: removing it ends it for everybody. */
  own: boolean;
  scopes: string[];
  since_ms: number;
  used_ms: number | null;
}
