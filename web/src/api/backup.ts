/** What a box serves once a backup was put back on it. */
export interface Restored {
  name: string;
  host_name: string;
  made_ms: number;
  people: number;
  /** The box has other certificates than before. */
  other_authority: boolean;
}
