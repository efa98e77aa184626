// A browser that does not know the box's CA: it refuses the secure page, and the plain port helps.
import { expect, test } from '@playwright/test';
import { Box } from './box.ts';
import { openBrowser, PHONE } from './browser.ts';
import { look } from './checks.ts';

test('an unknown certificate is refused, and the plain port tells what will happen', async () => {
  const box = await Box.start();
  const own = await openBrowser(box, 'distrusts');
  const phone = await own.device(PHONE);
  try {
    const refused = await phone.newPage();
    await expect(refused.goto(box.origin)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
    const page = await phone.newPage();
    await page.goto(box.plainOrigin);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const way = page.locator(`a[href^="${box.origin}"]`).first();
    await expect(way, 'the page leads on to TLS').toBeVisible();
    await expect(page.locator('svg').first(), 'and shows the warning').toBeVisible();
    await look(page);
  } finally {
    await own.close();
    await box.stop();
  }
});
