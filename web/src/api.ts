// The one place that talks to the server. Every call answers typed data or throws a Problem.
import { BASE, query, read, readFile, write, writeFile } from './api/http';
import type {
  ApprovalRequest,
  AskedApproval,
  AuthorizeStep,
  ClaimProgress,
  CodeMethod,
  CodesOffer,
  Connection,
  DeviceFacts,
  Disowned,
  Done,
  EndedDevice,
  Factors,
  FactorShown,
  FactorWanted,
  FolderView,
  HandedCode,
  HandedLink,
  Health,
  HomeView,
  ItemDetails,
  ItemPage,
  ItemQuery,
  Item,
  Library,
  LetIn,
  LibraryKind,
  LostNamed,
  LostView,
  MadePasskey,
  MakeOptions,
  Me,
  NewCodes,
  NewFactor,
  NewTotp,
  Notice,
  PasskeyChallenge,
  PasskeyList,
  Person,
  PlayTicket,
  PlugPlace,
  Possession,
  ProgressEvent,
  Proof,
  Redirect,
  RememberLength,
  RememberedDevice,
  Renewed,
  Restored,
  RescueBegun,
  ResetLook,
  ScanProblem,
  ServerInfo,
  SessionRow,
  Settings,
  ShowOptions,
  ShownPasskey,
  SigninStep,
  TotpOffer,
  TvOffer,
  TvStep,
} from './api/types';

import type { MailAddress, MailStanding } from './api/mail';
import type { AgeLimit, Household, ProfileChange } from './api/profiles';
import type { GivenRole, Invitations, Invited, InviteWish, JoinLook, SecurityEventDone, Shares } from './api/sharing';
import type { Returned } from './lib/returned';

export type * from './api/mail';
export type * from './api/profiles';
export type * from './api/sharing';
export type * from './api/types';
export type * from './api/disks';
export { disks } from './api/disks';
export type * from './api/updates';
export { updates } from './api/updates';
export { whenFactorIsWanted, whenShut, whenSignedOut } from './api/http';
export { adoption, audit, board, exemptions, groups, policy } from './api/policy-calls';
export { Problem, asProblem } from './api/problem';

/** The browser's clock, which a box without network time may need. */
const browserTime = () => ({ browser_time_ms: Date.now() });

export const claim = {
  begin: (proof: Proof, takeOver = false) =>
    write<ClaimProgress>('/claim/begin', {
      proof,
      ...browserTime(),
      ...(takeOver ? { take_over: true } : {}),
    }),
  state: () => read<ClaimProgress>('/claim'),
  owner: (name: string, password: string) => write<TotpOffer>('/claim/owner', { name, password }),
  external: () => write<Redirect>('/claim/external'),
  externalFinish: (answer: Returned) =>
    write<({ step: 'totp' } & TotpOffer) | ({ step: 'codes' } & CodesOffer)>('/claim/external/finish', answer),
  externalCode: () => write<LetIn>('/claim/external/code'),
  externalLook: () => write<LetIn>('/claim/external/look'),
  totp: (code: string) => write<CodesOffer>('/claim/totp', { code }),
  finish: (codeTail: string) => write<Done>('/claim/finish', { code_tail: codeTail }),
  cancel: () => write<undefined>('/claim/cancel'),
};

/** A backup is locked by words, and opened by the same. */
export const backup = {
  make: (words: string) => readFile('/backup', { words }),
  send: (file: Blob) => writeFile('/claim/backup', file),
  restore: (words: string) => write<Restored>('/claim/restore', { words }),
};

/** The plug pattern: this phone waits, looks, or waits no longer. */
export const plug = {
  wait: () => write<PlugPlace>('/plug/wait'),
  look: (secret: string) => write<PlugPlace>('/plug/look', { secret }),
  leave: (secret: string) => write<undefined>('/plug/leave', { secret }),
};

/** The end of an ownership, and its return. */
export const ownership = {
  unlock: () => write<undefined>('/unlock'),
  giveUp: (name: string) => write<undefined>('/server/give-up', { name }),
  wipe: (name: string) => write<undefined>('/server/wipe', { name }),
};

