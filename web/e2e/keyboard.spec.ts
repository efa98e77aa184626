// Set-up, a folder and sign-in with nothing but a keyboard, as somebody does who cannot use a pointer:
// the focus is always somewhere, and where the next thing is to be done.
import { pathToFileURL } from 'node:url';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { Box } from './box.ts';
import { DESKTOP, openBrowser } from './browser.ts';
import { goOn, NAME, PASSWORD } from './person.ts';
import { totp } from './totp.ts';

/** More than any page has places to stop at. */
const STOPS_MAX = 40;

/** Presses Tab until the place is reached. */
async function tabTo(page: Page, place: Locator): Promise<void> {
  await expect(place).toBeVisible();
  for (let stop = 0; stop < STOPS_MAX; stop++) {
    await page.keyboard.press('Tab');
    if (await place.evaluate((element) => element === document.activeElement)) return;
  }
  await expect(place, 'it is reached by Tab').toBeFocused();
}

async function press(page: Page, place: Locator): Promise<void> {
  await tabTo(page, place);
  await page.keyboard.press('Enter');
}

/** Types into the field that has the focus, in place of what is there, and sends it. */
async function send(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+a');
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

const heading = (page: Page, name: string) => page.getByRole('heading', { name });

async function claimByKeys(page: Page, box: Box): Promise<string> {
  await page.goto(pathToFileURL(box.facts.setup_file).href);
  await press(page, page.getByRole('link', { name: 'Start set-up' }));
  await expect(heading(page, 'You are the owner')).toBeFocused();
  await tabTo(page, page.getByLabel('Your name'));
  await page.keyboard.type(NAME);
  const password = page.locator('input[name=password]');
  await tabTo(page, password);
  await send(page, '12345678');
  await expect(page.getByRole('alert').filter({ hasText: 'would be tried' })).toBeVisible();
  await expect(password, 'the field to put right').toBeFocused();
  await send(page, PASSWORD);

  await expect(heading(page, 'A second lock')).toBeFocused();
  const secret = (await page.locator('code').innerText()).replace(/\s/g, '');
  const code = page.getByLabel('Code from the app');
  await tabTo(page, code);
  await send(page, '000000');
  await expect(page.getByRole('alert').filter({ hasText: 'This code is wrong' })).toBeVisible();
  await expect(code).toBeFocused();
  await send(page, totp(secret, box.now()));

  await expect(heading(page, 'Recovery codes')).toBeFocused();
  const [first = ''] = await page.locator('ol li').allInnerTexts();
  await tabTo(page, page.getByLabel('I wrote them down'));
  await page.keyboard.press('Space');
  await press(page, goOn(page));
  await expect(heading(page, 'Just to be sure')).toBeFocused();
  await tabTo(page, page.getByLabel('Last four characters'));
  await send(page, first.slice(-4));
  await expect(heading(page, 'It is yours')).toBeFocused();
  await press(page, page.getByRole('button', { name: 'Go to my Stead' }));
  await expect(heading(page, 'Home')).toBeFocused();
  return secret;
}

async function addFolderByKeys(page: Page): Promise<void> {
  await press(page, page.getByRole('navigation').getByRole('link', { name: 'Settings' }));
  await expect(heading(page, 'Settings')).toBeFocused();
  const add = page.getByRole('button', { name: 'Add a folder' });
  await press(page, add);
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(add, 'the dialog gives the focus back').toBeFocused();
  await page.keyboard.press('Enter');
  await press(page, dialog.getByRole('button', { name: 'Films' }));
  await expect(dialog.getByRole('list', { name: 'Folders' })).toBeFocused();
  await press(page, dialog.getByRole('button', { name: 'Use folder' }));
  await expect(page.getByLabel('Name of the library')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  // What opened the dialog is gone, so the page is where to go on from.
  await expect(heading(page, 'Settings')).toBeFocused();
}

async function signInByKeys(page: Page, box: Box, secret: string): Promise<void> {
  await press(page, page.getByRole('button', { name: 'Sign out' }));
  await expect(heading(page, 'Sign in')).toBeFocused();
  await tabTo(page, page.getByLabel('Name'));
  await page.keyboard.type(NAME);
  const password = page.locator('input[name=password]');
  await tabTo(page, password);
  await page.keyboard.type('not the password');
  const go = page.getByRole('button', { name: 'Sign in' });
  await press(page, go);
  await expect(page.getByRole('alert').locator('p')).toBeVisible();
  await expect(go, 'a button keeps the focus while it is busy').toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await expect(password).toBeFocused();
  await box.pass(60);
  await send(page, PASSWORD);
  await expect(page.getByLabel('Code from the app')).toBeFocused();
  await send(page, totp(secret, box.now()));
  await expect(heading(page, 'Settings')).toBeFocused();
}

test('a keyboard is enough for set-up, a folder and sign-in', async () => {
  const box = await Box.start();
  const own = await openBrowser(box, 'trusts');
  const page = await (await own.device(DESKTOP)).newPage();
  try {
    const secret = await claimByKeys(page, box);
    await addFolderByKeys(page);
    await signInByKeys(page, box, secret);
  } finally {
    await own.close();
    await box.stop();
  }
});
