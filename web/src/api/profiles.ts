// Household profiles.
export interface Profile {
  id: string;
  name: string;
  has_pin: boolean;
  /** Too many PINs were wrong: its person sets another, or lets it be tried again. */
  locked: boolean;
  /** Besides what its person may. */
  limit?: AgeLimit;
}

/** Up to which age titles are seen. */
export interface AgeLimit {
  max_age: number;
  /** Films and series that nobody rated are hidden, too. */
  hide_unrated: boolean;
}

export interface Household {
  profiles: Profile[];
  /** The one that this browser looks by; none: its person. */
  current?: string;
  has_own_pin: boolean;
  /** The owner wants a PIN for each. */
  pins_needed: boolean;
}

export interface ProfileChange {
  name?: string;
  /** null takes it away. */
  pin?: string | null;
}
