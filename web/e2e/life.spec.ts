// The life of a box: the plug and a phone, a box that has locked itself, and an owner who goes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { Box } from './box.ts';
import { DESKTOP, openBrowser, PHONE } from './browser.ts';
import { look } from './checks.ts';
import { addMember, MEMBER, nameOneself } from './member.ts';
import { ownedBox } from './owned.ts';
import { claim, goOn, NAME, PASSWORD, signIn } from './person.ts';
import { totp } from './totp.ts';

test('the plug and a phone claim a box; the page counts along', async () => {
  const box = await Box.start();
  const own = await openBrowser(box, 'trusts');
  const page = await (await own.device(PHONE)).newPage();
  await page.goto(`${box.origin}/claim`);
  await page.getByRole('button', { name: 'I have nothing but the plug' }).click();
  await page.getByRole('button', { name: 'Begin' }).click();
  const title = page.getByRole('heading', { name: 'Pull the plug' });
  const told = Number(/\d/.exec(await title.innerText())?.[0]);
  await look(page);
  for (let cut = 1; cut <= told; cut += 1) {
    const before = new URL(page.url());
    // A phone that threw the page away loses nothing, nor does one whose box comes back elsewhere.
    await box.powerCut({ moves: cut === 1 });
    if (cut === 1) {
      expect(box.origin).not.toBe(before.origin);
      await expect(page.getByText('The box does not answer now')).toBeVisible({ timeout: 20_000 });
      await page.goto(`${box.origin}${before.pathname}${before.search}${before.hash}`);
    }
    await expect(page.getByText(`${cut} of ${told}`)).toBeVisible({ timeout: 20_000 });
    await page.reload();
    await expect(page.getByText(`${cut} of ${told}`)).toBeVisible({ timeout: 20_000 });
  }
  await look(page);
  await box.pass(91);
  await expect(page.getByRole('heading', { name: 'It is in your hands' })).toBeVisible({ timeout: 20_000 });
  await look(page);
  await page.getByRole('button', { name: 'Go on' }).click();
  await claim(page, box);
  await own.close();
  await box.stop();
});

test('beside an owner the plug waits for a day, everybody is told, and the owner comes back with a code', async () => {
  test.setTimeout(180_000);
  const { box, own, page, keys, close } = await ownedBox({});
  addMember(box.facts.data_dir);
  const phone = await (await own.device(PHONE)).newPage();
  await phone.goto(`${box.origin}/claim?by=plug`);
  await look(phone);
  await phone.getByRole('button', { name: 'Begin' }).click();
  const title = phone.getByRole('heading', { name: 'Pull the plug' });
  const told = Number(/\d/.exec(await title.innerText())?.[0]);
  await page.reload();
  await expect(page.getByText('A phone in your network waits to show')).toBeVisible();
  await look(page);

  for (let cut = 1; cut <= told; cut += 1) {
    await box.powerCut();
    await expect(phone.getByText(`${cut} of ${told}`)).toBeVisible({ timeout: 20_000 });
  }
  await box.pass(91);
  await expect(phone.getByText('Its owner may still come for 24 hours')).toBeVisible({ timeout: 20_000 });
  await look(phone);

  const member = await (await own.device(DESKTOP)).newPage();
  await member.goto(`${box.origin}/signin`);
  await nameOneself(member, MEMBER, PASSWORD);
  await member.waitForURL(`${box.origin}/`);
  const note = member.getByRole('alert').filter({ hasText: 'Somebody has shown with the plug' });
  await expect(note).toContainText('Unless its owner signs in within 24 hours');
  await look(member);

  await box.pass(24 * 3600);
  await expect(phone.getByRole('link', { name: 'I have my recovery codes' })).toBeVisible({ timeout: 20_000 });
  await look(phone);
  await phone.getByRole('link', { name: 'I have my recovery codes' }).click();
  await expect(phone.getByRole('heading', { name: 'Back into your Stead' })).toBeVisible();
  expect(phone.url(), 'the secret leaves the address bar').toBe(`${box.origin}/rescue`);
  await phone.reload();
  await phone.getByLabel('Recovery code').fill(keys.codes[3] ?? '');
  await goOn(phone).click();
  await phone.locator('input[name=password]').fill('nine purple umbrellas');
  await goOn(phone).click();
  await phone.getByRole('button', { name: 'Keep the authenticator I have' }).click();
  await expect(phone.getByRole('heading', { name: 'The new password holds' })).toBeVisible();
  await phone.getByRole('button', { name: 'Sign in' }).click();
  await nameOneself(phone, NAME, 'nine purple umbrellas');
  await phone.getByLabel('Code from the app').fill(totp(keys.secret, box.now()));
  await phone.locator('button.primary').click();
  await phone.waitForURL(`${box.origin}/`);
  await expect(phone.getByText('Somebody has shown with the plug')).toBeHidden();
  await close();
});

test('a locked box says what happened, and its owner opens it', async () => {
  const { box, page, keys, close } = await ownedBox({});
  await box.changed((data) =>
    writeFileSync(
      join(data, 'marker'),
      'This Stead server has been claimed. Do not remove this file.\ngeneration 4\n',
    ),
  );
  await page.goto(`${box.origin}/`);
  await expect(page.getByRole('heading', { name: 'This server has locked itself' })).toBeVisible();
  await look(page);
  await page.getByRole('link', { name: 'sign in as its owner' }).click();
  await signIn(page, box, keys);
  await expect(page.getByRole('heading', { name: 'This Stead is locked' })).toBeVisible();
  await look(page);
  await page.getByRole('button', { name: 'Open this Stead' }).click();
  await expect(page.getByRole('link', { name: 'Settings' }).first()).toBeVisible();
  await close();
});

test('a box that was given an older copy of its accounts says so, and its owner opens it', async () => {
  const { box, page, keys, close } = await ownedBox({});
  let copy = Buffer.alloc(0);
  await box.changed((data) => (copy = readFileSync(join(data, 'accounts.db'))));
  await box.changed((data) => writeFileSync(join(data, 'accounts.db'), copy));
  await page.goto(`${box.origin}/`);
  await expect(page.getByText('is an older copy')).toBeVisible();
  await look(page);
  await page.getByRole('link', { name: 'sign in as its owner' }).click();
  await signIn(page, box, keys);
  await expect(page.getByText('is an older copy that was put back')).toBeVisible();
  await look(page);
  await page.getByRole('button', { name: 'Open this Stead' }).click();
  await expect(page.getByRole('link', { name: 'Settings' }).first()).toBeVisible();
  await close();
});

test('an owner signs the server out, and takes it back', async () => {
  const { box, page, keys, close } = await ownedBox({});
  await page.goto(`${box.origin}/settings`);
  await page.getByRole('button', { name: 'Sign the server out' }).click();
  await look(page);
  await page.getByLabel('Type the name of the server').fill('Sted');
  await page.getByRole('dialog').getByRole('button', { name: 'Sign the server out' }).click();
  await expect(page.getByText('This is not the name of the server')).toBeVisible();
  await page.getByLabel('Type the name of the server').fill('Stead');
  await page.getByRole('dialog').getByRole('button', { name: 'Sign the server out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await signIn(page, box, keys);
  await expect(page.getByText('This Stead has lost its owner')).toBeVisible();
  await look(page);
  await page.getByRole('button', { name: 'Take it back' }).click();
  await expect(page.getByText('This Stead has lost its owner')).toBeHidden();
  await close();
});