export const account = {
  server: () => read<ServerInfo>('/server'),
  health: () => read<Health>('/health'),
  me: () => read<Me>('/me'),
  /** `anew` asks a remembered browser for the second factor, too. */
  signin: (name: string, password: string, anew: boolean) =>
    write<SigninStep>('/signin', { name, password, anew }),
  signup: (name: string, password: string) => write<Done>('/signup', { name, password }),
  /** `anew` asks a remembered browser for the second factor, too. */
  external: (anew: boolean) => write<Redirect>('/signin/external', { anew }),
  externalAgain: () => write<Redirect>('/stepup/external'),
  externalFinish: (purpose: 'signin' | 'stepup', answer: Returned) =>
    write<SigninStep | undefined>(`/${purpose}/external/finish`, answer),
  factor: (ticket: string, method: CodeMethod, code: string, remember: 'no' | RememberLength) =>
    write<Done>('/signin/factor', { ticket, method, code, remember, ...browserTime() }),
  signout: () => write<undefined>('/signout'),
  sessions: async () => (await read<{ sessions: SessionRow[] }>('/sessions')).sessions,
  revoke: (id: string) => write<undefined>(`/sessions/${id}/revoke`),
  settings: () => read<Settings>('/settings'),
  rename: (name: string) => write<undefined>('/settings', { name }),
  playWithoutOwner: (orphaned_playback: boolean) => write<undefined>('/settings', { orphaned_playback }),
};

/** What the pages do that other programs lead to; `query` is what stands in the page's address. */
export const provider = {
  authorize: (query: string, ticket: string | undefined) =>
    write<AuthorizeStep>('/oauth/authorize', { query, ticket }),
  consent: (query: string, ticket: string | undefined, agree: boolean) =>
    write<AuthorizeStep>('/oauth/consent', { query, ticket, agree }),
  signout: (query: string) => write<{ to?: string }>('/oauth/signout', { query }),
};

/** Ways back for whoever forgot or lost what they sign in with. */
export const renew = {
  look: (secret: string) => write<ResetLook>('/reset/look', { secret }),
  factor: (secret: string) => write<NewFactor>('/reset/factor', { secret }),
  reset: (secret: string, password: string, totp_code: string | undefined) =>
    write<Renewed>('/reset', { secret, password, totp_code, ...browserTime() }),
  rescue: (possession: Possession, recovery_code: string) =>
    write<RescueBegun>('/rescue/owner', { possession, recovery_code }),
  rescueFinish: (ticket: string, password: string, totp_code: string | undefined) =>
    write<Renewed>('/rescue/owner/finish', { ticket, password, totp_code, ...browserTime() }),
};

export const people = {
  list: async () => (await read<{ people: Person[] }>('/people')).people,
  link: (id: string, new_factor: boolean) => write<HandedLink>(`/people/${id}/link`, { new_factor }),
  code: (id: string) => write<HandedCode>(`/people/${id}/code`),
  signOut: (id: string) => write<undefined>(`/people/${id}/signout`),
  switch: (id: string, enabled: boolean) => write<undefined>(`/people/${id}/switch`, { enabled }),
  role: (id: string, role: GivenRole) => write<undefined>(`/people/${id}/role`, { role }),
  remove: (id: string) => write<undefined>(`/people/${id}/remove`),
  limit: (id: string, limit: AgeLimit | undefined) =>
    write<undefined>(`/people/${id}/limit`, limit ?? { max_age: null }),
  limitProfile: (id: string, limit: AgeLimit | undefined) =>
    write<undefined>(`/people/profiles/${id}/limit`, limit ?? { max_age: null }),
};

/** Who sees a library. */
export const sharing = {
  of: (library: string) => read<Shares>(`/libraries/${library}/shares`),
  set: (library: string, kind: 'user' | 'group', id: string, shared: boolean) =>
    write<undefined>(`/libraries/${library}/shares`, { with: kind, id, shared }),
};

/** Household profiles. */
export const profiles = {
  list: () => read<Household>('/profiles'),
  add: (name: string, pin: string | undefined) => write<{ id: string }>('/profiles', { name, pin }),
  change: (id: string, change: ProfileChange) => write<undefined>(`/profiles/${id}`, change),
  remove: (id: string) => write<undefined>(`/profiles/${id}/remove`),
  limit: (id: string, limit: AgeLimit | undefined) =>
    write<undefined>(`/profiles/${id}/limit`, limit ?? { max_age: null }),
  ownPin: (pin: string | undefined) => write<undefined>('/profiles/own-pin', { pin }),
  allow: (id: string) => write<undefined>(`/profiles/${id}/allow`),
  enter: (id: string, pin: string | undefined) => write<undefined>(`/profiles/${id}/enter`, { pin }),
  leave: (pin: string | undefined) => write<undefined>('/profiles/leave', { pin }),
};

