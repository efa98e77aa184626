// The words of signing in, signing up, and the ways back.
import type { Words } from './forms';

export const signin = {
  'signin.title': 'Sign in',
  'signin.text': 'to',
  'signin.name': 'Name',
  'signin.password': 'Password',
  'signin.go': 'Sign in',
  'signin.with': 'Continue with {issuer}',
  'signin.withText': 'You sign in at {issuer} and come back here.',
  'signin.here': 'Sign in with an account of this server',
  'signin.whyClaimed':
    'This Stead has an owner by now, so set-up links and codes open nothing any more. Sign in, or ask the owner to invite you.',
  'signin.whyAgain': 'For what you are about to do, show once more that it is you.',
  'signin.again': 'Sign in again',

  'passkey.use': 'Use a passkey',
  'passkey.untrusted':
    'This browser does not trust the certificate of your Stead, so it makes and shows no passkeys here. Let this device trust it first.',
  'passkey.howTrust': 'How to let this device trust it',
  'passkey.trustAgain': 'It is done: look again',
  'passkey.stillUntrusted':
    'This browser does not trust it yet. Close the browser altogether, open it again and come back here.',
  'passkey.known': 'This device has a passkey for your Stead already.',
  'passkey.notDone': 'Nothing was shown. Try again when the device is at hand.',
  'passkey.title': 'Passkeys',
  'passkey.text':
    'A passkey signs you in with the fingerprint, face or PIN of this device. No false page can take it from you.',
  'passkey.add': 'Add a passkey',
  'passkey.name': 'Name of the passkey',
  'passkey.make': 'Make the passkey',
  'passkey.added': 'The passkey is made',
  'passkey.otherName': 'Only for {name}',
  'passkey.openName': 'Passkeys need the name of your Stead. Open this page there:',
  'passkey.noBrowser': 'This browser has no passkeys. Try a newer one, or another device.',
  'passkey.full': 'You have as many passkeys as an account may have. Remove one that you no longer use.',

  'approval.ask': 'Approve on another device',
  'approval.open': 'Open Stead on a device where you are signed in, and tap this number there.',
  'approval.title': 'Is this you?',
  'approval.signIn': 'Somebody who knows your password is signing in on another device.',
  'approval.stepUp': 'Another device where you are signed in wants to do something guarded.',
  'approval.device': 'Device',
  'approval.address': 'Address',
  'approval.at': 'Asked',
  'approval.which': 'If it is you: which number does that device show?',
  'approval.notMe': 'It was not me',
  'approval.given': 'The other device is let in',
  'approval.refused': 'Refused. If you did not sign in, change your password.',

  'factor.title': 'One more step',
  'factor.totpText': 'Open your authenticator app and type the code it shows for Stead.',
  'factor.recoveryText': 'Use one of the recovery codes you saved at set-up.',
  'factor.useRecovery': 'Use a recovery code instead',
  'factor.useTotp': 'Use the authenticator app instead',
  'factor.remember': 'Do not ask on this device for a while',
  'factor.rememberFor': 'For how long',
  'factor.days': { one: '{n} day', other: '{n} days' },
  'factor.otherPerson': 'Sign in as somebody else',

  'reset.title': 'A new password',
  'reset.text': 'It takes the place of the old one for',
  'reset.password': 'New password',
  'reset.hint': { one: 'At least {n} character', other: 'At least {n} characters; a few words in a row are good' },
  'reset.done': 'The new password holds',
  'reset.doneText':
    'Wherever you were signed in until now, you are signed out. Sign in with the new password.',
  'reset.over': 'This link is over',
  'reset.overText':
    'It works once and for a day, and a newer one takes its place. Ask the owner for another.',
  'reset.overAccounts':
    'It works once and for a day, and a newer one takes its place. Ask whoever runs this service for another.',

  'rescue.title': 'Back into your Stead',
  'rescue.text':
    'You have the box in hand. Now show a recovery code, then choose a new password and, if the phone is lost, a new authenticator.',
  'rescue.inhand':
    'Show that you have the box in hand, then a recovery code. With both you choose a new password, and nobody loses their account.',
  'rescue.own': 'Your own code',
  'rescue.ownHint': 'What you wrote into stead.txt when the box was set up',
  'rescue.plug': 'You have only the box',
  'rescue.plugText':
    'Pull its plug as often as your phone is told. The box then waits for a day, and takes your recovery code afterwards.',
  'rescue.shell': 'You have a shell on it',
  'rescue.shellText': 'Run “stead rescue” there and open the link that it shows.',
  'rescue.otherwise': 'Show it another way',
  'rescue.keep': 'Keep the authenticator I have',
  'rescue.overText':
    'What showed that you have the box in hand works once and for a while. A link of “stead rescue” is good for 15 minutes.',

  'signin.tv': 'This is a TV: use a phone',

  'signup.link': 'Make an account',
  'signup.title': 'Make an account',
  'signup.text': 'One account for your Stead servers. It needs no mail address.',
  'signup.name': 'Name',
  'signup.nameHint': 'You sign in with it; the owners of servers see it',
  'signup.passwordHint': 'Four or five words are easy to keep and hard to guess',
  'signup.short': 'At least 15 characters',
  'signup.haveOne': 'I have an account',
  'signup.unused': 'An account that stays without a second factor and lets no server in is removed after a week.',
  'signup.later': 'Not now',
  'signup.authenticator': 'Authenticator',
  'signup.passkey.title': 'Sign in without the password',
  'signup.passkey.text':
    'A passkey is kept by this device. It shows that it is you by your finger, your face or its PIN, and nobody can trick it out of you.',
  'signup.closed.title': 'No new accounts',
  'signup.closed.text': 'Whoever runs this service makes no new accounts at the moment.',

  'accounts.home': 'Stead: your account',
  'accounts.title': 'Stead account',
  'accounts.text': 'With it you claim your servers and sign in to them. Nothing is played here.',

  'stepup.title': 'Is it still you?',
  'stepup.text': 'What you are about to do changes who gets in, so show once more who you are.',
  'stepup.go': 'Go on',
  'stepup.nothing':
    'For this your passkey is wanted, and this browser has none here. Go on where your passkey is, under the name of your Stead.',

  'signin.lost': 'I cannot sign in',

  'lost.title': 'I lost a device',
  'lost.open': 'One page ends all that a lost phone or computer can open here.',
  'lost.text':
    'Tick what was on it. Naming a browser ticks what was made in it; look at the rest yourself.',
  'lost.browsers': 'Where it was signed in',
  'lost.noBrowsers': 'You are signed in nowhere else.',
  'lost.factors': 'What it could show',
  'lost.ends': 'What ends',
  'lost.nothing': 'Tick something first.',
  'lost.endsSome': 'What you ticked, and what it let in. Other devices stay signed in.',
  'lost.endsAll':
    'What you ticked. Since a second factor goes with it, every other device is signed out, too; this one stays.',
  'lost.screens': 'These TVs and apps sign out:',
  'lost.go': 'End it all now',
  'lost.another': 'Show another factor',
  'lost.first': 'First set up another factor',
  'lost.firstText':
    'You have ticked all that you can show besides your password, and your account needs one. Set another one up on a device that you have, then go on here.',
  'lost.firstMember':
    'You have ticked all that you can show besides your password. Set another one up first, or ask the owner for a one-time code afterwards.',
  'lost.done': 'It opens nothing any more',
  'lost.ended': 'Signed out',
  'lost.else': 'What else to do',
  'lost.else.factor': 'Set up a factor on the device that takes its place.',
  'lost.else.factorGo': 'Add a factor',
  'lost.else.password': 'If the lost device knew your password, change it.',
  'lost.else.codes': {
    one: 'If your recovery codes were on it, make new ones. One is left.',
    other: 'If your recovery codes were on it, make new ones. {n} are left.',
  },
  'lost.else.maker': 'Lock or erase it from afar, where its maker lets you, and have the SIM card blocked.',
  'lost.else.elsewhere': 'Do the same for your mail and other accounts that were on it.',
  'lost.outside': 'Ways to sign in',
  'lost.outsideText': 'Your second factor is not at hand? One of these gets you in.',
  'lost.way.code': 'A recovery code',
  'lost.way.codeText':
    'Sign in with your password, then choose “Use a recovery code instead”. Each of the ten you saved works once.',
  'lost.way.passkey': 'A passkey on another device',
  'lost.way.passkeyText': 'Open the sign-in page there and choose “Use a passkey”. No password is needed.',
  'lost.way.approve': 'A device where you are still signed in',
  'lost.way.approveText':
    'Give your password here and choose “Approve on another device”. Or go on there: in Settings, Security you end what was lost.',
  'lost.way.owner': 'The owner of this server',
  'lost.way.ownerText':
    'They make you a one-time link that sets a new password and authenticator, or tell you a one-time code, in Settings, People.',
  'lost.way.operator': 'Whoever runs this service',
  'lost.way.operatorText':
    'They make you a one-time link that sets a new password, and a new authenticator if you lost the old one: “stead accounts link”.',
  'lost.toSignIn': 'To the sign-in page',
  'lost.owner': 'I am the owner myself',
  'lost.owner.rescue':
    'With a recovery code and the box at hand, by your own code, its plug or a shell: you choose a new password and set up a new authenticator.',
  'lost.owner.rescueGo': 'I have a recovery code',
  'lost.owner.recover':
    'Without a recovery code you show that the box is yours and claim it anew: “stead recover” as root, your own code in stead.txt, or the plug. Media stay.',
} as const satisfies Words<
  | 'signin'
  | 'signup'
  | 'accounts'
  | 'factor'
  | 'approval'
  | 'passkey'
  | 'reset'
  | 'rescue'
  | 'lost'
  | 'stepup'
>;
