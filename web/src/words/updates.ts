// The words of updates of a box.
import type { Words } from './forms';

export const updates = {
  'updates.title': 'Updates',
  'updates.open': 'Updates',
  'updates.text':
    'The box keeps two systems and runs one. An update is written beside what runs; if it does not work, the box goes back by itself. Your library and your people stay as they are.',
  'updates.elsewhere': 'This server is not updated from here: the system that it runs on does that.',
  'updates.systems': 'The two systems',
  'updates.system': 'System {name}',
  'updates.version': 'Version {version}',
  'updates.asFlashed': 'as the box was set up',
  'updates.runs': 'runs',
  'updates.rests': 'rests',
  'updates.next': 'begins with the next start',
  'updates.bad': 'did not work',
  'updates.file': 'Update from a file',
  'updates.fileText':
    'Choose the file of the update; its name ends in .raucb. It is checked before anything is written: who signed it, for which box it is, and that it is not older than what runs.',
  'updates.choose': 'Choose the file',
  'updates.sending': 'The file is sent and checked…',
  'updates.ready': 'Version {version} can be installed',
  'updates.readyText': 'It is written beside what runs, which takes some minutes. Until the restart nothing changes.',
  'updates.install': 'Install it',
  'updates.installing': 'Version {version} is written beside what runs…',
  'updates.installingText': 'You can go on watching, and leave this page. Do not pull the plug; if the power goes all the same, the box starts as it is now.',
  'updates.failed': 'It could not be installed. What runs is not changed.',
  'updates.waits': 'Version {version} is installed',
  'updates.waitsText': 'It begins when the box restarts. Whoever watches is interrupted for a minute or two.',
  'updates.restart': 'Restart now',
  'updates.restarting': 'The box restarts. This page comes back by itself.',
  'updates.works': 'Version {version} was installed last, and works.',
  'updates.left': 'Version {version} did not work',
  'updates.leftText': 'The box has gone back by itself to version {version}. Nothing is lost.',
  'updates.leftReason': 'The last that it said:',
  'updates.leftSilent': 'It did not come so far as to say why.',
  'updates.other': 'Start the other system',
  'updates.otherText':
    'If you do not like what an update has changed, start the other system. It gets everything as it is now; if it cannot read that, the box comes back to this one by itself.',
  'updates.otherAsk': 'Restart with the other system?',
  'updates.otherYes': 'Restart with it',
} as const satisfies Words<'updates'>;
