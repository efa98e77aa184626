// What the owner asks of whoever looks, and how much of the app that leaves open.
import type { Asked, AskedRequirement } from '../api';
import type { RouteName } from '../router.svelte';
import { session } from './session.svelte';

export const asked = (): Asked | undefined => session.me?.asked ?? undefined;

const ofAll = (one: AskedRequirement) => one.about !== 'library';

/** Why nothing opens but what mends it; a requirement of one library closes that library alone. */
export function shut(): 'enrol' | 'step_up' | undefined {
  const what = asked();
  if (!what) return undefined;
  const states = what.requirements.filter(ofAll).map((one) => one.state);
  if (states.includes('enrol')) return 'enrol';
  return states.includes('step_up') ? 'step_up' : undefined;
}

/** A television sets nothing up, and a household profile nothing of whose it is. */
export const mends = () => session.me?.session.kind === 'web' && session.me.profile === undefined;

const MENDS: ReadonlySet<RouteName> = new Set<RouteName>(['enrol', 'security', 'lost']);
const MEDIA: ReadonlySet<RouteName> = new Set<RouteName>(['home', 'library', 'item', 'play']);

/** Whether this page stays closed. */
export function closed(page: RouteName): boolean {
  const why = shut();
  // From a profile the way leads by whoever it belongs to.
  if (why !== undefined && page === 'who') return false;
  if (why === 'enrol') return !MENDS.has(page) || !mends();
  return why === 'step_up' && MEDIA.has(page);
}
