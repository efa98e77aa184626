// A phone whose clock is off: wherever its code is typed, the page shows the clocks that may be wrong.
import { expect, test, type Locator, type Page } from '@playwright/test';
import { Box } from './box.ts';
import { DESKTOP, openBrowser, PHONE, type OwnBrowser } from './browser.ts';
import { look } from './checks.ts';
import { claim, goOn, nameOneself, openSetupFile, type Keys } from './person.ts';
import { shot } from './shots.ts';
import { totp } from './totp.ts';

test.describe.configure({ mode: 'serial' });

/** How far the phone with the authenticator is behind the box. */
const BEHIND_MS = 240_000;

let box: Box;
let own: OwnBrowser;
let page: Page;
let keys: Keys;

test.beforeAll(async () => {
  box = await Box.start();
  own = await openBrowser(box, 'trusts');
  page = await (await own.device(PHONE)).newPage();
});

test.afterAll(async () => {
  await own.close();
  await box.stop();
});

/** The time as the pages of an English browser write it. */
const written = (ms: number, timeStyle: 'medium' | 'short') =>
  new Intl.DateTimeFormat('en-GB', { timeStyle }).format(ms);

/** Types the code of a phone that is behind, and sees the clock of the box and that of the code. */
async function expectClocks(on: Locator, secret: string, go: Locator): Promise<void> {
  const code = box.now() - BEHIND_MS;
  await on.getByLabel('Code from the app').fill(totp(secret, code));
  const before = Date.now();
  await go.click();
  const told = on.getByRole('status').filter({ hasText: 'on this device' });
  await expect(told).toBeVisible();
  const words = await told.innerText();
  const [, atBox = '', here = ''] = /It is ([\d:]+) at your Stead and ([\d:]+) on this device/.exec(words) ?? [];
  const [, ofCode = ''] = /from about ([\d:]+)\./.exec(words) ?? [];
  const between = (from: number, to: number, style: 'medium' | 'short') =>
    Array.from({ length: Math.ceil((to - from) / 1000) + 1 }, (_, n) => written(from + n * 1000, style));
  const after = Date.now();
  expect(between(before, after, 'medium'), words).toContain(here);
  const ahead = box.ahead;
  expect(between(before + ahead, after + ahead, 'medium'), words).toContain(atBox);
  // Codes last for half a minute, and the box names the middle one.
  const off = 45_000;
  expect(between(code - off, code + off, 'short'), words).toContain(ofCode);
}

test('in set-up', async () => {
  // Far enough that the times of the box and of this browser cannot be taken for each other.
  await box.pass(7 * 3600);
  await openSetupFile(page, box);
  keys = await claim(page, box, async (screen) => {
    if (screen !== 'totp') return;
    const secret = (await page.locator('code').innerText()).replace(/\s/g, '');
    await expectClocks(page.locator('body'), secret, goOn(page));
    await look(page);
    await shot(page, 'clocks-wizard-phone');
    await page.getByLabel('Code from the app').fill('000000');
    await goOn(page).click();
    await expect(page.getByText('This code is wrong')).toBeVisible();
    await expect(page.getByText('on this device.'), 'a wrong code accuses no clock').toHaveCount(0);
  });
});

test('at a sign-in', async () => {
  const desk = await (await own.device(DESKTOP)).newPage();
  await desk.goto(`${box.origin}/signin`);
  await box.pass(600);
  await nameOneself(desk);
  const go = desk.locator('button.primary');
  await expectClocks(desk.locator('body'), keys.secret, go);
  await look(desk);
  await shot(desk, 'clocks-signin-desktop');
  // Whoever guesses is not told that a code will be right soon.
  await box.pass(5);
  await desk.getByLabel('Code from the app').fill(totp(keys.secret, box.now() + BEHIND_MS));
  await go.click();
  await expect(desk.getByRole('alert')).toContainText('This code is wrong');
  await expect(desk.getByText('on this device.')).toHaveCount(0);
  await desk.close();
});

test('where one shows a factor again', async () => {
  await page.goto(`${box.origin}/settings/security`);
  await box.pass(16 * 60);
  await page.getByRole('button', { name: 'Make new codes' }).click();
  const dialog = page.getByRole('dialog', { name: 'Is it still you?' });
  await expect(dialog).toBeVisible();
  await expectClocks(dialog, keys.secret, dialog.getByRole('button', { name: 'Go on' }));
  await look(page);
  await shot(page, 'clocks-stepup-phone');
});
