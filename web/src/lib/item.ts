// What an item is called and where it leads, wherever it is shown.
import type { Item } from '../api';
import { t } from '../words';

/** Where a tap on the item leads. */
export function itemHref(item: Item): string {
  return item.kind === 'track' && item.parent_id ? `/item/${item.parent_id}` : `/item/${item.id}`;
}

/** Where a photo stands among the others of its library, large. */
export const photoHref = (photo: Pick<Item, 'id' | 'library_id'>) =>
  `/library/${photo.library_id}?kind=photo&photo=${photo.id}`;

/** Films and episodes play on a page of their own; music plays in the bar, photos open large. */
export const playsAsVideo = (item: Item) => item.kind === 'film' || item.kind === 'episode';

/** "Season 2, episode 5". */
export function episodeLabel(item: Item): string {
  if (item.number == null) return '';
  if (item.season == null) return t('item.episode', { episode: item.number });
  return t('item.seasonEpisode', { season: item.season, episode: item.number });
}

export interface Line {
  text: string;
  /** True where the text is somebody's data and not the catalogue's. */
  data: boolean;
}

/** The small line under an item's title. */
export function itemLine(item: Item): Line {
  const words = (text: string): Line => ({ text, data: false });
  if (item.kind === 'episode') return words(episodeLabel(item));
  if (item.kind === 'season' && item.children != null) {
    return words(t('count.episodes', { n: item.children }));
  }
  if (item.kind === 'album' && item.subtitle) return { text: item.subtitle, data: true };
  if (item.year != null) return { text: String(item.year), data: true };
  return { text: item.subtitle ?? '', data: true };
}

/** How far somebody got, from 0 to 1; nothing when never started or seen to the end. */
export function shareSeen(item: Item): number | undefined {
  if (!item.position_ms || !item.duration_ms || item.watched) return undefined;
  return Math.min(1, item.position_ms / item.duration_ms);
}
