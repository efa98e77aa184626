// The code of a device that somebody is about to let in. It comes in the fragment of an address, is
// taken out of it at once, and outlives a sign-in on the way; a reload forgets it.

let code = $state('');

/** Takes a code out of the address, if there is one. */
export function takeDeviceCode(): void {
  const found = /^#code=([A-Za-z-]{8,12})$/.exec(location.hash);
  if (location.pathname !== '/device' || found?.[1] === undefined) return;
  code = found[1];
  history.replaceState(history.state, '', location.pathname + location.search);
}

/** The code in hand. */
export const deviceCode = () => code;

export function keepDeviceCode(next: string): void {
  code = next;
}
