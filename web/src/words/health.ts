// What does not work of a box, and what helps. Each is named as the check that says so.
import type { Words } from './forms';

export const health = {
  'health.card':
    'The drive STEAD-BOOT of this box cannot be read or written. No line in stead.txt is heeded until it can, and neither is the reset button; all the rest works. Take its card or disk to a computer. If this drive does not open there, format it as FAT, and no other part of that card.',
  'health.boot_order':
    'This box could not read which of its two systems it is to start, so it began with the first. Updates shows which one runs. If this comes again at a later start, its card or disk is worn out: take a new one.',
  'health.data_folder':
    'The disk where this server keeps its data is full or cannot be written. Make room there; what must be kept is refused until then.',
} as const satisfies Words<'health'>;
