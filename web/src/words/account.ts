// The words of one's own account: what one signs in with, where, and what happened to it.
import type { Words } from './forms';

export const account = {
  'account.title': 'Your account',
  'account.signout': 'Sign out',
  'account.security': 'Password, authenticators and recovery codes',

  'notice.factor_added': 'A second factor was added to your account: {about}.',
  'notice.factor_removed': 'A second factor was removed from your account: {about}.',
  'notice.factor_renamed': 'A second factor of your account has another name now: {about}.',
  'notice.recovery_codes_made': 'New recovery codes were made. The old ones do not work any more.',
  'notice.recovery_code_used': 'A recovery code was used. Codes left: {about}.',
  'notice.recovery_codes_few': 'Recovery codes left: {about}. Make new ones soon.',
  'notice.password_changed': 'Your password was changed.',
  'notice.device_remembered': 'A device is not asked for your second factor for a while: {about}.',
  'notice.device_forgotten': 'A device is asked for your second factor again: {about}.',
  'notice.reset': 'Your ways to sign in were reset.',
  'notice.device_approved': 'A device was let in: {about}.',
  'notice.signed_in': 'Somebody signed in to your account: {about}.',
  'notice.passkey_copied':
    'A passkey looks copied: {about}. Somebody showed it with an older counter, and was refused.',
  'notice.device_lost': 'A device was called lost, and what hung on it was revoked. {about}',
  'notice.disowned':
    'Somebody said of what was told about your account that it was not them. Everything else was signed out. {about}',
  'notice.authority_made':
    'This Stead has another certificate. Devices that installed the old one warn until they install this one.',
  'notice.second_factor_asked': 'The owner reminds you: please set up a second factor.',
  'notice.passkey_asked': 'The owner reminds you: please set up a passkey.',
  'notice.joined': '{about} has come in by your invitation.',
  'notice.role_changed': 'The owner of this Stead gave you another role: {about}.',
  'notice.security_event':
    'The owner of this Stead signed everybody out after a security event, and asks everybody for a new password.',
  'notice.backup_made':
    'A backup of this Stead was saved. Whoever has it and its words has the keys of this server.',
  'notice.restored':
    'This Stead was restored from a backup. People and devices that were removed since may be there again: look who may come in.',
  'notice.profile_locked':
    'The PIN of {about} was wrong five times. Let it be tried again, or set another one.',
  'notice.update_there': 'There is version {about} of the system of this box.',
  'notice.updates': 'To the updates',
  'notice.household': 'To the profiles',
  'notice.people': 'Who may come in',
  'notice.install': 'Install it',
  'notice.setUp': 'Set it up',
  'notice.notMe': 'It was not me',
  'notice.seen': 'Seen',
  'notice.allSeen': 'All seen',
  'notice.label': 'About your account',

  'security.title': 'Security',
  'security.back': 'Settings',
  'security.authenticators': 'Second factors',
  'security.add': 'Add authenticator',
  'security.none': 'Your password is all that keeps this account. Add an authenticator app.',
  'security.added': 'Added {date}',
  'security.usedAgo': 'last used {ago}',
  'security.passkey': 'Passkey',
  'security.totp': 'Authenticator app',
  'security.rename': 'Rename',
  'security.renameTitle': 'Another name',
  'security.remove': 'Remove',
  'security.removeTitle': 'Remove {name}?',
  'security.removeText':
    'It will sign you in no more, and everywhere else you are signed out. This device stays signed in.',
  'security.removed': 'Removed. You are signed out everywhere else.',
  'security.addTitle': 'Add an authenticator',
  'security.name': 'What to call it',
  'security.nameHint': 'For example the device it is on',
  'security.addedNow': 'Added',
  'security.codes': 'Recovery codes',
  'security.codesLeft': { one: 'One recovery code is left.', other: '{n} recovery codes are left.' },
  'security.codesFew': 'Make new ones before they run out.',
  'security.newCodes': 'Make new codes',
  'security.codesTitle': 'New recovery codes',
  'security.codesText':
    'Keep these somewhere safe: each works once instead of your second factor. They are shown this once, and count when you have shown that you kept them.',
  'security.codesDone': 'The new codes count. The old ones do not work any more.',
  'security.password': 'Password',
  'security.changePassword': 'Change password',
  'security.passwordText': 'Everywhere else you are signed out when you change it.',
  'security.oldPassword': 'Present password',
  'security.newPassword': 'New password',
  'security.passwordChanged': 'Your password is changed. You are signed out everywhere else.',
  'security.devices': 'Remembered devices',
  'security.devicesText':
    'These are not asked for a second factor when somebody signs in with your password.',
  'security.until': 'until {date}',
  'security.noDevices': 'No device is remembered.',
  'security.forget': 'Ask again',
  'security.forgotten': 'That device is asked again',

  'disown.title': 'It was not you?',
  'disown.factor': 'What was added is removed.',
  'disown.signedIn': 'What was added from there is removed.',
  'disown.copied': 'The passkey is removed, with every copy of it.',
  'disown.codes': 'The recovery codes that were made are void.',
  'disown.sessions': 'Everything but this device is signed out, TVs and apps too.',
  'disown.password': 'Your password opens nothing by itself any more, and you choose another one.',
  'disown.yes': 'It was not me',
  'disown.no': 'It was me after all',
  'disown.done': 'They are out',
  'disown.askOwner':
    'Everything else is signed out. Ask the owner of this server for a one-time link: it sets another password. Until then the old one opens nothing.',
  'disown.askRunner':
    'Everything else is signed out. Ask whoever runs this service for a link: it sets another password. Until then the old one opens nothing.',
  'disown.nothing': 'Everything else is signed out. Change your password where your account is, too.',

  'wanted.title': 'Your password may be known to somebody else. Choose another one.',
  'wanted.go': 'Choose a new password',
  'wanted.text':
    'The old one is not asked for: you have shown another way who you are. Everywhere else you are signed out.',

  'sessions.title': 'Where you are signed in',
  'sessions.current': 'This device',
  'sessions.seen': 'Last seen {ago}',
  'sessions.approved': 'Let in {ago} from {from}',
  'sessions.inherited': 'For playing only, with what was shown where it was let in: {what}',

  'assurance.none': 'nothing',
  'assurance.pwd': 'a password',
  'assurance.mfa': 'a second factor',
  'assurance.mfa_phishing_resistant': 'a passkey',

  'sessions.end': 'End',
  'sessions.ended': 'That device is signed out',
  'sessions.device': '{browser} on {system}',
  'sessions.unknown': 'Unknown device',
} as const satisfies Words<
  | 'account'
  | 'security'
  | 'sessions'
  | 'assurance'
  | 'notice'
  | 'disown'
  | 'wanted'
>;
