// What an external issuer sent this browser back with. Its page, /signin/callback, is no page of its own:
// as soon as the app is loaded, the address becomes the one of the page that goes on with it, so that a
// code stays neither in the address bar nor in the history.
export interface Returned {
  state: string;
  code?: string;
  iss?: string;
  error?: string;
}

export type Purpose = 'signin' | 'stepup' | 'claim';

const CALLBACK = '/signin/callback';
const NEXT = 'stead.issuer.next';
const PAGES: Record<Purpose, string> = {
  claim: '/claim',
  signin: '/signin',
  stepup: '/signin?why=again',
};

let returned: Returned | undefined;

/** The word before the dot says which page goes on; the server goes by its own memory. */
function purposeOf(state: string): Purpose {
  const word = state.split('.', 1)[0];
  return word === 'claim' || word === 'stepup' ? word : 'signin';
}

/** The page to go to afterwards is kept in this tab, since the address belongs to the issuer's answer. */
export function keepNext(next: string): void {
  try {
    sessionStorage.setItem(NEXT, next);
  } catch {
    // Private windows may refuse storage; the person then begins at home.
  }
}

export function takeNext(): string | null {
  try {
    const next = sessionStorage.getItem(NEXT);
    sessionStorage.removeItem(NEXT);
    return next;
  } catch {
    return null;
  }
}

/** What came back for this purpose, once. */
export function takeReturned(...purposes: Purpose[]): { purpose: Purpose; answer: Returned } | undefined {
  if (!returned) return undefined;
  const purpose = purposeOf(returned.state);
  if (!purposes.includes(purpose)) return undefined;
  const answer = returned;
  returned = undefined;
  return { purpose, answer };
}

function arrive(): void {
  if (location.pathname !== CALLBACK) return;
  const query = new URLSearchParams(location.search);
  const said = (name: string) => query.get(name) ?? undefined;
  returned = {
    state: said('state') ?? '',
    code: said('code'),
    iss: said('iss'),
    error: said('error'),
  };
  history.replaceState(history.state, '', PAGES[purposeOf(returned.state)]);
}

arrive();
