// The words of sharing: who sees a library, who is invited, and what an invitation says.
import type { Words } from './forms';

export const sharing = {
  'share.open': 'Who sees it',
  'share.title': 'Who sees {library}',
  'share.text': 'What you tick is seen at once, and what you untick is gone at once, also while it plays.',
  'share.groups': 'Groups',
  'share.people': 'People',
  'share.all': 'You and who helps you with the libraries see all of them.',
  'share.members': { one: 'One person', other: '{n} people' },
  'share.byGroup': 'sees it by a group, too',
  'share.nobody': 'There is nobody to share with yet.',
  'share.invite': 'Invite somebody',

  'invite.title': 'Invitations',
  'invite.text': 'An invitation is a link that lets one person in, once, by the name you give it.',
  'invite.home':
    'A link works only in your home network: this server has no address that is known outside. The documentation names two ways to give it one.',
  'invite.public': 'A link works from anywhere.',
  'invite.make': 'Invite somebody',
  'invite.name': 'Name',
  'invite.nameHint': 'They will sign in by it',
  'invite.role': 'What they are here',
  'invite.role.member': 'Member: sees what you share',
  'invite.role.administrator': 'Administrator: sees everything and helps with the libraries',
  'invite.days': 'Good for',
  'invite.daysOf': { one: 'One day', other: '{n} days' },
  'invite.libraries': 'Libraries they see',
  'invite.groups': 'Groups they belong to',
  'invite.makeIt': 'Make the link',
  'invite.made': 'The link for {name}',
  'invite.madeText':
    'Hand it over in a way that only {name} sees: let them scan it, or send it. It works once, and it is shown only now.',
  'invite.qrAlt': 'QR code of the invitation',
  'invite.shareTitle': 'Come to {box}',
  'invite.waiting': 'Waiting to be used',
  'invite.none': 'Nobody is invited at the moment.',
  'invite.over': 'over',
  'invite.left': { one: 'good for one more day', other: 'good for {n} more days' },
  'invite.hours': { one: 'good for one more hour', other: 'good for {n} more hours' },
  'invite.revoke': 'Take back',
  'invite.revoked': 'The invitation of {name} is taken back',

  'join.title': 'Come in to {server}',
  'join.by': '{owner} invites you, {name}.',
  'join.sees': 'You will see:',
  'join.everything': 'You will see everything and help with the libraries.',
  'join.asked': '{owner} asks for a second factor here. You set it up in the next step.',
  'join.passkey': '{owner} asks for a passkey here. Set up an authenticator first; the passkey comes right after it.',
  'join.name': 'You will sign in by this name',
  'join.password': 'Choose a password',
  'join.hint': 'At least {n} characters. A few words in a row are good.',
  'join.with': 'Set up an authenticator app, too',
  'join.withHint': 'A shorter password does then, and nobody gets in by it alone.',
  'join.go': 'Come in',
  'join.over': 'This invitation is over',
  'join.overText': 'It was used, is too old, or was taken back. Ask whoever sent it for another one.',
  'join.in': 'You are in',
  'join.inText': 'This browser is signed in. Elsewhere you sign in by your name and your password.',
  'join.inTotpText':
    'This browser is signed in. Elsewhere you sign in by your name, your password and a code of the app.',
  'join.inPasskeyText':
    'This browser is signed in. Set up the passkey now: until you have one, nothing opens here.',
  'join.start': 'Look around',
  'join.goPasskey': 'Set up a passkey',

  'people.invite': 'Invite people',
  'people.administrator': 'Make administrator',
  'people.member': 'Make member',
  'people.isAdministrator': '{name} is an administrator and signs in anew',
  'people.isMember': '{name} is a member and signs in anew',
  'people.administratorText':
    'An administrator sees every library, adds and scans libraries, and reads the boards. They invite nobody and change nobody’s rights. Browsers where they are signed in are signed out.',
  'people.memberText':
    'A member sees what you share with them, and nothing else. Browsers where they are signed in are signed out.',
  'people.remove': 'Remove',
  'people.removeTitle': 'Remove {name}?',
  'people.removeText':
    'Their account here, what they watched and everything they are signed in on end at once, televisions and apps too. What they did stays in the log. This cannot be undone.',
  'people.removed': '{name} is removed',

  'event.title': 'After a security event',
  'event.text':
    'If somebody may have got in who should not: one act signs everybody out everywhere, ends all televisions, apps and invitations, and asks everybody for a new password. The old password alone sets no new one. Only this browser stays signed in.',
  'event.yes': 'Sign everybody out',
  'event.type': 'Type the name of the server',
  'event.done': {
    one: 'One person was told. Everything was signed out but this browser. Set your new password now.',
    other: '{n} people were told. Everything was signed out but this browser. Set your new password now.',
  },
} as const satisfies Words<'share' | 'invite' | 'join' | 'people' | 'event'>;
