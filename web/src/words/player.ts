// The words of playing.
import type { Words } from './forms';

export const player = {
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
} as const satisfies Words<'player'>;
