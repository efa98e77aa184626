// The calls about what is asked of people, and about who stands how.
import { query, read, readText, write } from './http';
import type {
  AdoptionDay,
  AuditPage,
  AuditQuery,
  BoardPage,
  BoardQuery,
  Exemption,
  Group,
  GroupMember,
  PolicyView,
  Preview,
  Requirement,
  Wish,
} from './policy';

export const policy = {
  view: () => read<PolicyView>('/policy'),
  /** Changes nothing; it refuses what setting it would refuse. */
  preview: (wish: Wish) => write<Preview>('/policy/preview', wish),
  require: (wish: Wish) => write<Requirement>('/policy/requirements', wish),
  /** To a second factor of any kind, from a passkey. */
  lower: (id: number) => write<undefined>(`/policy/requirements/${id}/lower`),
  off: (id: number) => write<undefined>(`/policy/requirements/${id}/off`),
  /** Only of a row that cannot be read. */
  remove: (id: number) => write<undefined>(`/policy/requirements/${id}/remove`),
  grace: (user_id: string, requirement_id: number, days: number) =>
    write<undefined>('/policy/grace', { user_id, requirement_id, days }),
};

export const exemptions = {
  list: async () => (await read<{ exemptions: Exemption[] }>('/policy/exemptions')).exemptions,
  give: (user_id: string, requirement_id: number | undefined, reason: string, days: number) =>
    write<{ id: string }>('/policy/exemptions', { user_id, requirement_id, reason, days }),
  end: (id: string) => write<undefined>(`/policy/exemptions/${id}/end`),
};

export const groups = {
  list: async () => (await read<{ groups: Group[] }>('/groups')).groups,
  members: async (id: string) => (await read<{ members: GroupMember[] }>(`/groups/${id}/members`)).members,
  make: (name: string, profiles_need_pin: boolean) =>
    write<{ id: string }>('/groups', { name, profiles_need_pin }),
  change: (id: string, name: string, profiles_need_pin: boolean) =>
    write<undefined>(`/groups/${id}`, { name, profiles_need_pin }),
  member: (id: string, user_id: string, member: boolean) =>
    write<undefined>(`/groups/${id}/members`, { user_id, member }),
  remove: (id: string) => write<undefined>(`/groups/${id}/remove`),
};

export const board = {
  page: (wish: BoardQuery, offset: number, limit: number) =>
    read<BoardPage>(`/policy/board${query({ ...wish, offset, limit })}`),
  csv: (wish: BoardQuery) => readText(`/policy/board.csv${query(wish)}`),
  remind: (user_id: string) => write<undefined>('/policy/reminders', { user_id }),
};

export const adoption = {
  days: async (days: number) =>
    (await read<{ days: AdoptionDay[] }>(`/policy/adoption${query({ days })}`)).days,
};

export const audit = {
  page: (wish: AuditQuery, before: number | undefined, limit: number) =>
    read<AuditPage>(`/audit${query({ ...wish, before, limit })}`),
  lines: (wish: AuditQuery) => readText(`/audit.jsonl${query(wish)}`),
};
