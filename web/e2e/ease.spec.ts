// An owner whose own rule asks for a passkey that they have no more: the page that shuts them out leads
// on, and nothing else opens before.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { look } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { shot } from './shots.ts';
import { showFactor } from './step-up.ts';

test.describe.configure({ mode: 'serial' });

let owned: Owned;

test.beforeAll(async () => {
  owned = await ownedBox({});
});
test.afterAll(() => owned.close());

/** As it stands when a rescue has put an authenticator in the passkey's place. */
function passkeysAreAskedFor(): void {
  const script = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20)
db.execute("DELETE FROM requirement")
db.execute("INSERT INTO requirement (scope, level, grace_seconds, is_on, begun_ms)"
           " VALUES ('server', 'mfa_phishing_resistant', 0, 1, 0)")
db.commit()
`;
  execFileSync('python3', ['-c', script, join(owned.box.facts.data_dir, 'accounts.db')]);
}

test('any second factor will do again, by a factor shown anew', async () => {
  const { page, box } = owned;
  passkeysAreAskedFor();
  await page.goto(`${box.origin}/settings/policy`);
  await expect(page.getByRole('heading', { name: 'First a passkey' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'You run this server' })).toBeVisible();
  await look(page);
  await shot(page, 'ease-closed-phone');
  await page.setViewportSize({ width: 1280, height: 800 });
  await shot(page, 'ease-closed-desktop');
  await page.setViewportSize({ width: 390, height: 780 });
  await box.pass(15 * 60);
  await page.getByRole('button', { name: /^Take any second factor/ }).click();
  await showFactor(page, box, owned.keys.secret);
  await expect(page.getByText('Any second factor will do now')).toBeVisible();
  // The page that was wished opens by itself.
  await expect(page.getByRole('heading', { level: 1, name: 'What is asked' })).toBeVisible();
  await expect(page.getByText('A second factor', { exact: true }).first()).toBeVisible();
  await page.goto(`${box.origin}/settings/log`);
  await expect(page.getByText('Less was asked for')).toBeVisible();
});

test('on the way to a passkey it can be switched off', async () => {
  const { page, box } = owned;
  passkeysAreAskedFor();
  await page.goto(`${box.origin}/settings/enrol?next=/settings/policy`);
  await expect(page.getByRole('heading', { name: 'A passkey', exact: true })).toBeVisible();
  await look(page);
  await shot(page, 'ease-enrol-phone');
  await page.getByRole('button', { name: /^Switch off/ }).click();
  await expect(page.getByText('It is switched off')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1, name: 'What is asked' })).toBeVisible();
  await expect(page.getByText('Switched off', { exact: true })).toBeVisible();
});