/** Mail that the server sends. */
export const mail = {
  look: () => read<MailStanding>('/mail'),
  tryOut: () => write<undefined>('/mail/test'),
  address: () => read<MailAddress>('/mail-address'),
  /** Empty for none. */
  setAddress: (address: string) => write<undefined>('/mail-address', { address }),
};

/** Inviting people, for the owner. */
export const invitations = {
  list: () => read<Invitations>('/invitations'),
  make: (wish: InviteWish) => write<Invited>('/invitations', wish),
  revoke: (id: string) => write<undefined>(`/invitations/${id}/revoke`),
};

/** Coming in by an invitation. */
export const joining = {
  look: (secret: string) => write<JoinLook>('/join/look', { secret }),
  factor: (secret: string) => write<NewFactor>('/join/factor', { secret }),
  join: (secret: string, password: string, totp_code: string | undefined) =>
    write<Renewed>('/join', { secret, password, totp_code, ...browserTime() }),
};

/** Signs everybody out but this browser, and asks everybody for a new password. */
export const securityEvent = (name: string) => write<SecurityEventDone>('/security-event', { name });

export const devices = {
  tvBegin: (name: string) => write<TvOffer>('/tv/begin', { name }),
  tvPoll: (device_code: string) => write<TvStep>('/tv/poll', { device_code }),
  look: (code: string) => write<DeviceFacts>('/devices/look', { code }),
  approve: (code: string, name: string) => write<undefined>('/devices/approve', { code, name }),
  deny: (code: string) => write<undefined>('/devices/deny', { code }),
  appPasswordsAllowed: async () => (await read<{ allowed: boolean }>('/app-passwords')).allowed,
  allowAppPasswords: (allowed: boolean) =>
    write<undefined>('/settings/app-passwords', { allowed }),
  makeAppPassword: (name: string) => write<{ login: string; password: string }>('/app-passwords', { name }),
};

export const passkeys = {
  list: () => read<PasskeyList>('/passkeys'),
  begin: () => write<PasskeyChallenge<MakeOptions>>('/passkeys/begin'),
  add: (ceremony: string, name: string, credential: MadePasskey) =>
    write<{ id: string }>('/passkeys', { ceremony, name, credential }),
  /** With a ticket, for who has given their password; without one, for whoever has a passkey. */
  beginSignin: (ticket?: string) =>
    write<PasskeyChallenge<ShowOptions>>('/signin/passkey/begin', ticket === undefined ? {} : { ticket }),
  signin: (ceremony: string, credential: ShownPasskey) =>
    write<Done>('/signin/passkey', { ceremony, credential }),
  beginStepUp: () => write<PasskeyChallenge<ShowOptions>>('/stepup/passkey/begin'),
  stepUp: (ceremony: string, credential: ShownPasskey) =>
    write<undefined>('/stepup/passkey', { ceremony, credential }),
};

export const approvals = {
  ask: (ticket: string) => write<AskedApproval>('/signin/approval/begin', { ticket }),
  look: (request: string) =>
    write<{ step: 'waiting' | 'done' }>('/signin/approval', { request }),
  askStepUp: () => write<AskedApproval>('/stepup/approval/begin'),
  lookStepUp: (request: string) =>
    write<{ step: 'waiting' | 'done' }>('/stepup/approval', { request }),
  inbox: async () => (await read<{ requests: ApprovalRequest[] }>('/approvals')).requests,
  approve: (id: string, number: number) =>
    write<undefined>(`/approvals/${id}/approve`, { number }),
  refuse: (id: string) => write<undefined>(`/approvals/${id}/refuse`),
};

