// The words of household profiles.
import type { Words } from './forms';

export const profiles = {
  'profiles.who': 'Who is watching?',
  'profiles.switch': 'Switch profile',
  'profiles.bar': 'Profiles',
  'profiles.you': 'you',
  'profiles.locked': 'locked after five wrong PINs',
  'profiles.hasPin': 'asks for a PIN',
  'profiles.pinOf': 'PIN of {name}',
  'profiles.pin': 'PIN',
  'profiles.pinHint': '4 to 12 digits',
  'profiles.enter': 'Go in',
  'profiles.digit': 'Digit {n}',
  'profiles.erase': 'Erase the last digit',

  'profiles.title': 'Household',
  'profiles.open': 'Profiles of your household',
  'profiles.text':
    'A profile keeps what it watched for itself, on devices where you are signed in. Settings are not changed from one.',
  'profiles.needed': 'The owner of this Stead wants a PIN for each profile, and one of your own.',
  'profiles.none': 'There are no profiles yet.',
  'profiles.add': 'Add a profile',
  'profiles.name': 'Name',
  'profiles.change': 'Change',
  'profiles.changeTitle': 'Change {name}',
  'profiles.newPin': 'Another PIN',
  'profiles.newPinHint': '4 to 12 digits; leave it empty to keep the one that is there',
  'profiles.noPin': 'No PIN from now on',
  'profiles.allow': 'Let it be tried again',
  'profiles.allowed': 'The PIN of {name} may be tried again.',
  'profiles.remove': 'Remove',
  'profiles.removeTitle': 'Remove {name}?',
  'profiles.removeText': 'What this profile watched is forgotten, and devices that are in it are signed out.',
  'profiles.saved': 'Saved',
  'profiles.own': 'Your own PIN',
  'profiles.ownText':
    'It is asked for to come back from a profile to you, so that a child stays in theirs.',
  'profiles.ownSet': 'Set the PIN',
  'profiles.ownOff': 'Take it away',
  'profiles.hasOwn': 'There is one.',
} as const satisfies Words<'profiles'>;
