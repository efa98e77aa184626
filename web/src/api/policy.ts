// The JSON of what is asked of people: requirements, exemptions, groups, the board, the log.

/** What a requirement asks for. */
export type Level = 'mfa' | 'mfa_phishing_resistant';

export type About = 'server' | 'group' | 'library';

/** How somebody stands; after the deadline, and without what is asked for, they are blocked. */
export type StandingState = 'ok' | 'exempt' | 'grace' | 'blocked' | 'never_signed_in';

export interface Standing {
  state: StandingState;
  days_left?: number;
}

/** One for the server, each group and each library. */
export interface Wish {
  about: About;
  group_id?: string;
  library_id?: string;
  level: Level;
  grace_days: number;
  max_age_s?: number;
}

export interface Requirement extends Wish {
  id: number;
  /** Of the group or the library. */
  name?: string;
  on: boolean;
  since_ms: number;
}

export interface Counts {
  people: number;
  ok: number;
  exempt: number;
  grace: number;
  blocked: number;
  never_signed_in: number;
}

export interface PolicyView {
  requirements: Requirement[];
  /** Rows that mean nothing; everybody is refused until they are removed. */
  unreadable: number[];
  grace_presets_days: number[];
  grace_max_days: number;
  exemption_days: number;
  exemption_max_days: number;
  max_age_min_s: number;
  max_age_max_s: number;
  /** Why the owner who asks could not require this level. */
  can_require: Record<Level, string | null>;
  counts: Counts;
}

export interface Affected {
  user_id: string;
  name: string;
  role: 'owner' | 'administrator' | 'member';
  before: Standing;
  after: Standing;
  asked_again: boolean;
  /** Televisions and apps that would have to be let in anew. */
  devices: number;
}

export interface Preview {
  before: Counts;
  after: Counts;
  changed: number;
  /** How many would have to show their factor again at once. */
  asked_again: number;
  /** Televisions and apps that would have to be let in anew. */
  devices: number;
  affected: Affected[];
}

export interface Exemption {
  id: string;
  user_id: string;
  name: string;
  /** Without one: from everything. */
  requirement_id?: number;
  reason: string;
  days: number;
  days_left: number;
  created_ms: number;
  over: boolean;
  /** Nothing of it is known but whose it is: they are kept out until it is removed. */
  unreadable: boolean;
}

export interface Group {
  id: string;
  name: string;
  profiles_need_pin: boolean;
  members: number;
  libraries: string[];
  required: boolean;
}

export interface GroupMember {
  user_id: string;
  name: string;
}

export interface BoardRow {
  user_id: string;
  name: string;
  role: 'owner' | 'administrator' | 'member';
  enabled: boolean;
  state: StandingState;
  days_left?: number;
  /** The best that their factors reach. */
  level: 'none' | 'pwd' | Level;
  factors: ('totp' | 'passkey' | 'recovery')[];
  recovery_codes: number;
  groups: { id: string; name: string }[];
  requirements: (Standing & { id: number; unreadable: boolean })[];
  last_seen_ms?: number;
  last_mfa_ms?: number;
  blocked_30d: number;
  last_blocked_ms?: number;
  reminders: number;
  last_reminded_ms?: number;
  legacy_tokens: number;
  /** A one-time code waits to be used. */
  one_time_code: boolean;
}

export interface BoardPage {
  /** After the filters; the counts are before them. */
  total: number;
  counts: Counts;
  people: BoardRow[];
}

export type BoardSort = 'name' | 'state' | 'last_seen' | 'last_mfa' | 'blocked';

export interface BoardQuery {
  sort: BoardSort;
  descending: boolean;
  /** States, joined by commas. */
  state: string;
  group: string;
  text: string;
}

export interface AdoptionDay {
  day: string;
  people: number;
  enrolled: number;
  asked: number;
  asked_enrolled: number;
}

export interface AuditEntry {
  seq: number;
  at_ms: number;
  trust: 'synced' | 'held' | 'unknown';
  kind: string;
  detail: Record<string, unknown>;
}

export interface AuditPage {
  entries: AuditEntry[];
  next?: number;
}

export interface AuditQuery {
  kind: string;
  text: string;
  from_ms?: number | undefined;
  until_ms?: number | undefined;
}

/** What is asked of whoever reads this. */
export type AskedState = 'notice' | 'step_up' | 'enrol' | 'exempt';

export interface AskedRequirement {
  id: number;
  about: About;
  name?: string;
  level: Level;
  state: AskedState;
  days_left?: number;
  by_ms?: number;
}

export interface Asked {
  owner: string;
  server: string;
  state: AskedState;
  level: Level;
  max_age_s?: number;
  days_left?: number;
  by_ms?: number;
  after_deadline: boolean;
  requirements: AskedRequirement[];
}
