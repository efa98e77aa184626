// The words of mail: where one is written to, and how it stands.
import type { Words } from './forms';

export const mail = {
  'mail.title': 'Mail',
  'mail.off':
    'No mail goes out from this server. Reminders are shown in the app alone. To send them by mail, too, name a mail server under [mail] in its configuration.',
  'mail.from': 'Mail goes out from {from}.',
  'mail.sent': 'The last message was taken {ago}.',
  'mail.none': 'None was sent yet.',
  'mail.waiting': { one: '{n} message waits, since {ago}.', other: '{n} messages wait, the first since {ago}.' },
  'mail.full': 'No more are kept. What there is to tell is told in the app all the same.',
  'mail.refused': {
    one: '{n} message was refused for good: its address may be wrong.',
    other: '{n} messages were refused for good: their addresses may be wrong.',
  },
  'mail.trouble': 'The mail server did not take one ({ago}): {said}',
  'mail.again': 'What waits is sent as soon as it is taken.',
  'mail.try': 'Send a message to me',
  'mail.tried': 'A message to you is on its way.',

  'mail.address': 'Mail address',
  'mail.addressText': 'Reminders and warnings of this server come to it, too. Nobody signs in by it.',
  'mail.addressHint': 'Leave it empty to get no mail.',
  'mail.save': 'Save',
  'mail.saved': 'Mail goes to {address} from now on.',
  'mail.forgotten': 'You get no mail from this server.',
} as const satisfies Words<'mail'>;
