// The JSON of /api/v1 as the server writes it. Ids are 32 hex characters, `_ms` are milliseconds.
import type { ClientKind } from './lost';
import type { Asked } from './policy';
import type { AgeLimit } from './profiles';

export type * from './backup';
export type * from './lost';
export type * from './media';
export type * from './passkeys';
export type * from './policy';
export type * from './provider';

export type ServerState =
  | 'offered'
  | 'pending'
  | 'recovery'
  | 'claimed'
  | 'orphaned'
  | 'locked'
  | 'legacy';

export type LockReason =
  | 'data_missing'
  | 'database_missing'
  | 'database_unreadable'
  | 'database_replaced'
  | 'older_generation'
  | 'older_copy'
  | 'restored'
  | 'marker_unreadable';

/** How the server is: each check by its name. */
export interface Health {
  checks: { name: string; ok: boolean }[];
}

export interface ServerInfo {
  state: ServerState;
  name: string;
  host_name: string;
  id: string;
  version: string;
  claimed: boolean;
  /** A media server, or the account service alone. */
  kind: 'server' | 'accounts';
  /** Whether anybody may make an account here. */
  sign_up: boolean;
  /** What people call the issuer where their accounts are, if not on this server. */
  issuer?: string;
  /** How whoever claims shows there who they are: by a code where this server is not registered there yet. */
  claim_by?: 'redirect' | 'code';
  /** `off` where listed folders play without a sign-in until the box is claimed. */
  local_security: 'on' | 'off';
  /** Whether this browser is where they do. */
  plays_without_sign_in: boolean;
  /** Whether anybody signs in by a password of this server. */
  passwords_here: boolean;
  reason?: LockReason;
}

/** Where to go at the issuer. */
export interface Redirect {
  redirect: string;
}

export type Proof = { kind: 'link' | 'plug'; secret: string } | { kind: 'code' | 'own'; code: string };

export type Possession = { kind: 'secret' | 'plug'; secret: string } | { kind: 'own'; code: string };

/** Where a phone stands that waits for the plug pattern. */
export interface PlugPlace {
  state: 'waits' | 'won' | 'out';
  secret?: string;
  told?: number;
  counted?: number;
  left_s?: number;
  /** The server has an owner, who may still come within this time. */
  owner_has_s?: number;
}

export interface ClaimProgress {
  step: 'owner' | 'totp' | 'codes' | 'finish' | 'taken_over';
  expires_in_s?: number;
  /** The address of the browser that went on instead of this one. */
  taken_over_by?: string;
}

/** What an authenticator app is given. */
export interface NewFactor {
  otpauth_uri: string;
  secret_base32: string;
  qr_svg: string;
}

export interface TotpOffer extends NewFactor {
  step: 'totp';
}

/** What a one-time link is for. */
export interface ResetLook {
  name: string;
  new_factor: boolean;
  password_min_chars: number;
}

export interface RescueBegun {
  ticket: string;
  name: string;
  password_min_chars: number;
  factor: NewFactor;
}

export interface Renewed {
  recovery_codes: string[];
}

export interface Person {
  id: string;
  name: string;
  role: 'owner' | 'administrator' | 'member';
  enabled: boolean;
  last_seen_ms?: number;
  factors: ('totp' | 'passkey' | 'recovery')[];
  has_password_here: boolean;
  /** It holds while they are a member. */
  limit?: AgeLimit;
  profiles: { id: string; name: string; limit?: AgeLimit }[];
}

export interface HandedLink {
  urls: string[];
  qr_svg: string;
  expires_in_s: number;
}

export interface HandedCode {
  code: string;
  expires_in_s: number;
}

export interface CodesOffer {
  step: 'codes';
  recovery_codes: string[];
}

/** A code by which whoever claims lets this server in at the issuer. */
export interface LetInCode {
  step: 'waiting';
  user_code: string;
  page: string;
  link: string;
  qr_svg: string;
  expires_in_s: number;
  again_in_s: number;
}

/** How the claim by a code stands. */
export type LetIn =
  | LetInCode
  | { step: 'registering'; again_in_s: number }
  | { step: 'none' | 'denied' | 'over' }
  | ({ step: 'totp' } & TotpOffer)
  | ({ step: 'codes' } & CodesOffer);

export interface Done {
  step: 'done';
}

/** What can be shown beside a password. */
export type SignInMethod = 'totp' | 'recovery' | 'passkey' | 'approval';

export type SigninStep = Done | {
  step: 'factor';
  ticket: string;
  methods: SignInMethod[];
};

