// A household: a profile with a PIN is made, entered by its PIN, sets nothing, and is left by one's own.
import { expect, test, type Page } from '@playwright/test';
import { look } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { shot } from './shots.ts';

test.describe.configure({ mode: 'serial' });

let owned: Owned;
let page: Page;

test.beforeAll(async () => {
  owned = await ownedBox({ Films: 2 });
  page = owned.page;
});

test.afterAll(async () => {
  await owned.close();
});

const heading = (name: string) => page.getByRole('heading', { name });
const dialog = () => page.getByRole('dialog');

async function pressDigits(pin: string): Promise<void> {
  for (const digit of pin) {
    await dialog().getByRole('button', { name: `Digit ${digit}` }).click();
  }
  await dialog().getByRole('button', { name: 'Go in' }).click();
}

test('a profile with a PIN is made, and a PIN of one’s own', async () => {
  await page.goto(`${owned.box.origin}/settings`);
  // What is listed above it comes a moment later and moves it.
  await expect(page.getByText('This device')).toBeVisible();
  await page.getByRole('link', { name: 'Profiles of your household' }).click();
  await expect(heading('Household')).toBeVisible();
  await look(page);
  await page.getByRole('button', { name: 'Add a profile' }).click();
  await dialog().getByLabel('Name').fill('Kim');
  await dialog().getByLabel('PIN', { exact: true }).fill('12');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await expect(dialog().getByRole('alert')).toContainText('4 to 12 digits');
  await look(page);
  await shot(page, 'profile-new');
  await dialog().getByLabel('PIN', { exact: true }).fill('4711');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Kim' })).toContainText('asks for a PIN');
  await page.getByLabel('Your own PIN').fill('9001');
  await page.getByRole('button', { name: 'Set the PIN' }).click();
  await expect(page.getByText('There is one.')).toBeVisible();
  await look(page);
  await shot(page, 'household-phone');
});

test('it is entered by its PIN, and sets nothing', async () => {
  await page.goto(`${owned.box.origin}/profiles`);
  await expect(heading('Who is watching?')).toBeVisible();
  await look(page);
  await shot(page, 'who-phone');
  await page.getByRole('button', { name: 'Kim' }).click();
  await pressDigits('0815');
  await expect(dialog().getByRole('alert')).toContainText('This PIN is wrong');
  await look(page);
  await shot(page, 'pin-phone');
  await pressDigits('4711');
  await page.waitForURL(`${owned.box.origin}/`);
  await expect(page.getByRole('link', { name: 'Films' }).first()).toBeVisible();
  await expect(page.getByRole('link', { name: 'Settings' })).toHaveCount(0);
  await look(page);
  await page.goto(`${owned.box.origin}/settings/people`);
  await expect(heading('Who is watching?')).toBeVisible();
});

test('one comes back by one’s own', async () => {
  await page.getByRole('button', { name: 'Maria' }).click();
  await pressDigits('9001');
  await page.waitForURL(`${owned.box.origin}/`);
  await page.getByRole('link', { name: 'Settings' }).first().click();
  await expect(heading('Settings')).toBeVisible();
});

/** A word that no line breaks in, many words, letters of other scripts, and short ones. */
const LONG = 'Donaudampfschifffahrtsgesellschaftskapitänswitwe';
const NAMES = [LONG, 'Bartholomew Maximilian of the Upper Meadow Cottage', 'Лев', 'Ada', 'Jo', 'Grandmother on Sundays', 'Bo'];

test('eight profiles fit, whatever their names, and each dialog about one', async () => {
  await page.evaluate(async (names) => {
    const headers = { 'content-type': 'application/json' };
    for (const name of names) {
      const body = JSON.stringify({ name, pin: '4711' });
      const made = await fetch('/api/v1/profiles', { method: 'POST', headers, body });
      if (made.status !== 201) throw new Error(await made.text());
    }
  }, NAMES);
  await page.goto(`${owned.box.origin}/settings/household`);
  await expect(page.getByRole('listitem').filter({ hasText: 'asks for a PIN' })).toHaveCount(8);
  await look(page);
  await page.getByRole('button', { name: `Change ${LONG}` }).click();
  await look(page);
  await shot(page, 'profile-long');
  await dialog().getByRole('button', { name: 'Remove' }).click();
  await look(page);
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Profiles', exact: true }).click();
  await expect(heading('Who is watching?')).toBeVisible();
  await look(page);
  await shot(page, 'who-eight');
  await page.getByRole('button', { name: LONG }).click();
  await look(page);
  await shot(page, 'pin-long');
});

test('a PIN is typed by keys, too, wherever the focus is', async () => {
  await expect(dialog().getByRole('button', { name: 'Digit 1' }), 'no keyboard over the buttons').toBeFocused();
  await page.keyboard.type('4712');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('1');
  await expect(dialog().getByLabel('PIN', { exact: true })).toHaveValue('4711');
  await dialog().getByRole('button', { name: 'Go in' }).click();
  await page.waitForURL(`${owned.box.origin}/`);
  await page.goto(`${owned.box.origin}/profiles`);
  await expect(page.getByRole('button', { name: LONG })).toHaveAttribute('aria-current', 'true');
  await look(page);
});
