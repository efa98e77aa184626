// Short notes at the edge of the screen, spoken by screen readers.

export interface Note {
  id: number;
  text: string;
  kind: 'info' | 'problem';
}

const SHOWN_MS = 6_000;
let next = 1;

export const notes = $state<Note[]>([]);

export function drop(id: number): void {
  const at = notes.findIndex((note) => note.id === id);
  if (at >= 0) notes.splice(at, 1);
}

export function say(text: string, kind: Note['kind'] = 'info'): void {
  // Said once more it stands once, at the end, and is spoken anew.
  const same = notes.find((note) => note.text === text && note.kind === kind);
  if (same) drop(same.id);
  const id = next++;
  notes.push({ id, text, kind });
  setTimeout(() => drop(id), SHOWN_MS);
}
