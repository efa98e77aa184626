// In the pseudo-language every word of the catalogue is marked. Each page is gone through; a word
// without the mark was written outside the catalogue and could not be translated.
import { expect, test, type Page } from '@playwright/test';
import { Box } from './box.ts';
import { openBrowser, PHONE } from './browser.ts';
import { expectNoSidewaysScroll, expectOnlyCatalogueWords } from './checks.ts';
import { addFolder, claim, openSetupFile, waitForIndex } from './person.ts';

async function read(page: Page): Promise<void> {
  await expectOnlyCatalogueWords(page);
  // Longer words, as some languages have them, still fit.
  await expectNoSidewaysScroll(page);
}

async function open(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1 })).toBeAttached();
  await expect(page.locator('.skeleton')).toHaveCount(0);
  await read(page);
}

const firstItem = async (page: Page) =>
  (await page.locator('main ul a[href^="/item/"]').first().getAttribute('href')) ?? '';

test('no word stands outside the catalogue', async () => {
  const box = await Box.start();
  const own = await openBrowser(box, 'trusts');
  const page = await (await own.device(PHONE)).newPage();
  try {
    await open(page, `${box.origin}/claim?pseudo=1`);
    await openSetupFile(page, box);
    await claim(page, box, () => read(page));
    await open(page, `${box.origin}/`);
    await open(page, `${box.origin}/settings?add=1`);
    for (const [folder, items] of [['Films', 2], ['Series', 3], ['Music', 4], ['Photos', 4]] as const) {
      await addFolder(page, box, folder);
      await waitForIndex(page, folder, items);
    }
    await open(page, `${box.origin}/settings`);
    await open(page, `${box.origin}/search?q=sample`);
    await open(page, `${box.origin}/`);
    const libraries = await page
      .locator('a[href^="/library/"]:not([href*="?"])')
      .evaluateAll((links: HTMLAnchorElement[]) => [...new Set(links.map((link) => link.href))]);
    expect(libraries).toHaveLength(4);
    for (const address of libraries) {
      await open(page, address);
      const photo = page.locator('[id^=photo-]').first();
      if (await photo.isVisible()) {
        await photo.click();
        await expect(page.getByRole('dialog')).toBeVisible();
        await read(page);
      } else {
        const item = await firstItem(page);
        await open(page, box.origin + item);
        const play = page.locator('a[href^="/play/"]').first();
        if (await play.isVisible()) await open(page, await play.evaluate((a: HTMLAnchorElement) => a.href));
      }
    }
    await open(page, `${box.origin}/item/${'0'.repeat(32)}`);
    await page.goto(`${box.origin}/settings`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    await read(page);
  } finally {
    await own.close();
    await box.stop();
  }
});
