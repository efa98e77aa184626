// The words of libraries, their items, search, and reading folders.
import type { Words } from './forms';

export const library = {
  'kind.films': 'Films',
  'kind.series': 'Series',
  'kind.music': 'Music',
  'kind.photos': 'Photos',
  'kind.mixed': 'Mixed',

  'library.show': 'What to show',
  'library.order': 'Order',
  'library.byTitle': 'By title',
  'library.byAdded': 'Newest first',
  'library.empty': 'Nothing of this kind was found here.',
  'library.emptyScanning': 'The first finds appear here in a moment.',
  'library.scanBegun': '{name} is being read again',
  'library.removed': '{name} was removed from the list',
  'library.added': '{name} was added; what is found appears at once',
  'library.rescan': 'Read again',
  'library.vanished': {
    one: '{n} file is no longer there. It stays listed in case its disk comes back.',
    other: '{n} files are no longer there. They stay listed in case their disk comes back.',
  },
  'library.vanishedYes': 'They are gone for good',
  'library.remove': 'Remove',
  'library.removeTitle': 'Remove this library?',
  'library.removeText':
    'Its files stay where they are, untouched. It only leaves Stead, for everybody:',
  'library.removeYes': 'Remove library',
  'library.name': 'Name of the library',
  'library.kind': 'What is in it',
  'library.addYes': 'Add library',

  'libraries.title': 'Libraries',
  'libraries.none': 'No folder has been added yet.',

  'folders.text': 'Choose the folder that holds your media.',
  'folders.places': 'Places',
  'folders.list': 'Folders',
  'folders.up': 'One level up',
  'folders.none': 'No folders in here',
  'folders.use': 'Use folder',

  'problems.title': 'Files that could not be read',
  'problems.text': 'They were left out; everything else in the library is there.',
  'problems.none': 'No problems are left.',

  'photo.undated': 'Without a date',
  'photo.label': '{name}, taken on {date}',
  'photo.undatedLabel': '{name}, without a date',
  'photo.dialog': 'Photo',
  'photo.failed': 'This photo cannot be shown. Its file may be damaged.',
  'photo.previous': 'Previous photo',
  'photo.next': 'Next photo',
  'photo.among': 'Show among the others',

  'file.title': 'About the file',
  'file.container': 'Container',
  'file.video': 'Video',
  'file.picture': 'Picture',
  'file.audio': 'Sound',
  'file.bitrate': 'Bit rate',
  'file.size': 'Size',

  'series.play': 'Play episode {episode}',
  'series.resume': 'Go on with episode {episode}',
  'series.episodes': 'Episodes',
  'series.seasons': 'Seasons',
  'series.season': 'Season {n}',

  'album.play': 'Play album',
  'album.tracks': 'Tracks',
  'album.disc': 'Disc {n}',

  'missing.title': 'There is nothing here',
  'missing.text': 'The address may be old, or what it showed has been removed.',

  'home.title': 'Home',
  'home.continue': 'Go on with',
  'home.empty.owner': 'Your house is ready. Bring in your media.',
  'home.empty.ownerText':
    'Add a folder of films, series, music or photos. Stead reads what is there and changes nothing in it.',
  'home.empty.guest': 'Nothing to see yet',
  'home.empty.guestText': 'As soon as the owner adds or shares a library, it appears here.',
  'home.nothing': 'Nothing has been found in your libraries yet. The settings tell what was seen.',

  'library.add': 'Add a folder',

  'search.label': 'Search',
  'search.placeholder': 'Search everything',
  'search.clear': 'Clear search',
  'search.busy': 'Searching…',
  'search.found': { zero: 'Nothing found', one: '{n} found', other: '{n} found' },

  'scan.running': 'Reading the folder',
  'scan.filesOf': { one: '{n} of {total} files', other: '{n} of {total} files' },
  'scan.filesSeen': { one: '{n} file seen', other: '{n} files seen' },
  'scan.rate': '{rate} per second',
  'scan.offline': 'The folder cannot be reached',
  'scan.full': "The disk with Stead's data is full",
  'scan.fullWhy': 'Make room on it. The scan goes on by itself then; nothing was lost.',
  'scan.failed': 'The folder was not read to its end',
  'scan.failedWhy':
    'Stead failed at it, and its log says why. What was found stays. Read the folder again, and report it if that fails too.',
  'scan.offlineWhy': 'Is its disk plugged in? What was in it stays listed until it is back.',

  'item.watched': 'Seen',
  'item.seenShare': { one: '{n} % seen', other: '{n} % seen' },
  'item.episode': 'Episode {episode}',
  'item.seasonEpisode': 'Season {season}, episode {episode}',
  'item.play': 'Play',
  'item.playNamed': 'Play {name}',
  'item.resume': 'Go on',
  'item.fromStart': 'From the start',
  'item.at': '{at} of {of}',
  'item.seenLabel': 'How far you got',
  'item.way': 'Where this is',
} as const satisfies Words<
  | 'kind'
  | 'home'
  | 'search'
  | 'library'
  | 'libraries'
  | 'folders'
  | 'problems'
  | 'photo'
  | 'file'
  | 'series'
  | 'album'
  | 'item'
  | 'missing'
  | 'scan'
>;
