// A backup: the owner saves one, the box loses its accounts, and whoever has it at hand puts it back.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { look } from './checks.ts';
import { addMember, MEMBER } from './member.ts';
import { ownedBox } from './owned.ts';
import { openSetupFile, signIn } from './person.ts';
import { shot } from './shots.ts';

const WORDS = 'a horse of another colour';

test('a backup is saved, and brings back a box that has lost its accounts', async () => {
  test.setTimeout(180_000);
  const { box, page, keys, close } = await ownedBox({ Films: 2 });
  addMember(box.facts.data_dir);
  await page.goto(`${box.origin}/settings`);
  const words = page.getByLabel('Words that lock it');
  await words.fill('Maria Maria Maria');
  await page.getByRole('button', { name: 'Save a backup' }).click();
  await expect(page.getByText('mostly a name')).toBeVisible();
  await look(page);
  await shot(page, 'backup-phone');
  await words.fill(WORDS);
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save a backup' }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toMatch(/^Stead \d{4}-\d\d-\d\d\.age$/);
  const file = await saved.path();

  // Its disk fails, and its person asks for a new owner at the shell.
  await box.changed((data) => {
    for (const name of ['accounts.db', 'accounts.db-wal']) rmSync(join(data, name), { force: true });
  });
  await page.goto(`${box.origin}/`);
  await expect(page.getByText('Do you have a backup of this server?')).toBeVisible();
  await look(page);
  await box.changed((data) => writeFileSync(join(data, 'recover'), 'root\n', { mode: 0o600 }));
  await openSetupFile(page, box);
  await expect(page.getByRole('heading', { name: 'You are the owner' })).toBeVisible();
  await page.getByRole('button', { name: 'Restore a backup' }).click();
  await look(page);
  await shot(page, 'restore-phone');
  await page.getByLabel('Backup file').setInputFiles({ name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear aunt') });
  await page.getByLabel('Words that lock it').fill(WORDS);
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await expect(page.getByText('This is no backup of a Stead server')).toBeVisible();
  await page.getByLabel('Backup file').setInputFiles(file);
  await page.getByLabel('Words that lock it').fill('a horse of the same colour');
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await expect(page.getByText('These are not the words')).toBeVisible();
  await look(page);
  await shot(page, 'restore-wrong-phone');
  await page.getByLabel('Words that lock it').fill(WORDS);
  await page.getByRole('button', { name: 'Restore', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Stead is coming back' })).toBeVisible();
  await expect(page.getByText('It holds 2 people.')).toBeVisible();
  await look(page);
  await shot(page, 'restored-phone');
  await box.beginsAnew();
  await expect(page.getByText('The box is back, and locked')).toBeVisible({ timeout: 20_000 });
  await look(page);

  await page.getByRole('button', { name: 'Sign in as its owner' }).click();
  await signIn(page, box, keys);
  await expect(page.getByRole('heading', { name: 'This Stead is locked' })).toBeVisible();
  await expect(page.getByText('has put a backup back')).toBeVisible();
  await look(page);
  await shot(page, 'locked-restored-phone');
  await page.getByRole('button', { name: 'Open this Stead' }).click();
  await expect(page.getByRole('link', { name: 'Settings' }).first()).toBeVisible();
  await expect(page.getByText('was restored from a backup')).toBeVisible();
  await look(page);
  await page.goto(`${box.origin}/settings/people`);
  await expect(page.getByRole('heading', { name: MEMBER })).toBeVisible();
  await close();
});
