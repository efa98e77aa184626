// The words of the disks of a box.
import type { Words } from './forms';

export const disks = {
  'disks.title': 'Disks',
  'disks.open': 'Disks of this box',
  'disks.text':
    'A disk with media is read as soon as you plug it in, and no file on it is changed.',
  'disks.elsewhere': 'This server does not look after disks: the system that it runs on does.',
  'disks.none': 'No disk is plugged in. A stick called STEAD is for stead.txt alone, and not listed.',
  'disks.look': 'Look again',
  'disks.nameless': 'Disk',
  'disks.locked': 'takes no writes',
  'disks.volumeless': 'Nothing on it can be read.',
  'disks.unnamed': 'without a name',
  'disks.isRead': 'is read',
  'disks.isNot': 'not read',
  'disks.read': 'Read it',
  'disks.reads': '{name} is read now',
  'disks.letGo': 'Let go',
  'disks.gone': '{name} can be unplugged now',
  'disks.library': 'Make a library of it',
  'disks.empty': 'Make it empty',
  'disks.emptyTitle': 'Make this disk empty',
  'disks.emptyText':
    'Everything on the whole disk is gone then, for good. Afterwards it holds one file system (ext4), which computers with Linux read and write.',
  'disks.emptyIs': 'It is',
  'disks.label': 'Name of the new file system',
  'disks.labelHint': 'Letters, digits, - _ and . — 16 at most',
  'disks.type': 'Type the name of the disk',
  'disks.emptied': '{name} is empty now',
  'disks.busy': 'First let go of what is read from it.',
} as const satisfies Words<'disks'>;
