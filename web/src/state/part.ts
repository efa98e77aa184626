// Parts of the app that come when they are first needed.
import { say } from './notes.svelte';
import { t } from '../words';

/** Answers the part, or nothing when it does not come; a note tells the person then. */
export async function part<T>(load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load();
  } catch {
    say(t('error.part'), 'problem');
    return undefined;
  }
}
