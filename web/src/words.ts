// Every word of the app, in one place. Nothing else in web/src holds text for people.
// An entry with forms is chosen by the number `n`, by the language's own plural rules.
import { LOCALE, PSEUDO } from './lib/locale';

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

const en = {
  brand: 'Stead',
  'title.page': '{page} · Stead',

  'action.continue': 'Continue',
  'action.retry': 'Try again',
  'action.close': 'Close',
  'action.copy': 'Copy',
  'action.copied': 'Copied',
  'action.share': 'Share',
  'action.saveFile': 'Save file',
  'action.seeAll': 'See all',
  'action.home': 'Go to home',
  'action.more': 'Show more',
  'action.cancel': 'Cancel',
  'action.back': 'Back',
  'action.save': 'Save',

  'error.unreachable':
    'Your Stead did not answer. Check that it is switched on and that this device is in the same network, then try again.',
  'error.unknown':
    'Something went wrong that has no better name. Try again; the log of your Stead tells more.',
  'error.part':
    'A part of this page did not come. Check that your Stead is switched on and in reach, then try again.',
  'wait.seconds': { one: 'Wait {n} second, then try again.', other: 'Wait {n} seconds, then try again.' },

  'shell.skip': 'Skip to content',
  'shell.navigation': 'Main',
  'shell.homeOf': 'Stead, to home',
  'shell.loading': 'Loading',

  'length.seconds': '{s} s',
  'length.minutes': '{m} min',
  'length.hours': '{h} h',
  'length.hoursMinutes': '{h} h {m} min',
  'left.seconds': { one: 'about {n} second left', other: 'about {n} seconds left' },
  'left.minutes': { one: 'about {n} minute left', other: 'about {n} minutes left' },
  'left.hours': { one: 'about {n} hour left', other: 'about {n} hours left' },

  'count.items': { zero: 'nothing yet', one: '{n} item', other: '{n} items' },
  'count.seasons': { one: '{n} season', other: '{n} seasons' },
  'count.episodes': { one: '{n} episode', other: '{n} episodes' },
  'count.tracks': { one: '{n} track', other: '{n} tracks' },
  'count.problems': { one: '{n} problem', other: '{n} problems' },

  'kind.films': 'Films',
  'kind.series': 'Series',
  'kind.music': 'Music',
  'kind.photos': 'Photos',
  'kind.mixed': 'Mixed',

  'library.show': 'What to show',
  'library.order': 'Order',
  'library.byTitle': 'By title',
  'library.byAdded': 'Newest first',
  'library.empty': 'Nothing of this kind was found here.',
  'library.emptyScanning': 'The first finds appear here in a moment.',
  'library.scanBegun': '{name} is being read again',
  'library.removed': '{name} was removed from the list',
  'library.added': '{name} was added; what is found appears at once',
  'library.rescan': 'Read again',
  'library.vanished': {
    one: '{n} file is no longer there. It stays listed in case its disk comes back.',
    other: '{n} files are no longer there. They stay listed in case their disk comes back.',
  },
  'library.vanishedYes': 'They are gone for good',
  'library.remove': 'Remove',
  'library.removeTitle': 'Remove this library?',
  'library.removeText':
    'Its files stay where they are, untouched. It only leaves Stead, for everybody:',
  'library.removeYes': 'Remove library',
  'library.name': 'Name of the library',
  'library.kind': 'What is in it',
  'library.addYes': 'Add library',
  'libraries.title': 'Libraries',
  'libraries.none': 'No folder has been added yet.',
  'folders.text': 'Choose the folder that holds your media.',
  'folders.places': 'Places',
  'folders.list': 'Folders',
  'folders.up': 'One level up',
  'folders.none': 'No folders in here',
  'folders.use': 'Use folder',
  'problems.title': 'Files that could not be read',
  'problems.text': 'They were left out; everything else in the library is there.',
  'problems.none': 'No problems are left.',

  'photo.undated': 'Without a date',
  'photo.label': '{name}, taken on {date}',
  'photo.undatedLabel': '{name}, without a date',
  'photo.dialog': 'Photo',
  'photo.failed': 'This photo cannot be shown. Its file may be damaged.',
  'photo.previous': 'Previous photo',
  'photo.next': 'Next photo',
  'photo.among': 'Show among the others',

  'file.title': 'About the file',
  'file.container': 'Container',
  'file.video': 'Video',
  'file.picture': 'Picture',
  'file.audio': 'Sound',
  'file.bitrate': 'Bit rate',
  'file.size': 'Size',

  'series.play': 'Play episode {episode}',
  'series.resume': 'Go on with episode {episode}',
  'series.episodes': 'Episodes',
  'series.seasons': 'Seasons',
  'series.season': 'Season {n}',
  'album.play': 'Play album',
  'album.tracks': 'Tracks',
  'album.disc': 'Disc {n}',

  'player.play': 'Play',
  'player.pause': 'Pause',
  'player.previous': 'Previous track',
  'player.next': 'Next track',
  'player.stop': 'Stop and close',
  'player.position': 'Position',
  'player.at': '{at} of {of}',
  'player.percent': '{n} %',
  'player.music': 'Music player',
  'player.openAlbum': 'Open what is playing',
  'player.film': 'Film',
  'player.back': 'Back',
  'player.back10': 'Back 10 seconds',
  'player.forward10': 'Forward 10 seconds',
  'player.mute': 'Mute',
  'player.volume': 'Volume',
  'player.full': 'Full screen',
  'player.leaveFull': 'Leave full screen',
  'player.loading': 'Loading',
  'player.upNext': 'Next:',
  'player.cannotPlay':
    'This browser cannot play the format of this file. Another browser or device may: try one, or keep a copy of the film as MP4 with H.264.',
  'player.onlySound': 'This browser knows the sound of this file but not its picture. Try another one.',
  'player.cannotPlayTrack': 'This browser cannot play this track',
  'player.skippedTrack': 'This browser cannot play “{track}”, so the next one follows.',

  'missing.title': 'There is nothing here',
  'missing.text': 'The address may be old, or what it showed has been removed.',
  'unreachable.title': 'Your Stead does not answer',
  'unreachable.text':
    'Check that it is switched on and that this device is in the same network. After a start it can take a minute.',
  'stale.title': 'Your Stead was updated',
  'stale.text': 'This page is older than the box. Load it anew to go on.',
  'locked.title': 'This Stead is locked',
  'locked.text':
    'It has an owner, but cannot read its own books. To keep your library safe it shows nothing until that is put right.',
  'locked.database_missing': 'The database with the accounts is gone. Perhaps its disk is not connected.',
  'locked.database_unreadable': 'The database with the accounts is damaged and cannot be read.',
  'locked.database_replaced': 'In place of the database with the accounts there is another one.',
  'locked.older_generation': 'The database with the accounts is an old copy.',
  'locked.marker_unreadable':
    'The small file that remembers whether this Stead was set up is damaged.',
  'locked.help': 'Nothing of your media is lost or changed.',
  'locked.owner.title': 'You are its owner',
  'locked.owner.text':
    'Sign in with your password and your second factor. Recovery codes that were not used are void afterwards, and everybody else signs in again.',
  'locked.owner.signin': 'Sign in to open it',
  'locked.owner.open': 'Open this Stead',
  'locked.owner.again': 'Your second factor was shown a while ago. Sign in once more.',
  'locked.box.title': 'You have the box at hand',
  'locked.box.text':
    'With its plug, and nothing else, you can show that it is yours and make a new owner. Media stay.',
  'locked.box.go': 'Show it with the plug',
  'locked.backup.title': 'You have a backup',
  'locked.backup.text':
    'Switch the box off, put accounts.db from the newest backup into its data folder, and switch it on.',
  'orphaned.text':
    'This Stead has lost its owner. What you know goes on playing; nothing can be changed.',
  'orphaned.open': 'Take it back',
  'plugged.text': {
    one: 'Somebody has shown with the plug that they have this box at hand. Unless its owner signs in within {n} hour, they may make themselves its owner.',
    other:
      'Somebody has shown with the plug that they have this box at hand. Unless its owner signs in within {n} hours, they may make themselves its owner.',
  },
  'ending.title': 'Sign this server out',
  'ending.text':
    'It has no owner then. Those who use it go on playing, and nobody can change anything, until you sign in again and take it back, or somebody with the box at hand makes a new owner.',
  'ending.type': 'Type the name of the server',
  'ending.yes': 'Sign the server out',
  'wipe.title': 'Wipe this server',
  'wipe.text':
    'Everybody’s accounts, the libraries and where they stopped are forgotten for good, and the server waits for an owner like a new one. Your films, series, music and photos stay where they are.',
  'wipe.yes': 'Wipe the server',
  'wipe.done': 'The server is being wiped. It comes back in a moment and waits for its owner.',
  'plug.title': 'Show it with the plug',
  'plug.text':
    'Whoever pulls the plug of the box as often as this phone says has it at hand. Keep this page open; it counts along.',
  'plug.claimed':
    'This Stead has an owner. After the plug it waits for a day, and tells everybody who uses it; if the owner signs in, nothing comes of it.',
  'plug.begin': 'Begin',
  'plug.told': 'Pull the plug {n} times',
  'plug.how':
    'Pull it, count to five, put it back, and wait until this page counts. Then the next time. When it has counted all, leave the box alone.',
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
  'claim.own.open': 'I put a code of my own on the card or stick',
  'claim.own.label': 'Your own code',
  'claim.own.hint': 'As it stood in stead.txt',
  'claim.box.open': 'I have nothing but the plug',
  'claim.code.open': 'I have the set-up code',
  'claim.ways.title': 'Where to find it',
  'claim.way.file':
    'In the data folder of the box lies “Setup Stead.html”. Copy it to any computer or phone in this network and open it.',
  'claim.way.screen':
    'A server that was started in a terminal shows the code and a QR code there. At any time, “stead open” on the box shows them.',

  'claim.owner.title': 'You are the owner',
  'claim.owner.text': 'Choose how you sign in to',
  'claim.owner.name': 'Your name',
  'claim.owner.nameHint': 'Others you invite will see it',
  'claim.owner.password': 'Password',
  'field.showPassword': 'Show password',
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

  'signin.title': 'Sign in',
  'signin.text': 'to',
  'signin.name': 'Name',
  'signin.password': 'Password',
  'signin.go': 'Sign in',
  'signin.whyClaimed':
    'This Stead has an owner by now, so set-up links and codes open nothing any more. Sign in, or ask the owner to invite you.',
  'signin.whyAgain': 'For what you are about to do, show once more that it is you.',
  'signin.again': 'Sign in again',
  'factor.title': 'One more step',
  'factor.totpText': 'Open your authenticator app and type the code it shows for Stead.',
  'factor.recoveryText': 'Use one of the recovery codes you saved at set-up.',
  'factor.useRecovery': 'Use a recovery code instead',
  'factor.useTotp': 'Use the authenticator app instead',
  'factor.remember': 'Do not ask on this device for 30 days',
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
  'rescue.title': 'Back into your Stead',
  'rescue.text':
    'You have the box in hand. Now show a recovery code, then choose a new password and, if the phone is lost, a new authenticator.',
  'rescue.keep': 'Keep the authenticator I have',
  'rescue.overText':
    'It works once and for 15 minutes. Run “stead rescue” on the box again for another.',

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
  'signin.tv': 'This is a TV: use a phone',

  'device.title': 'Let a TV or an app in',
  'device.text': 'It shows a code of eight letters. Type it here to see what asks.',
  'device.code': 'Code',
  'device.codeHint': 'Eight letters, as the screen in front of you shows them',
  'device.ask.title': 'Is this in front of you?',
  'device.ask.warning':
    'Only let in what you see in front of you, showing this very code. If somebody sent you the code or a link, say no: it is their screen, and they would watch as you.',
  'device.saysName': 'Calls itself',
  'device.saysKind': 'Says it is',
  'device.kind.tv': 'TV',
  'device.kind.app': 'App',
  'device.kind.app_password': 'App password',
  'device.where': 'Asks from',
  'device.near': 'Your network',
  'device.far': 'Somewhere else, not your network',
  'device.may': 'May',
  'device.mayText': 'See and play what you may see, and note how far you got. Nothing else.',
  'device.until': 'Until',
  'device.untilText':
    'You end it in the settings, change how you sign in, or nobody used it for 90 days.',
  'device.name': 'What to call it',
  'device.nameHint': 'So that you find it in your list of devices',
  'device.yes': 'Let it in',
  'device.no': 'No, send it away',
  'device.toSettings': 'To my devices',
  'device.approved.title': 'It is in',
  'device.approved.text': 'Within a few seconds it shows what you can see.',
  'device.denied.title': 'Sent away',
  'device.denied.text': 'It was told no. Nothing was given to it.',

  'tv.title': 'Sign in with your phone',
  'tv.scan': 'Scan the picture with your phone.',
  'tv.open': 'Or open this address on it:',
  'tv.compare': 'Compare the code, and let this TV in.',
  'tv.code': 'The code of this TV, in letters',
  'tv.qrAlt': 'QR code that opens the page for this TV on a phone',
  'tv.over': 'The code has run out',
  'tv.denied': 'This TV was sent away',
  'tv.failed': 'There is no code just now',
  'tv.again': 'Show another code',
  'tv.password': 'Sign in with a password',

  'appPassword.title': 'Passwords for apps',
  'appPassword.text':
    'For an app that cannot be let in by a code. It plays and can do nothing else.',
  'appPassword.name': 'Which app is it for?',
  'appPassword.make': 'Make a password',
  'appPassword.once': 'Type this into the app, with your name. It is shown only now.',
  'appPassword.done': 'I have typed it',
  'appPassword.switchText':
    'Some apps know nothing but a name and a password. Switched off, nobody can make one, and those that there are end.',
  'appPassword.on': 'Allow passwords for apps',
  'appPassword.off': 'Forbid passwords for apps',
  'appPassword.isOn': 'People can make passwords for apps',
  'appPassword.isOff': 'No app gets in by a password any more',

  'home.title': 'Home',
  'home.continue': 'Go on with',
  'home.empty.owner': 'Your house is ready. Bring in your media.',
  'home.empty.ownerText':
    'Add a folder of films, series, music or photos. Stead reads what is there and changes nothing in it.',
  'home.empty.guest': 'Nothing to see yet',
  'home.empty.guestText': 'As soon as the owner adds or shares a library, it appears here.',
  'home.nothing': 'Nothing has been found in your libraries yet. The settings tell what was seen.',
  'library.add': 'Add a folder',

  'search.label': 'Search',
  'search.placeholder': 'Search everything',
  'search.clear': 'Clear search',
  'search.busy': 'Searching…',
  'search.found': { zero: 'Nothing found', one: '{n} found', other: '{n} found' },

  'scan.running': 'Reading the folder',
  'scan.filesOf': { one: '{n} of {total} files', other: '{n} of {total} files' },
  'scan.filesSeen': { one: '{n} file seen', other: '{n} files seen' },
  'scan.rate': '{rate} per second',
  'scan.offline': 'The folder cannot be reached',
  'scan.full': "The disk with Stead's data is full",
  'scan.fullWhy': 'Make room on it. The scan goes on by itself then; nothing was lost.',
  'scan.failed': 'The folder was not read to its end',
  'scan.failedWhy':
    'Stead failed at it, and its log says why. What was found stays. Read the folder again, and report it if that fails too.',
  'scan.offlineWhy': 'Is its disk plugged in? What was in it stays listed until it is back.',

  'item.watched': 'Seen',
  'item.seenShare': { one: '{n} % seen', other: '{n} % seen' },
  'item.episode': 'Episode {episode}',
  'item.seasonEpisode': 'Season {season}, episode {episode}',

  'item.play': 'Play',
  'item.playNamed': 'Play {name}',
  'item.resume': 'Go on',
  'item.fromStart': 'From the start',
  'item.at': '{at} of {of}',
  'item.seenLabel': 'How far you got',
  'item.way': 'Where this is',

  'settings.title': 'Settings',
  'account.title': 'Your account',
  'account.signout': 'Sign out',
  'account.security': 'Password, authenticators and recovery codes',

  'stepup.title': 'Is it still you?',
  'stepup.text': 'What you are about to do changes who gets in, so show once more who you are.',
  'stepup.go': 'Go on',

  'notice.factor_added': 'A second factor was added to your account: {about}.',
  'notice.factor_removed': 'A second factor was removed from your account: {about}.',
  'notice.recovery_codes_made': 'New recovery codes were made. The old ones do not work any more.',
  'notice.recovery_code_used': 'A recovery code was used. Codes left: {about}.',
  'notice.recovery_codes_few': 'Recovery codes left: {about}. Make new ones soon.',
  'notice.password_changed': 'Your password was changed.',
  'notice.device_remembered': 'A device is not asked for your second factor for 30 days: {about}.',
  'notice.reset': 'Your ways to sign in were reset.',
  'notice.device_approved': 'A device was let in: {about}.',
  'notice.when': '{ago}. If that was not you, change your password now.',
  'notice.seen': 'Seen',
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
  'security.clocks': 'It is {server} at your Stead and {device} on this device.',
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
  'security.noDevices': 'No device is remembered.',
  'security.forget': 'Ask again',
  'security.forgotten': 'That device is asked again',
  'role.owner': 'Owner',
  'role.administrator': 'Administrator',
  'role.member': 'Member',
  'sessions.title': 'Where you are signed in',
  'sessions.current': 'This device',
  'sessions.seen': 'Last seen {ago}',
  'sessions.approved': 'Let in {ago} from {from}',
  'sessions.end': 'End',
  'sessions.ended': 'That device is signed out',
  'sessions.device': '{browser} on {system}',
  'sessions.unknown': 'Unknown device',
  'server.title': 'This server',
  'server.name': 'Name',
  'server.renamed': 'The new name holds',
  'server.addresses': 'Addresses',
  'server.roots': 'Places for media',
  'server.free': 'Free for data',
  'server.version': 'Version',
  'server.fingerprint': 'Certificate fingerprint (SHA-256)',
  'server.licences': 'Licences of what this page is made with',
  'server.trust': 'Let a device trust this server',
  'server.trustText':
    'Do this once on each device: then no browser warns any more, and iPhones can play films.',
} as const satisfies Record<string, string | Forms>;

export type Word = keyof typeof en;

type Names<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Text<K extends Word> = (typeof en)[K] extends string
  ? (typeof en)[K]
  : (typeof en)[K][keyof (typeof en)[K]];
type Values<K extends Word> = [Names<Text<K>>] extends [never]
  ? []
  : [values: Record<Names<Text<K>>, string | number>];

const plural = new Intl.PluralRules(LOCALE);
const number = new Intl.NumberFormat(LOCALE);

function formOf(entry: string | Forms, n: unknown): string {
  if (typeof entry === 'string') return entry;
  if (n === 0 && entry.zero !== undefined) return entry.zero;
  return entry[plural.select(Number(n))] ?? entry.other;
}

/** The words of a key, with its values put in. */
export function t<K extends Word>(key: K, ...[values]: Values<K>): string {
  const given = (values ?? {}) as Record<string, string | number>;
  const text = formOf(en[key], given.n).replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = given[name] ?? '';
    return typeof value === 'number' ? number.format(value) : value;
  });
  return PSEUDO ? `⟦${text}⟧` : text;
}
