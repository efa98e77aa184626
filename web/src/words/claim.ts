// The words of set-up: the claim, its factors, codes and certificate.
import type { Words } from './forms';

export const claim = {
  'plugged.waits':
    'A phone in your network waits to show with the plug that it has this box at hand. If it is not yours, leave the plug alone for ten minutes; then it waits no longer.',
  'plugged.text': {
    one: 'Somebody has shown with the plug that they have this box at hand. Unless its owner signs in within {n} hour, they may make themselves its owner.',
    other:
      'Somebody has shown with the plug that they have this box at hand. Unless its owner signs in within {n} hours, they may make themselves its owner.',
  },

  'plug.title': 'Show it with the plug',
  'plug.text':
    'Whoever pulls the plug of the box as often as this phone says has it at hand. Keep this page open; it counts along.',
  'plug.claimed':
    'This Stead has an owner. After the plug it waits for a day, and tells everybody who uses it; if the owner signs in, nothing comes of it.',
  'plug.begin': 'Begin',
  'plug.told': 'Pull the plug {n} times',
  'plug.how':
    'Pull it, count to five, put it back, and wait until this page counts. Count to twenty, then the next time. When it has counted all, leave the box alone.',
  'plug.counted': '{counted} of {told}',
  'plug.counting': 'Counted so far',
  'plug.enough': 'That was the last time. Now leave the box alone for a moment.',
  'plug.left': { one: 'Go on within {n} second.', other: 'Go on within {n} seconds.' },
  'plug.away': 'The box does not answer now, as it should while its plug is pulled.',
  'plug.elsewhere':
    'If it comes back at another address, this page goes on there:',
  'plug.out': 'That was not the number of this phone, or it took too long.',
  'plug.again': 'Begin again',
  'plug.won': 'It is in your hands',
  'plug.wonText': 'The box knows that you have it at hand. Now make yourself its owner.',
  'plug.wonGo': 'Go on',
  'plug.wonCodes':
    'Are you its owner, and have a recovery code? Then come back as who you are: everybody keeps their account, and signs in again.',
  'plug.wonCodesGo': 'I have my recovery codes',
  'plug.waits': {
    one: 'Its owner may still come for {n} hour. Open this page again then.',
    other: 'Its owner may still come for {n} hours. Open this page again then.',
  },
  'plug.stop': 'Stop waiting',

  'claim.starting': 'One moment',
  'claim.step': 'Step {step} of {last}',
  'claim.busy.title': 'Set-up is going on in another browser',
  'claim.busy.text': 'Somebody with a proof of possession has begun to set this Stead up.',
  'claim.busy.from': 'From',
  'claim.busy.since': 'Begun',
  'claim.busy.yours': 'Is that you, on another device or in another window? Then go on here; the other one is told.',
  'claim.busy.here': 'Continue here',
  'claim.busy.wait':
    'If it is not finished, it ends by itself 15 minutes after its last step. If nobody of yours is at it, open the set-up file from the box and go on there.',
  'claim.lost.title': 'This set-up is over',
  'claim.lost.text':
    'It went on in another browser, was given up, or waited for more than 15 minutes. Nothing was kept from it.',
  'claim.lost.by': 'It goes on at',
  'claim.lost.again': 'Start again',
  'claim.code.title': 'Set up your Stead',
  'claim.code.text':
    'To show that the box is yours, type its set-up code. Or open its set-up file, then there is nothing to type.',
  'claim.code.label': 'Set-up code',
  'claim.code.hint': 'Eight letters, as the box shows them',
  'claim.own.open': 'I put my own code on card or stick',
  'claim.own.label': 'Your own code',
  'claim.own.hint': 'As it stood in stead.txt',
  'claim.box.open': 'I have nothing but the plug',
  'claim.code.open': 'I have the set-up code',
  'claim.ways.title': 'Where to find code and file',
  'claim.way.file':
    'On the card or disk of a box, in the drive STEAD-BOOT, or else in the data folder of the server lies “Setup Stead.html”. Copy it to any computer or phone in this network and open it.',
  'claim.way.screen':
    'A box shows the code and a QR code on its screen or serial line, and a server that was started in a terminal there. Wherever there is a shell, “stead open” shows them at any time.',
  'claim.owner.title': 'You are the owner',
  'claim.owner.text': 'Choose how you sign in to',
  'claim.owner.name': 'Your name',
  'claim.owner.nameHint': 'Others you invite will see it',
  'claim.owner.password': 'Password',

  'password.short': 'At least 8 characters',
  'password.weak': 'Easy to guess: longer is better',
  'password.fair': 'Good',
  'password.good': 'Very good',

  'claim.totp.title': 'A second lock',
  'claim.totp.text':
    'An authenticator app shows a new code every 30 seconds. With it, a password alone opens nothing.',
  'claim.totp.open': 'Add to authenticator app',
  'claim.totp.key': 'Or type this key into the app',
  'claim.totp.qr': 'App on another device? Show QR code',
  'claim.totp.qrAlt': 'QR code that holds the key for the authenticator app',

  'totp.label': 'Code from the app',
  'totp.hint': 'Six digits',
  'totp.clocks':
    'It is {server} at your Stead and {device} on this device. The code is from about {app}.',
  'totp.clocksHere': 'It is {device} on this device. The code is from about {app}.',

  'recovery.label': 'Recovery code',
  'recovery.hint': 'One of the ten you saved; each works once',

  'codes.title': 'Recovery codes',
  'codes.text':
    'If your phone is lost, one of these gets you in. Keep them where your phone is not. They are shown only now.',
  'codes.sheetTitle': 'Recovery codes for {box}',
  'codes.sheetText': 'Each works once instead of the code from the authenticator app.',
  'codes.sheetDate': 'Made on {date}',
  'codes.fileName': 'stead-recovery-codes.txt',
  'codes.shared': 'Handed over',
  'codes.saved': 'Saved as a file',
  'codes.copied': 'Copied: now paste them somewhere safe',
  'codes.written': 'I wrote them down',
  'codes.first': 'First share, save or copy the codes, or say that you wrote them down.',

  'tail.title': 'Just to be sure',
  'tail.text': 'Look at the codes you kept, not at this page, and pick any one.',
  'tail.label': 'Last four characters of one code',
  'tail.hint': 'Upper or lower case does not matter',
  'tail.finish': 'Finish set-up',
  'tail.back': 'Show the codes again',

  'install.title': 'It is yours',
  'install.text':
    'One thing is worth doing on each device: let it trust your Stead. Then no browser warns any more, and iPhones can play films.',
  'install.home': 'Go to my Stead',
  'install.later': 'You can do this later: it is in the settings, under “This server”.',

  'open.label': 'How this server is protected',
  'open.title': 'Local security is off.',
  'open.text':
    'Whoever is near plays these folders without a sign-in, by a setting in the configuration. Setting the server up ends that.',
  'open.claim': 'Set up this server',

  'legacy.title': 'This server has no owner.',
  'legacy.text':
    'It was made before servers had to be claimed and works as before. Set it up, so that nobody else does.',

  'ca.what': 'What the certificate can and cannot do',
  'ca.can':
    'It vouches for this one server, under its own names and addresses, for 20 years. It cannot vouch for your bank, your router or any other device, and it sees nothing of what you do elsewhere.',
  'ca.more': 'All its names, and how to remove it',
  'ca.ios': 'iPhone and iPad',
  'ca.android': 'Android',
  'ca.macos': 'Mac',
  'ca.windows': 'Windows',
  'ca.linux': 'Linux and Firefox',
  'ca.getProfile': 'Get the profile',
  'ca.getFile': 'Get the certificate',
  'ca.ios.1': 'Get the profile below in Safari and allow the download.',
  'ca.ios.2': 'Open Settings, then “Profile Downloaded”, and install it.',
  'ca.ios.3':
    'In Settings, General, About, Certificate Trust Settings, switch on the one named Stead.',
  'ca.android.1': 'Get the certificate below.',
  'ca.android.2':
    'Open Settings and search for “CA certificate”, choose “Install anyway” and pick the downloaded file.',
  'ca.android.3': 'Close the browser and open it again.',
  'ca.macos.1': 'Get the certificate below and open it: it goes into Keychain Access.',
  'ca.macos.2': 'Open the entry named Stead there, then “Trust”.',
  'ca.macos.3': 'Choose “Always Trust”, close the window and confirm.',
  'ca.windows.1': 'Get the certificate below, open it and choose “Install Certificate”.',
  'ca.windows.2': 'Choose “Place all certificates in the following store”.',
  'ca.windows.3': 'Pick “Trusted Root Certification Authorities” and finish.',
  'ca.linux.1': 'Get the certificate below.',
  'ca.linux.2':
    'In Firefox, open Settings and search for “certificates”, then “View Certificates”, “Authorities”, “Import”. In Chrome, open “Manage certificates”.',
  'ca.linux.3': 'Pick the file and tick that it may identify websites.',

  'claim.external.title': 'Who will own this Stead?',
  'claim.external.text':
    'Sign in at {issuer}. Whoever does so here becomes the owner. This page never asks for the password of that account.',

  'letin.title': 'Let this Stead in',
  'letin.text':
    'Your account is at {issuer}. This Stead shows a code, and you approve it there. Whoever does so becomes the owner. This page never asks for the password of that account.',
  'letin.get': 'Show the code',
  'letin.new': 'New code',
  'letin.code': 'Your code',
  'letin.compare':
    '{issuer} shows a code too. Approve only if both are the same and this Stead is in front of you.',
  'letin.open': 'Open {issuer}',
  'letin.scan': 'Or scan this with your phone',
  'letin.type': 'or type the code at',
  'letin.waiting': 'Waiting for you at {issuer}. This page goes on by itself.',
  'letin.left': 'The code is good for {time}.',
  'letin.registering': 'You said yes. {issuer} is making this Stead known.',
  'letin.denied': 'It was refused at {issuer}. If that was you by mistake, take a new code.',
  'letin.over': 'Nobody approved the code in time. Take a new one when you are ready.',
  'letin.away': 'This Stead does not answer at the moment. The page tries again by itself.',
} as const satisfies Words<
  | 'claim'
  | 'plug'
  | 'plugged'
  | 'letin'
  | 'open'
  | 'legacy'
  | 'install'
  | 'ca'
  | 'tail'
  | 'codes'
  | 'totp'
  | 'recovery'
  | 'password'
>;
