// The words of age ratings, and of up to which age somebody sees titles.
import type { Words } from './forms';

export const ratings = {
  'rating.from': 'From {n}',
  'rating.title': 'Age rating',
  'rating.by.hand': 'From {n}: decided here.',
  'rating.by.whole': 'From {n}: decided for the whole that it is part of.',
  'rating.by.file': 'From {n}, as its files say.',
  'rating.none': 'Its files say nothing.',
  'rating.text':
    'Who has an age limit does not see what is above it. What you decide here goes before what the files say.',
  'rating.choose': 'For whom it is',
  'rating.asFile': 'As its files say',
  'rating.years': 'From {n}',
  'rating.save': 'Save the rating',
  'rating.saved': 'Saved',

  'limit.open': 'Titles by age',
  'limit.title': 'Up to which age',
  'limit.sees': 'Sees titles',
  'limit.any': 'Any',
  'limit.upTo': 'Up to {n}',
  'limit.upToStrict': 'Up to {n}, and none without a rating',
  'limit.ofProfile': '{name}, a profile of this household',
  'limit.unrated': 'Films and series without a rating are hidden, too',
  'limit.text':
    'What is above is hidden: not in lists, not in search, and not by a link. A profile never sees more than its person.',
  'limit.saved': 'Saved; it counts at once',
} as const satisfies Words<'rating' | 'limit'>;
