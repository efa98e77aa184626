// Pictures for whoever works on a page: STEAD_SHOTS names a folder, and without it nothing is taken.
import type { Page } from '@playwright/test';

/** The whole page, by day and by night. */
export async function shot(on: Page, name: string): Promise<void> {
  const folder = process.env.STEAD_SHOTS;
  if (folder === undefined) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await on.emulateMedia({ colorScheme });
    await on.screenshot({ path: `${folder}/${name}-${colorScheme}.png`, fullPage: true });
  }
  await on.emulateMedia({ colorScheme: null });
}
