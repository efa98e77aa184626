// Addresses of the app over the history API: a table of patterns, links caught at the document.
// An issuer's answer is put away before the first look at the address.
import './lib/returned';

export type RouteName =
  | 'home'
  | 'claim'
  | 'signin'
  | 'signup'
  | 'authorize'
  | 'signout'
  | 'library'
  | 'item'
  | 'play'
  | 'settings'
  | 'people'
  | 'reset'
  | 'rescue'
  | 'device'
  | 'tv'
  | 'security'
  | 'join'
  | 'invitations'
  | 'household'
  | 'who'
  | 'enrol'
  | 'policy'
  | 'board'
  | 'groups'
  | 'exemptions'
  | 'log'
  | 'disks'
  | 'updates'
  | 'lost'
  | 'missing';

export interface Route {
  name: RouteName;
  id: string;
  path: string;
  query: URLSearchParams;
}

const TABLE: readonly (readonly [RegExp, RouteName])[] = [
  [/^\/$/, 'home'],
  [/^\/search$/, 'home'],
  [/^\/claim$/, 'claim'],
  [/^\/signin$/, 'signin'],
  [/^\/signup$/, 'signup'],
  [/^\/authorize$/, 'authorize'],
  [/^\/signout$/, 'signout'],
  [/^\/library\/([0-9a-f]{32})$/, 'library'],
  [/^\/item\/([0-9a-f]{32})$/, 'item'],
  [/^\/play\/([0-9a-f]{32})$/, 'play'],
  [/^\/settings$/, 'settings'],
  [/^\/settings\/people$/, 'people'],
  [/^\/reset$/, 'reset'],
  [/^\/rescue$/, 'rescue'],
  [/^\/device$/, 'device'],
  [/^\/tv$/, 'tv'],
  [/^\/settings\/security$/, 'security'],
  [/^\/join$/, 'join'],
  [/^\/settings\/invitations$/, 'invitations'],
  [/^\/settings\/household$/, 'household'],
  [/^\/profiles$/, 'who'],
  [/^\/settings\/enrol$/, 'enrol'],
  [/^\/settings\/policy$/, 'policy'],
  [/^\/settings\/board$/, 'board'],
  [/^\/settings\/groups$/, 'groups'],
  [/^\/settings\/exemptions$/, 'exemptions'],
  [/^\/settings\/log$/, 'log'],
  [/^\/settings\/disks$/, 'disks'],
  [/^\/settings\/updates$/, 'updates'],
  [/^\/lost$/, 'lost'],
];

function parse(): Route {
  const path = location.pathname.replace(/(.)\/$/, '$1');
  const query = new URLSearchParams(location.search);
  for (const [pattern, name] of TABLE) {
    const match = pattern.exec(path);
    if (match) return { name, id: match[1] ?? '', path, query };
  }
  return { name: 'missing', id: '', path, query };
}

let current = $state.raw<Route>(parse());

export const route = () => current;

/** What the browser keeps for us with each entry of its history. */
interface Entry {
  key: string;
  /** True where the entry before it is a page of this app. */
  inner: boolean;
}

const scrolls = new Map<string, number>();
let entry = kept(history.state);

function kept(state: unknown): Entry {
  const { key, inner } = (state ?? {}) as Partial<Entry>;
  return { key: key ?? 'first', inner: inner === true };
}

let made = 0;

/** Told apart within the history of this tab. Browsers give no UUIDs to pages of plain http. */
const newKey = () => `${Date.now()}-${++made}`;

function enter(): void {
  scrolls.set(entry.key, scrollY);
  entry = kept(history.state);
  current = parse();
}

/** Goes to a page of the app. */
export function navigate(to: string, how: { replace?: boolean; keepScroll?: boolean } = {}): void {
  scrolls.set(entry.key, scrollY);
  if (!how.replace) entry = { key: newKey(), inner: true };
  if (how.replace) history.replaceState(entry, '', to);
  else history.pushState(entry, '', to);
  current = parse();
  if (!how.keepScroll) scrollTo(0, 0);
}

/** Goes back to where somebody came from; who came from elsewhere gets this page instead. */
export function leaveFor(to: string): void {
  if (entry.inner) history.back();
  else navigate(to, { replace: true });
}

function ownLink(event: MouseEvent): HTMLAnchorElement | undefined {
  if (event.defaultPrevented || event.button !== 0) return undefined;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.target || link.hasAttribute('download')) return undefined;
  if (link.origin !== location.origin || link.pathname.startsWith('/api/')) return undefined;
  return link.hash !== '' && link.pathname === location.pathname ? undefined : link;
}

/** Starts listening; answers the function that stops it. A link with `data-replace` leaves no entry behind. */
export function startRouter(): () => void {
  history.scrollRestoration = 'manual';
  const onClick = (event: MouseEvent) => {
    const link = ownLink(event);
    if (!link) return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash, { replace: 'replace' in link.dataset });
  };
  const onPop = () => {
    enter();
    const top = scrolls.get(entry.key) ?? 0;
    // The page behind is drawn from the cache in the next frames; before that it has no height.
    requestAnimationFrame(() => requestAnimationFrame(() => scrollTo(0, top)));
  };
  document.addEventListener('click', onClick);
  addEventListener('popstate', onPop);
  return () => {
    document.removeEventListener('click', onClick);
    removeEventListener('popstate', onPop);
  };
}
