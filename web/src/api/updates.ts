// The systems of an appliance, and updates of it.
import { askFile, read, write } from './http';

export interface SystemSlot {
  name: string;
  running: boolean;
  next: boolean;
  good: boolean;
  version?: string;
}

export interface Arrival {
  from: 'sent' | 'disk' | 'source';
  has_bytes: number;
  /** Missing while it is not known. */
  of_bytes?: number;
}

/** An update on a disk that is plugged in: its version, or why it may not be installed. */
export interface UpdateOnDisk {
  uuid: string;
  disk: string;
  file: string;
  size_bytes: number;
  version?: string;
  refused?: string;
}

/** What is done about new versions by itself; the hours are of a day in UTC. */
export interface UpdateWish {
  channel: 'stable' | 'beta';
  how: 'off' | 'tell' | 'itself';
  from_hour?: number;
  to_hour?: number;
}

/** Where updates are fetched from. */
export interface UpdateSource extends UpdateWish {
  address: string;
  /** When it last answered. */
  looked_ms?: number;
  offer?: { version: string; size_bytes: number; notes: string; worth: 'new' | 'old' | 'left' };
  trouble?: 'silent' | 'missing' | 'broken_off' | 'unlike' | 'sum' | 'refused' | 'full' | 'system' | 'given_up';
  refused?: string;
  /** Why what is done by itself waits. */
  waits?: 'time' | 'hours' | 'playing' | 'again';
}

export interface Updates {
  /** Whether this server is updated here; elsewhere its system does that. */
  here: boolean;
  version?: string;
  systems: SystemSlot[];
  stage: 'none' | 'arrives' | 'ready' | 'installing' | 'failed';
  /** An update that comes in. */
  arrives?: Arrival;
  offered?: string;
  failure?: string;
  /** Missing where none is named. */
  source?: UpdateSource;
  last?: LastSystem;
}

/** What was installed last, or where the system lies that its owner chose last. */
export interface LastSystem {
  version?: string;
  chosen?: string;
  outcome: 'waits' | 'runs' | 'left';
  reason?: string;
}

export const updates = {
  look: () => read<Updates>('/system/updates'),
  onDisks: () => read<{ updates: UpdateOnDisk[] }>('/system/updates/disks'),
  fromDisk: ({ uuid, file }: UpdateOnDisk) => write<{ version: string }>('/system/updates/disk', { uuid, file }),
  wish: (wish: UpdateWish) => write<undefined>('/system/updates/wish', wish),
  lookNow: () => write<undefined>('/system/updates/look'),
  fetch: () => write<undefined>('/system/updates/fetch'),
  cancel: () => write<undefined>('/system/updates/cancel'),
  install: () => write<undefined>('/system/updates/install'),
  switchOver: () => write<undefined>('/system/updates/switch'),
  restart: () => write<undefined>('/system/restart'),
  send: (file: Blob) => askFile<{ version: string }>('/system/updates/file', file),
};
