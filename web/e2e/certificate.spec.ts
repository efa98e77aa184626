// The page about the box's certificate: on the plain port it leads to TLS for the files, behind TLS
// it has them.
import { expect, test } from '@playwright/test';
import { Box } from './box.ts';
import { openBrowser, PHONE } from './browser.ts';
import { look } from './checks.ts';

test('the page about the certificate says what it can and cannot do on both ports', async () => {
  const box = await Box.start();
  const own = await openBrowser(box, 'trusts');
  try {
    const page = await (await own.device(PHONE)).newPage();
    for (const [origin, files] of [
      [box.plainOrigin, `${box.origin}/api/v1/ca.`],
      [box.origin, '/api/v1/ca.'],
    ] as const) {
      await page.goto(`${origin}/certificate`);
      await expect(page.getByRole('heading', { name: 'What it cannot do' })).toBeVisible();
      await expect(page.getByText('not for your bank')).toBeVisible();
      const systems = page.locator('details');
      await expect(systems).toHaveCount(6);
      for (const system of await systems.all()) {
        await expect(system.locator(`a[href^="${files}"]`)).toHaveCount(1);
        await expect(system.locator('svg.picture')).toHaveCount(1);
        await system.evaluate((fold) => fold.setAttribute('open', ''));
      }
      await look(page);
    }
  } finally {
    await own.close();
    await box.stop();
  }
});