export const security = {
  wanted: () => read<FactorWanted>('/stepup'),
  stepUp: (shown: FactorShown) => write<undefined>('/stepup', { ...shown, ...browserTime() }),
  factors: () => read<Factors>('/factors'),
  rename: (id: string, name: string) => write<undefined>(`/factors/${id}/rename`, { name }),
  remove: (id: string) => write<undefined>(`/factors/${id}/remove`),
  newTotp: () => write<NewTotp>('/factors/totp'),
  confirmTotp: (ticket: string, name: string, code: string) =>
    write<undefined>('/factors/totp/confirm', { ticket, name, code, ...browserTime() }),
  newCodes: () => write<NewCodes>('/recovery-codes'),
  confirmCodes: (ticket: string, codeTail: string) =>
    write<undefined>('/recovery-codes/confirm', { ticket, code_tail: codeTail }),
  /** Without the old one where another is wanted since a security event. */
  password: (old: string | undefined, now: string) =>
    write<undefined>('/password', { old, new: now }),
  remembered: async () => (await read<{ devices: RememberedDevice[] }>('/remembered')).devices,
  forget: (id: string) => write<undefined>(`/remembered/${id}/forget`),
  notices: async () => (await read<{ notices: Notice[] }>('/notices')).notices,
  seen: (id: string) => write<undefined>(`/notices/${id}/seen`),
  disown: (id: string) => write<Disowned>(`/notices/${id}/disown`),
  lost: () => read<LostView>('/lost'),
  revokeLost: async (named: LostNamed) =>
    (await write<{ ended: EndedDevice[] }>('/lost', named)).ended,
};

/** Servers and programs that one let in. */
export const connections = {
  list: async () => (await read<{ connections: Connection[] }>('/connections')).connections,
  /** Takes back what one agreed to. */
  revoke: (id: string) => write<undefined>(`/connections/${id}/revoke`),
  /** Removes what registered by one's own word, for everybody. */
  remove: (id: string) => write<undefined>(`/connections/${id}/remove`),
};

export const libraries = {
  list: async () => (await read<{ libraries: Library[] }>('/libraries')).libraries,
  add: (name: string, kind: LibraryKind, path: string) =>
    write<{ library: Library }>('/libraries', { name, kind, path }),
  scan: (id: string, goneIsMeant = false) =>
    write<undefined>(`/libraries/${id}/scan${goneIsMeant ? '?gone_is_meant=true' : ''}`),
  remove: (id: string) => write<undefined>(`/libraries/${id}/remove`),
  problems: async (id: string) =>
    (await read<{ problems: ScanProblem[] }>(`/libraries/${id}/problems`)).problems,
  folders: (path?: string) => read<FolderView>(`/folders${query({ path })}`),
};

/** The last word about a position that is still on its way. */
let onItsWay: Promise<unknown> = Promise.resolve();

/** Whoever leaves the player sees on the next page how far they got, so that is told first. */
async function readAfterProgress<T>(path: string): Promise<T> {
  // The page that is left says its last word in the same turn in which the next one asks.
  await Promise.resolve();
  await onItsWay;
  return read<T>(path);
}

export const items = {
  home: () => readAfterProgress<HomeView>('/home'),
  list: (wish: ItemQuery) => readAfterProgress<ItemPage>(`/items${query(wish)}`),
  one: (id: string) => readAfterProgress<ItemDetails>(`/items/${id}`),
  search: async (q: string) => (await read<{ items: Item[] }>(`/search${query({ q })}`)).items,
  play: (id: string) => write<PlayTicket>(`/items/${id}/play`),
  /** For whom it is; null: as its files say. */
  rate: (id: string, age: number | null) => write<undefined>(`/items/${id}/rating`, { age }),
  /** Never fails: a lost note costs a minute of position at most, and the next makes up for it. */
  progress: (id: string, event: ProgressEvent, positionMs: number, durationMs?: number): void => {
    const body = { event, position_ms: Math.round(positionMs), duration_ms: durationMs };
    onItsWay = write(`/items/${id}/progress`, body, true).catch(() => undefined);
  },
  /** Where the picture of an item is; the version makes a changed picture a new address. */
  image: (item: Pick<Item, 'id' | 'image_version'>, size: 'small' | 'large') =>
    `${BASE}/items/${item.id}/image${query({ size, v: item.image_version ?? undefined })}`,
};

export const EVENTS_URL = `${BASE}/events`;
export const CA_FILES = {
  profile: `${BASE}/ca.mobileconfig`,
  certificate: `${BASE}/ca.crt`,
  pem: `${BASE}/ca.pem`,
};
