// Which system this browser runs on, to open the right instructions first. A wrong guess costs a tap.

export const SYSTEMS = ['ios', 'android', 'macos', 'windows', 'linux'] as const;
export type System = (typeof SYSTEMS)[number];

export function guessSystem(agent = navigator.userAgent, touches = navigator.maxTouchPoints): System {
  if (/android/i.test(agent)) return 'android';
  if (/iphone|ipad|ipod/i.test(agent)) return 'ios';
  // An iPad calls itself a Mac, but no Mac has a touch screen.
  if (/macintosh/i.test(agent)) return touches > 1 ? 'ios' : 'macos';
  return /windows/i.test(agent) ? 'windows' : 'linux';
}
