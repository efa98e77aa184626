// The life of a box: the plug and a phone, a box that has locked itself, and an owner who goes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { Box } from './box.ts';
import { openBrowser, PHONE } from './browser.ts';
import { look } from './checks.ts';
import { ownedBox } from './owned.ts';
import { claim, signIn } from './person.ts';

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
    await box.powerCut();
    await expect(page.getByText(`${cut} of ${told}`)).toBeVisible({ timeout: 20_000 });
    // Another address, or a phone that threw the page away, loses nothing.
    if (cut === 1) {
      await page.reload();
      await expect(page.getByText(`${cut} of ${told}`)).toBeVisible({ timeout: 20_000 });
    }
  }
  await look(page);
  box.pass(91);
  await expect(page.getByRole('heading', { name: 'It is in your hands' })).toBeVisible({ timeout: 20_000 });
  await look(page);
  await page.getByRole('button', { name: 'Go on' }).click();
  await claim(page, box);
  await own.close();
  await box.stop();
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
