// What waits to be approved on this device.
import { approvals, type ApprovalRequest } from '../api';
import { session } from './session.svelte';

/** While something waits it is asked again: it may have been answered on another device. */
const LOOK_MS = 10_000;

interface Inbox {
  requests: ApprovalRequest[];
}

export const inbox = $state<Inbox>({ requests: [] });

let timer: ReturnType<typeof setTimeout> | undefined;
let following = false;
let asked = 0;
let shown = 0;

/** Asks for what waits. It fails without a word: the next look makes up for it. An answer that is older
 * than what is shown is dropped. */
export async function refreshInbox(): Promise<void> {
  clearTimeout(timer);
  // A profile answers nothing in its person's place.
  if (session.me?.profile) return;
  const mine = ++asked;
  const requests = await approvals.inbox().catch(() => inbox.requests);
  if (mine < shown) return;
  shown = mine;
  inbox.requests = requests;
  if (following && inbox.requests.length > 0) {
    clearTimeout(timer);
    timer = setTimeout(() => void refreshInbox(), LOOK_MS);
  }
}

/** Looks now and whenever somebody comes back to the page, until the answered function is called. */
export function followInbox(): () => void {
  const look = () => {
    if (document.visibilityState === 'visible') void refreshInbox();
  };
  following = true;
  look();
  document.addEventListener('visibilitychange', look);
  return () => {
    following = false;
    shown = asked + 1;
    clearTimeout(timer);
    inbox.requests = [];
    document.removeEventListener('visibilitychange', look);
  };
}
