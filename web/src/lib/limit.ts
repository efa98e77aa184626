// Up to which age somebody sees titles, in words.
import type { AgeLimit } from '../api';
import { t } from '../words';

export function limitText(limit: AgeLimit | undefined): string {
  if (!limit) return t('limit.any');
  return t(limit.hide_unrated ? 'limit.upToStrict' : 'limit.upTo', { n: limit.max_age });
}
