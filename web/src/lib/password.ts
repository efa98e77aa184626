// A hint beside the password field. The server decides; this only helps before it is asked.

export type Grade = 'short' | 'weak' | 'fair' | 'good';

/** Beside a second factor. */
const LENGTH_MIN = 8;

/** Where the password is all there is. */
export const LENGTH_MIN_ALONE = 15;

/** Length counts most; repeated characters and the owner's own name count little. */
export function passwordGrade(password: string, name: string, least = LENGTH_MIN): Grade {
  if ([...password].length < least) return 'short';
  const own = name.trim().toLowerCase();
  const lower = password.toLowerCase();
  const rest = own.length > 2 ? lower.split(own).join('') : lower;
  const weight = rest.length + new Set(rest).size;
  if (weight < 14) return 'weak';
  return weight < 22 ? 'fair' : 'good';
}