/** For how long a browser is not asked for a second factor. */
export type RememberLength = '30_days' | '90_days';

/** What is typed beside a password. */
export type CodeMethod = 'totp' | 'recovery';

export interface FactorWanted {
  methods: (SignInMethod | 'password')[];
  password_too: boolean;
}

export interface FactorShown {
  method?: CodeMethod;
  code?: string;
  password?: string;
}

export interface Factor {
  id: string;
  kind: 'totp' | 'passkey';
  name: string;
  created_ms: number;
  used_ms: number | null;
}

export interface Factors {
  second: Factor[];
  recovery_codes_left: number;
  recovery_codes_of: number;
  has_password: boolean;
}

export interface NewTotp {
  ticket: string;
  otpauth_uri: string;
  secret_base32: string;
  qr_svg: string;
}

export interface NewCodes {
  ticket: string;
  recovery_codes: string[];
}

export interface RememberedDevice {
  id: string;
  agent: string;
  since_ms: number;
  /** For how long from then on. */
  for_s: number;
  used_ms: number | null;
}

export type NoticeKind =
  | 'factor_added'
  | 'factor_removed'
  | 'factor_renamed'
  | 'recovery_codes_made'
  | 'recovery_code_used'
  | 'recovery_codes_few'
  | 'password_changed'
  | 'device_remembered'
  | 'device_forgotten'
  | 'reset'
  | 'device_approved'
  | 'signed_in'
  | 'passkey_copied'
  | 'device_lost'
  | 'disowned'
  | 'authority_made'
  | 'second_factor_asked'
  | 'joined'
  | 'role_changed'
  | 'security_event'
  | 'backup_made'
  | 'restored'
  | 'profile_locked'
  | 'update_there';

export interface Notice {
  id: string;
  kind: NoticeKind;
  about: string;
  at_ms: number;
}

/** What is to be done after "it was not me". */
export interface Disowned {
  next: 'new_password' | 'ask_the_owner' | 'nothing';
}

export interface Me {
  /** The household profile that this session looks by. */
  profile?: { id: string; name: string };
  has_profiles: boolean;
  user: { id: string; name: string; role: 'owner' | 'administrator' | 'member' };
  session: {
    id: string;
    kind: string;
    assurance: Assurance;
    methods: string[];
    auth_time_ms: number;
    new_password_wanted: boolean;
  };
  server: {
    name: string;
    id: string;
    state: ServerState;
    /** Unless the owner signs in within this time, a new owner may be made. */
    owner_has_s?: number;
    phone_waits?: boolean;
  };
  /** What the owner asks of this person and is not met; without it nothing is. */
  asked?: Asked | null;
}

/** What was shown, in the server's own steps. */
export type Assurance = 'none' | 'pwd' | 'mfa' | 'mfa_phishing_resistant';

export interface SessionRow {
  id: string;
  kind: ClientKind;
  agent: string;
  /** What it was called when somebody let it in. */
  name?: string;
  approved_from?: string;
  assurance: Assurance;
  /** Nobody signed in there: what it is worth comes from the session that let it in. */
  inherited: boolean;
  created_ms: number;
  last_seen_ms: number;
  current: boolean;
}

/** What waits under the code of a device; nothing that it says of itself is proved. */
export interface DeviceFacts {
  kind: 'tv' | 'app' | 'server';
  name: string;
  agent: string;
  address: string;
  near: boolean;
  expires_in_s: number;
}

/** What a television shows, and the code it asks with. */
export interface TvOffer {
  device_code: string;
  user_code: string;
  pages: string[];
  qr_svg: string;
  expires_in_s: number;
  interval_s: number;
}

export interface TvStep {
  step: 'waiting' | 'slow_down' | 'denied' | 'over' | 'done';
}

export interface Settings {
  name: string;
  urls: string[];
  ca_fingerprint_sha256: string;
  version: string;
  /** Whether known users go on watching when the server has lost its owner. */
  orphaned_playback: boolean;
  media_roots: string[];
  data_free_bytes?: number;
  /** What the owner's own config file sets, as `section.key`. */
  own_config_keys: string[];
  /** Why the owner's own config file is left out, a sentence each. */
  own_config_problems: string[];
}

export interface AskedApproval {
  request: string;
  /** What to tap on the other device. */
  number: number;
  expires_in_s: number;
}

export interface ApprovalRequest {
  id: string;
  agent: string;
  address: string;
  at_ms: number;
  numbers: number[];
  kind: 'sign_in' | 'step_up';
}
