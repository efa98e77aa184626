// What may hang on a lost device, and what ends with it.
import type { Factor } from './types';

export type ClientKind = 'web' | 'tv' | 'app' | 'app_password';

export interface LostSession {
  id: string;
  kind: ClientKind;
  agent: string;
  name?: string;
  /** The session that let it in. */
  approved_by?: string;
  last_seen_ms: number;
  current: boolean;
}

export interface LostFactor extends Factor {
  /** The session in which it was made. */
  made_in?: string;
}

export interface LostBrowser {
  id: string;
  agent: string;
  since_ms: number;
  made_in?: string;
}

/** All that may hang on a lost device. */
export interface LostView {
  sessions: LostSession[];
  factors: LostFactor[];
  remembered: LostBrowser[];
  recovery_codes_left: number;
  needs_factor: boolean;
}

export interface LostNamed {
  sessions: string[];
  factors: string[];
  remembered: string[];
}

export interface EndedDevice {
  kind: ClientKind;
  name?: string;
  agent: string;
}
