// The words of backups: making one, and putting one back.
import type { Words } from './forms';

export const backup = {
  'backup.title': 'Backup',
  'backup.text':
    'Accounts, what everybody has watched, and the keys of this server, in one file. With it and the box at hand this server can be put back, here or on another box. Films, series, music and photos are not in it.',
  'backup.words': 'Words that lock it',
  'backup.wordsHint':
    'At least 15 characters; several words that go together only for you. Nobody can open the backup without them. Whoever has both has this server, your second factor included: keep them apart.',
  'backup.make': 'Save a backup',
  'backup.made': 'The backup is saved. Keep it on another device than this box.',

  'restore.open': 'Restore a backup',
  'restore.title': 'Restore a backup',
  'restore.text':
    'The accounts in the file take the place of those on this box. What there is now is set aside on its disk, and media stay. Afterwards the server is locked until the owner in the backup has signed in with their second factor.',
  'restore.file': 'Backup file',
  'restore.words': 'Words that lock it',
  'restore.go': 'Restore',
  'restore.sending': 'The file is being sent and checked',
  'restore.back': 'Back to set-up',
  'restored.title': '{name} is coming back',
  'restored.of': 'The backup of {when} is put back, and the box starts again.',
  'restored.people': { one: 'It holds {n} person.', other: 'It holds {n} people.' },
  'restored.waits': 'Waiting for the box',
  'restored.elsewhere':
    'The box has the name and the certificates of the backup now. If this page waits for long, open it by its name:',
  'restored.ready': 'The box is back, and locked. Sign in as its owner to open it.',
  'restored.signin': 'Sign in as its owner',
} as const satisfies Words<'backup' | 'restore' | 'restored'>;
