// Boxes that may be used without an owner: by a setting of the system side, and from before the rule
// that every server has one. Every page says so, and leads to the end of it.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { Box, SAMPLE } from './box.ts';
import { openBrowser, PHONE } from './browser.ts';
import { look } from './checks.ts';
import { ownedBox } from './owned.ts';
import { claim, openSetupFile, signIn } from './person.ts';
import { shot } from './shots.ts';

const banner = (page: Page) => page.getByRole('complementary', { name: 'How this server is protected' });

test('a box with local security off says so on every page until somebody owns it', async () => {
  const box = await Box.start();
  await box.configured(
    `[claim]\nlocal_security = false\nlocal_security_confirmed_for = 0\nlocal_prefixes = ["loopback"]\n` +
      `local_roots = ["${join(SAMPLE, 'Films')}"]\n`,
  );
  const own = await openBrowser(box, 'trusts');
  const page = await (await own.device(PHONE)).newPage();
  // Loopback is believed under its literal name alone: another name may have been pointed here.
  const near = `https://localhost:${box.facts.https_port}`;
  await page.goto(`${near}/`);
  await expect(banner(page)).toContainText('Local security is off');
  const films = page.getByRole('link', { name: 'Films' }).first();
  await expect(films).toBeVisible({ timeout: 60_000 });
  await look(page);
  await shot(page, 'open-home');
  await films.click();
  await expect(page.getByRole('heading', { name: 'Films' })).toBeVisible();
  await expect(banner(page)).toBeVisible();
  await expect(page.getByRole('link', { name: 'Settings' })).toHaveCount(0);
  await look(page);
  await page.goto(`${near}/settings`);
  await expect(banner(page)).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Settings' })).toHaveCount(0);

  await banner(page).getByRole('link', { name: 'Set up this server' }).click();
  await page.waitForURL(`${near}/claim`);
  await look(page);
  await openSetupFile(page, box);
  await claim(page, box);
  await expect(banner(page)).toHaveCount(0);
  const stranger = await (await own.device(PHONE)).newPage();
  await stranger.goto(`${near}/`);
  await expect(stranger.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await own.close();
  await box.stop();
});

/** Data as a server left it that knew no owners. */
const EARLIER = `
import sqlite3, sys
accounts = sqlite3.connect(sys.argv[1])
accounts.execute("UPDATE user SET role = 'member'")
accounts.execute("UPDATE server SET generation = 0, created_by = '0.0.9'")
accounts.commit()
`;

test('a box from before the rule works as before, says that it has no owner, and is set up once', async () => {
  const { box, page, keys, close } = await ownedBox({});
  await box.changed((data) => {
    execFileSync('python3', ['-c', EARLIER, join(data, 'accounts.db')]);
    execFileSync('rm', [join(data, 'marker')]);
  });
  await page.goto(`${box.origin}/signin`);
  await expect(banner(page)).toContainText('This server has no owner');
  await look(page);
  await signIn(page, box, keys);
  await page.waitForURL(`${box.origin}/`);
  await expect(banner(page)).toBeVisible();
  await look(page);
  await shot(page, 'legacy-home');
  await banner(page).getByRole('link', { name: 'Set up this server' }).click();
  await page.waitForURL(`${box.origin}/claim`);
  await expect(banner(page).getByRole('link')).toHaveCount(0);
  await look(page);
  await openSetupFile(page, box);
  await expect(page.getByRole('heading', { name: 'You are the owner' })).toBeVisible();
  await look(page);
  await close();
});
