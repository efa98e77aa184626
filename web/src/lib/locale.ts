// The words are English; dates and numbers follow the reader's kind of English where there is one.

export const LOCALE = navigator.languages.find((tag) => /^en\b/i.test(tag)) ?? 'en-GB';

const PSEUDO_KEY = 'stead.pseudo';

/** The pseudo-language marks every catalogue word, so that a test finds text from elsewhere. */
function pseudoWanted(): boolean {
  const asked = new URLSearchParams(location.search).get('pseudo');
  try {
    if (asked === '1') localStorage.setItem(PSEUDO_KEY, '1');
    if (asked === '0') localStorage.removeItem(PSEUDO_KEY);
    return localStorage.getItem(PSEUDO_KEY) === '1';
  } catch {
    return asked === '1';
  }
}

export const PSEUDO = pseudoWanted();
