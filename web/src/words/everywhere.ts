// The words of what is on many pages: buttons, numbers, errors, the frame around all.
import type { Words } from './forms';

export const everywhere = {
  brand: 'Stead',

  'title.page': '{page} · Stead',

  'action.continue': 'Continue',
  'action.retry': 'Try again',
  'action.close': 'Close',
  'action.copy': 'Copy',
  'action.copied': 'Copied',
  'action.share': 'Share',
  'action.saveFile': 'Save file',
  'action.seeAll': 'See all',
  'action.home': 'Go to home',
  'action.more': 'Show more',
  'action.cancel': 'Cancel',
  'action.back': 'Back',
  'action.save': 'Save',

  'error.unreachable':
    'Your Stead did not answer. Check that it is switched on and that this device is in the same network, then try again.',
  'error.unknown':
    'Something went wrong that has no better name. Try again; the log of your Stead tells more.',
  'error.part':
    'A part of this page did not come. Check that your Stead is switched on and in reach, then try again.',

  'wait.seconds': { one: 'Wait {n} second, then try again.', other: 'Wait {n} seconds, then try again.' },

  'shell.skip': 'Skip to content',
  'shell.navigation': 'Main',
  'shell.homeOf': 'Stead, to home',
  'shell.loading': 'Loading',

  'length.seconds': '{s} s',
  'length.minutes': '{m} min',
  'length.hours': '{h} h',
  'length.hoursMinutes': '{h} h {m} min',

  'left.seconds': { one: 'about {n} second left', other: 'about {n} seconds left' },
  'left.minutes': { one: 'about {n} minute left', other: 'about {n} minutes left' },
  'left.hours': { one: 'about {n} hour left', other: 'about {n} hours left' },

  'count.items': { zero: 'nothing yet', one: '{n} item', other: '{n} items' },
  'count.seasons': { one: '{n} season', other: '{n} seasons' },
  'count.episodes': { one: '{n} episode', other: '{n} episodes' },
  'count.tracks': { one: '{n} track', other: '{n} tracks' },
  'count.problems': { one: '{n} problem', other: '{n} problems' },

  'unreachable.title': 'Your Stead does not answer',
  'unreachable.text':
    'Check that it is switched on and that this device is in the same network. After a start it can take a minute.',

  'stale.title': 'Your Stead was updated',
  'stale.text': 'This page is older than the box. Load it anew to go on.',

  'field.showPassword': 'Show password',
} as const satisfies Words<
  | 'brand'
  | 'title'
  | 'action'
  | 'error'
  | 'wait'
  | 'shell'
  | 'length'
  | 'left'
  | 'count'
  | 'field'
  | 'unreachable'
  | 'stale'
>;
