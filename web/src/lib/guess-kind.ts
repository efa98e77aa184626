// A first guess at what is in a folder, by its name in a few languages. A wrong guess costs a tap.
import type { LibraryKind } from '../api';

const GUESSES: readonly (readonly [RegExp, LibraryKind])[] = [
  [/film|movie|kino|cine/i, 'films'],
  [/serie|series|show|\btv\b/i, 'series'],
  [/musi[ckq]|audio|album|song/i, 'music'],
  [/photo|foto|picture|bild|image|camera|dcim/i, 'photos'],
];

export function guessKind(folder: string): LibraryKind {
  return GUESSES.find(([pattern]) => pattern.test(folder))?.[1] ?? 'mixed';
}
