// Mail that the server sends.
export interface MailStanding {
  /** Who writes; missing where no mail goes out. */
  from?: string;
  /** Messages that wait to be taken. */
  waiting: number;
  oldest_ms?: number;
  /** As many wait as may: what is told meanwhile is told in the app alone. */
  full: boolean;
  /** Messages that the mail server refused for good. */
  refused: number;
  sent_ms?: number;
  /** What the mail server last said when it did not take one. */
  trouble?: string;
  trouble_ms?: number;
}

export interface MailAddress {
  address?: string;
  /** Whether this server sends mail at all. */
  goes_out: boolean;
}
