// Who sees what, who is invited, and what an invitation says.
export type GivenRole = 'administrator' | 'member';

export interface UserShare {
  id: string;
  name: string;
  role: 'owner' | GivenRole;
  shared: boolean;
  /** They see it by a group, too. */
  by_group: boolean;
}

export interface GroupShare {
  id: string;
  name: string;
  members: number;
  shared: boolean;
}

/** With whom a library is shared, and with whom it could be. */
export interface Shares {
  users: UserShare[];
  groups: GroupShare[];
}

/** Where links work: everywhere, or in the home network only. */
export type Reaches = 'public_url' | 'home';

export interface Invitation {
  id: string;
  name: string;
  role: GivenRole;
  libraries: string[];
  groups: string[];
  created_ms: number;
  /** 0: its link is over. */
  expires_in_s: number;
}

export interface Invitations {
  invitations: Invitation[];
  reaches: Reaches;
  days: number;
  days_max: number;
}

export interface InviteWish {
  name: string;
  role: GivenRole;
  days: number;
  libraries: string[];
  groups: string[];
}

/** A link to hand over; it is shown once. */
export interface Invited {
  id: string;
  urls: string[];
  qr_svg: string;
  reaches: Reaches;
  expires_in_s: number;
}

/** What an invitation says to whom it is for. */
export interface JoinLook {
  owner: string;
  server: string;
  name: string;
  role: GivenRole;
  libraries: string[];
  /** The second factor that is asked for. */
  asked?: 'mfa' | 'mfa_phishing_resistant';
  password_min_alone_chars: number;
  password_min_chars: number;
  expires_in_s: number;
}

/** What the act after a security event did. */
export interface SecurityEventDone {
  people: number;
  passwords: number;
  sessions: number;
}
