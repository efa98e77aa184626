// The words of a server that is locked, has lost its owner, or is given up.
import type { Words } from './forms';

export const life = {
  'locked.title': 'This Stead is locked',
  'locked.text':
    'It has an owner, but cannot read its own books. To keep your library safe it shows nothing until that is put right.',
  'locked.data_missing':
    'The part of the disk where it keeps its data could not be found, or is damaged. What is done now would be forgotten.',
  'locked.database_missing': 'The database with the accounts is gone. Perhaps its disk is not connected.',
  'locked.database_unreadable':
    'The database with the accounts cannot be read: it is damaged, or a newer version of Stead has written it.',
  'locked.database_replaced': 'In place of the database with the accounts there is another one.',
  'locked.older_generation': 'The database with the accounts is an old copy.',
  'locked.older_copy':
    'The database with the accounts is an older copy that was put back. Whoever was removed since may be in it again.',
  'locked.restored':
    'Somebody with this box at hand has put a backup back. Its owner has yet to say that it is meant.',
  'locked.marker_unreadable':
    'The small file that remembers whether this Stead was set up is damaged.',
  'locked.help': 'Nothing of your media is lost or changed.',
  'locked.owner.title': 'You are its owner',
  'locked.owner.text':
    'Sign in with your password and your second factor. Recovery codes that were not used are void afterwards, and everybody else signs in again.',
  'locked.owner.signin': 'Sign in to open it',
  'locked.owner.open': 'Open this Stead',
  'locked.owner.again': 'Your second factor was shown a while ago. Sign in once more.',
  'locked.box.title': 'You have the box at hand',
  'locked.box.text':
    'With its plug, and nothing else, you can show that it is yours, and make a new owner or restore a backup. Media stay.',
  'locked.box.go': 'Show it with the plug',
  'locked.disk.title': 'Look at its disk',
  'locked.disk.text':
    'Switch the box off, see that its disk or card sits well, and switch it on. If that does not help, keep that disk or card as it is, write the image to another one, and restore a backup there.',
  'locked.backup.title': 'You have a backup',
  'locked.backup.text':
    'Show that you have the box at hand, as above. On the page that opens choose “Restore a backup”. Then sign in as its owner.',

  'orphaned.text':
    'This Stead has lost its owner. What you know goes on playing; nothing can be changed.',
  'orphaned.open': 'Take it back',

  'ending.title': 'Sign this server out',
  'ending.text':
    'It has no owner then. Those who use it go on playing, and nobody can change anything, until you sign in again and take it back, or somebody with the box at hand makes a new owner.',

  'orphanedPlayback.text':
    'Without an owner, people who are known here go on watching. You can have it stop instead, until you are back.',
  'orphanedPlayback.on': 'Let them go on without an owner',
  'orphanedPlayback.off': 'Stop it without an owner',
  'orphanedPlayback.isOn': 'Without an owner people go on watching.',
  'orphanedPlayback.isOff': 'Without an owner nothing plays.',

  'ending.type': 'Type the name of the server',
  'ending.yes': 'Sign the server out',

  'wipe.title': 'Wipe this server',
  'wipe.text':
    'Everybody’s accounts, the libraries and where they stopped are forgotten for good, and the server waits for an owner like a new one. Your films, series, music and photos stay where they are. A box that joined a wireless network forgets that too: have a cable at hand, or its card.',
  'wipe.yes': 'Wipe the server',
  'wipe.done': 'The server is being wiped. It comes back in a moment and waits for its owner; over a wireless network only when it is told that network again.',
} as const satisfies Words<'locked' | 'orphaned' | 'orphanedPlayback' | 'ending' | 'wipe'>;
