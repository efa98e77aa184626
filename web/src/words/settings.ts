// The words of the settings of a server and the people on it.
import type { Words } from './forms';

export const settings = {
  'people.title': 'People',
  'people.open': 'People who use this server',
  'people.text': 'Everybody who has signed in here, and what you can do for them.',
  'people.off': 'switched off',
  'people.seen': 'Last seen',
  'people.notSignedIn': 'not signed in anywhere',
  'people.factors': 'Besides the password',
  'people.factor.totp': 'Authenticator app',
  'people.factor.passkey': 'Passkey',
  'people.factor.recovery': 'Recovery codes',
  'people.factor.none': 'nothing',
  'people.link': 'One-time link',
  'people.code': 'One-time code',
  'people.signOut': 'Sign out everywhere',
  'people.switchOff': 'Switch off',
  'people.switchOn': 'Switch on',
  'people.signedOut': '{name} is signed out everywhere',
  'people.isOff': '{name} is switched off',
  'people.isOn': '{name} is switched on; they sign in anew',
  'people.linkText': 'A link that sets a new password, once and within a day. It is for',
  'people.codeText':
    'A code that stands in once for the second factor, within a day and after the right password. It is for',
  'people.newFactor': 'Set up a new authenticator, too: the old one and its recovery codes end',
  'people.make': 'Make it',
  'people.linkMade':
    'Hand it over in a way that only this person sees: let them scan it, or send it. It is shown only now.',
  'people.codeMade':
    'Tell it to this person, and only if you are sure that it is them. They type it where a recovery code goes. It is shown only now.',
  'people.qrAlt': 'QR code of the link',
  'people.shareTitle': 'Back into {box}',

  'settings.title': 'Settings',

  'role.owner': 'Owner',
  'role.administrator': 'Administrator',
  'role.member': 'Member',

  'server.title': 'This server',
  'server.name': 'Name',
  'server.renamed': 'The new name holds',
  'server.addresses': 'Addresses',
  'server.roots': 'Places for media',
  'server.free': 'Free for data',
  'server.version': 'Version',
  'server.fingerprint': 'Certificate fingerprint (SHA-256)',
  'server.ownKeys': 'Set by stead.toml',
  'server.ownConfig': 'The settings in stead.toml are left out as a whole until this is mended:',
  'server.licences': 'Licences of what this page is made with',
  'server.trust': 'Let a device trust this server',
  'server.trustText':
    'Do this once on each device: then no browser warns any more, and iPhones can play films.',
} as const satisfies Words<'settings' | 'server' | 'people' | 'role'>;
