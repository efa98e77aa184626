// Whether somebody signed in with this browser before. It only saves a question whose answer would be
// "no": the box decides by its cookie, which this page cannot see.

const KEY = 'stead.signed-in';

export function mayBeSignedIn(): boolean {
  try {
    return localStorage.getItem(KEY) === '1';
  } catch {
    return true;
  }
}

export function noteSignedIn(yes: boolean): void {
  try {
    if (yes) localStorage.setItem(KEY, '1');
    else localStorage.removeItem(KEY);
  } catch {
    // Without storage the box is asked each time.
  }
}
