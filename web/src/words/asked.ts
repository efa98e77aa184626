// The words for whoever is asked for a second factor: who asks, by when, and the way through it.
import type { Words } from './forms';

export const asked = {
  'asked.label': 'What the owner asks of you',
  // It is the wish of whoever runs the server, so it is told with their name.
  'asked.by': '{owner}, who runs {server}, asks for a second factor here by {date}.',
  'asked.within': {
    one: '{owner}, who runs {server}, asks for a second factor here within {n} day.',
    other: '{owner}, who runs {server}, asks for a second factor here within {n} days.',
  },
  'asked.now': '{owner}, who runs {server}, asks for a second factor here.',
  'asked.again': '{owner}, who runs {server}, asks you to show your second factor again.',
  'asked.passkeyBy': '{owner}, who runs {server}, asks for a passkey here by {date}.',
  'asked.passkeyWithin': {
    one: '{owner}, who runs {server}, asks for a passkey here within {n} day.',
    other: '{owner}, who runs {server}, asks for a passkey here within {n} days.',
  },
  'asked.passkeyNow': '{owner}, who runs {server}, asks for a passkey here.',
  'asked.passkeyAgain': '{owner}, who runs {server}, asks you to show your passkey.',
  'asked.left': {
    zero: 'It ends today',
    one: '{n} day left',
    other: '{n} days left',
  },
  'asked.ofGroup': 'For the group {name}',
  'asked.ofLibrary': 'For the library {name}',
  'asked.setUp': 'Set it up',
  'asked.show': 'Show it now',
  'asked.onPhone':
    'Set it up on your phone or computer: open Stead there, sign in, and follow the notice. Then this screen shows a code to be let in again.',

  'asked.ofProfile':
    'Whoever this account belongs to does that: choose them first, then follow the notice.',

  'shut.title': 'First a second factor',
  'shut.passkeyTitle': 'First a passkey',
  'shut.againTitle': 'Is it still you?',
  'shut.text':
    'The time for it is over. Until it is set up, nothing else opens here; it takes a few minutes.',
  'shut.againText': 'Until then nothing plays here.',
  'shut.phoneTitle': 'Go on with your phone',
  'shut.tv':
    'Open Stead on your phone or computer, sign in, and set up a second factor there. Then this screen shows a code to be let in again.',
  'shut.tvAgain':
    'Let this screen in again from a phone or computer on which you have just shown your second factor.',
  'shut.tvCode': 'Show a code for the phone',
  'shut.where': 'Open this address there:',
  'shut.look': 'Look again',
  'shut.library': 'This library is closed for now',
  'shut.libraryShow': 'It opens as soon as you show your second factor.',
  'shut.librarySetUp': 'It opens as soon as you have set up a second factor.',
  'shut.libraryPasskey': 'It opens as soon as you have set up a passkey.',
  'shut.libraryElsewhere':
    'It does not open on this device. Open Stead in a browser, and sign in there.',

  'ease.title': 'You run this server',
  'ease.text':
    'If you can make or show no passkey any more, ask for less. That takes a recovery code, or your authenticator where no passkey of yours is left. It is written to the log.',
  'ease.lower': 'Take any second factor',
  'ease.lowered': 'Any second factor will do now',

  'enrol.title': 'A second factor',
  'enrol.passkeyTitle': 'A passkey',
  'enrol.why':
    'A password alone can be guessed, found or lured out of somebody. With something you have beside it, it opens nothing by itself.',
  'enrol.begin': 'Set it up now',
  'enrol.later': 'Later',
  'enrol.passkey.title': 'A passkey',
  'enrol.passkey.text':
    'This device keeps it, and shows that it is you by your finger, your face or its PIN. It is the quickest way in, and no false page can take it from you.',
  'enrol.passkey.other': 'Use an app instead',
  'enrol.key.title': 'A passkey is asked for',
  'enrol.key.text':
    'Nothing else will do here, and this browser makes none at this address. There are these ways:',
  'enrol.key.name': 'Open your Stead by its name:',
  'enrol.key.elsewhere': 'Go on in another browser, or on your phone: sign in there, and the notice leads you on.',
  'enrol.phone.title': 'Your phone can say yes',
  'enrol.phone.text':
    'Where you are signed in with your second factor, Stead can let you in elsewhere: the new device shows a number, and you tap it. Nothing is installed for it.',
  'enrol.phone.how': 'Open this address on your phone and sign in there once:',
  'enrol.phone.wait': 'No other device of yours can say yes so far.',
  'enrol.phone.ready': 'Another device of yours can say yes by now.',
  'enrol.phone.look': 'Look again',
  'enrol.another.text':
    'You may add an authenticator app, too: for devices on which your passkey is not at hand.',
  'enrol.app': 'Authenticator',
  'enrol.skip': 'Not now',
  'enrol.code.title': 'Ask for a code first',
  'enrol.code.text':
    'Somebody else may know your password. So {owner} gives you a code that works once and shows that it is you. Ask in person or by telephone, then sign in with it here.',
  'enrol.code.have': 'I have the code',
  'enrol.done.title': 'It is set up',
  'enrol.done.text': 'From now on it is asked for beside your password when you sign in on another device.',
  'enrol.done.go': 'Go on',
  'enrol.nothing.title': 'Nothing is asked of you',
  'enrol.nothing.text': 'What you sign in with is in the settings, under Security.',
  'enrol.nothing.go': 'To Security',
} as const satisfies Words<'asked' | 'shut' | 'ease' | 'enrol'>;
