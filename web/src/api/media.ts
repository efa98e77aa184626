// The JSON about libraries and what is in them; see types.ts.
import type { Level } from './policy';

export type LibraryKind = 'films' | 'series' | 'music' | 'photos' | 'mixed';
export type ScanState = 'idle' | 'scanning' | 'offline' | 'disk_full' | 'failed';

export interface Scan {
  state: ScanState;
  files_seen: number;
  files_done: number;
  files_total?: number | null;
  problems: number;
  rate_per_s?: number | null;
  left_s?: number | null;
  current?: string | null;
  /** Files that are gone, kept until the owner says that this is meant. */
  vanished?: number;
}

export interface Library {
  id: string;
  name: string;
  kind: LibraryKind;
  items: number;
  scan: Scan;
  /** A second factor is required for this library, and not met: it is told by its name alone. */
  closed?: { by: 'step_up' | 'enrol' | 'another_way_in'; level?: Level };
}

export interface ScanProblem {
  path: string;
  code: string;
  detail: string;
}

export interface Folder {
  name: string;
  path: string;
}

export interface FolderView {
  path: string;
  parent?: string | null;
  folders: Folder[];
  roots: string[];
}

export type ItemKind =
  | 'film'
  | 'series'
  | 'season'
  | 'episode'
  | 'artist'
  | 'album'
  | 'track'
  | 'photo';

export interface Item {
  id: string;
  library_id: string;
  kind: ItemKind;
  title: string;
  subtitle?: string | null;
  year?: number | null;
  parent_id?: string | null;
  number?: number | null;
  season?: number | null;
  disc?: number | null;
  duration_ms?: number | null;
  width?: number | null;
  height?: number | null;
  taken_ms?: number | null;
  image: boolean;
  image_version?: string | number | null;
  children?: number | null;
  position_ms?: number | null;
  watched?: boolean | null;
}

export interface FileFacts {
  size?: number | null;
  container?: string | null;
  video?: string | null;
  audio?: string | null;
  bitrate?: number | null;
}

export interface ItemDetails extends Item {
  overview?: string | null;
  file?: FileFacts | null;
  parents?: { id: string; title: string; kind: ItemKind }[];
  /** For whom it is, and who says so. */
  rating?: { age: number; by: 'hand' | 'whole' | 'file' };
}

export interface ItemPage {
  items: Item[];
  next?: string | null;
}

export interface HomeView {
  continue: Item[];
  latest: { library: { id: string; name: string; kind: LibraryKind }; items: Item[] }[];
}

export interface PlayTicket {
  url: string;
  mime: string;
  expires_in_s: number;
  position_ms?: number | null;
  duration_ms?: number | null;
  playable_hint?: string | null;
}

export type ProgressEvent = 'playing' | 'paused' | 'stopped' | 'ended';

export interface ItemQuery {
  library?: string;
  kind?: ItemKind;
  parent?: string;
  sort?: 'title' | 'added' | 'taken' | 'number';
  limit?: number;
  cursor?: string;
}
