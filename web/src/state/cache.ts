// Answers that were seen lately, so that going back shows a page at once and at its old height.

const KEPT_MAX = 40;
const kept = new Map<string, unknown>();

export function recall<T>(key: string): T | undefined {
  return kept.get(key) as T | undefined;
}

export function remember(key: string, value: unknown): void {
  kept.delete(key);
  kept.set(key, value);
  const oldest = kept.keys().next();
  if (kept.size > KEPT_MAX && !oldest.done) kept.delete(oldest.value);
}

/** Drops one answer that is known to be old. */
export function forget(key: string): void {
  kept.delete(key);
}

export function forgetAll(): void {
  kept.clear();
}
