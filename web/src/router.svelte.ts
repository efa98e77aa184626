// Addresses of the app over the history API: a table of patterns, links caught at the document.
export type RouteName =
  | 'home'
  | 'claim'
  | 'signin'
  | 'library'
  | 'item'
  | 'play'
  | 'settings'
  | 'missing';

export interface Route {
  name: RouteName;
  id: string;
  path: string;
  query: URLSearchParams;
  /** Changes with every move to another page, so that a page knows it was entered anew. */
  visit: number;
}

const TABLE: readonly (readonly [RegExp, RouteName])[] = [
  [/^\/$/, 'home'],
  [/^\/search$/, 'home'],
  [/^\/claim$/, 'claim'],
  [/^\/signin$/, 'signin'],
  [/^\/library\/([0-9a-f]{32})$/, 'library'],
  [/^\/item\/([0-9a-f]{32})$/, 'item'],
  [/^\/play\/([0-9a-f]{32})$/, 'play'],
  [/^\/settings$/, 'settings'],
];

let visits = 0;

function parse(): Route {
  const path = location.pathname.replace(/(.)\/$/, '$1');
  const query = new URLSearchParams(location.search);
  visits += 1;
  for (const [pattern, name] of TABLE) {
    const match = pattern.exec(path);
    if (match) return { name, id: match[1] ?? '', path, query, visit: visits };
  }
  return { name: 'missing', id: '', path, query, visit: visits };
}

let current = $state.raw<Route>(parse());

export const route = () => current;

const scrolls = new Map<string, number>();
let entry = keyOf(history.state);

function keyOf(state: unknown): string {
  const key = (state as { key?: unknown } | null)?.key;
  return typeof key === 'string' ? key : 'first';
}

function enter(): void {
  scrolls.set(entry, scrollY);
  entry = keyOf(history.state);
  current = parse();
}

/** Goes to a page of the app. */
export function navigate(to: string, how: { replace?: boolean; keepScroll?: boolean } = {}): void {
  const state = { key: how.replace ? entry : `${Date.now()}.${visits}` };
  scrolls.set(entry, scrollY);
  if (how.replace) history.replaceState(state, '', to);
  else history.pushState(state, '', to);
  entry = state.key;
  current = parse();
  if (!how.keepScroll) scrollTo(0, 0);
}

function ownLink(event: MouseEvent): HTMLAnchorElement | undefined {
  if (event.defaultPrevented || event.button !== 0) return undefined;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.target || link.hasAttribute('download')) return undefined;
  if (link.origin !== location.origin || link.pathname.startsWith('/api/')) return undefined;
  return link.hash !== '' && link.pathname === location.pathname ? undefined : link;
}

/** Starts listening; answers the function that stops it. */
export function startRouter(): () => void {
  history.scrollRestoration = 'manual';
  const onClick = (event: MouseEvent) => {
    const link = ownLink(event);
    if (!link) return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
  };
  const onPop = () => {
    enter();
    const top = scrolls.get(entry) ?? 0;
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
