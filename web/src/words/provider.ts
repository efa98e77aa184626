// The words of programs that let people sign in here, and what was let in.
import type { Words } from './forms';

export const provider = {
  'authorize.title': 'Connect {client}?',
  'authorize.text': 'It asks {box} who you are.',
  'authorize.place': 'The answer goes to',
  'authorize.gets': 'It learns and may',
  'authorize.openid': 'That it is you, when you signed in and how',
  'authorize.profile': 'The name you are shown by',
  'authorize.offline': 'Ask again later, until you sign out here',
  'authorize.playback': 'See and play what you may see and play',
  'authorize.known':
    'It calls itself that; nobody has checked the name. Agree only if you have just begun this there yourself.',
  'authorize.agree': 'Connect',
  'authorize.refuse': 'Do not connect',
  'authorize.as': 'You are signed in as',
  'authorize.failed': 'This cannot be connected',
  'authorize.stopped': 'The request is not one that can be answered. It came from',
  'authorize.stoppedPlace': 'Nothing was sent. The refusal would go to',
  'authorize.goThere': 'Go to {place} all the same',
  'authorize.waiting': 'Asking who wants to connect',

  'leave.title': 'Sign out here too?',
  'leave.text': 'A program that you signed in to from here asks for it. Everything that was connected in this browser ends with it.',
  'leave.go': 'Sign out',
  'leave.stay': 'Stay signed in',
  'leave.done': 'You are signed out',

  'connections.title': 'Servers and apps you let in',
  'connections.none': 'None yet. Whatever asks who you are shows here after you agreed.',
  'connections.server': 'Server',
  'connections.program': 'App or site',
  'connections.since': 'Let in {date}',
  'connections.unused': 'not used by you yet',
  'connections.end': 'Disconnect',
  'connections.endTitle': 'Disconnect {name}?',
  'connections.endText':
    'What it was given of you ends at once. Where you are signed in to it now, sign out there. It asks you anew the next time.',
  'connections.endOwn':
    'You let it register, so it ends for everybody: nobody signs in there by an account of this server any more. To use it again, connect it anew.',
  'connections.ended': '{name} is disconnected',
} as const satisfies Words<'authorize' | 'leave' | 'connections'>;
