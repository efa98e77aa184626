// The systems of an appliance, and updates of it.
import { askFile, read, write } from './http';

export interface SystemSlot {
  name: string;
  running: boolean;
  next: boolean;
  good: boolean;
  version?: string;
}

export interface Updates {
  /** Whether this server is updated here; elsewhere its system does that. */
  here: boolean;
  version?: string;
  systems: SystemSlot[];
  stage: 'none' | 'arrives' | 'ready' | 'installing' | 'failed';
  offered?: string;
  failure?: string;
  last?: { version: string; outcome: 'waits' | 'runs' | 'left'; reason?: string };
}

export const updates = {
  look: () => read<Updates>('/system/updates'),
  install: () => write<undefined>('/system/updates/install'),
  switchOver: () => write<undefined>('/system/updates/switch'),
  restart: () => write<undefined>('/system/restart'),
  send: (file: Blob) => askFile<{ version: string }>('/system/updates/file', file),
};
