// What a person does, in the words and places they see. Labels are looked for as part of a text, so
// that the same person finds their way in the pseudo-language.
import { pathToFileURL } from 'node:url';
import { expect, type Page } from '@playwright/test';
import type { Box } from './box.ts';
import { totp } from './totp.ts';

export const NAME = 'Maria';
export const PASSWORD = 'seven lanterns over the bay';

/** What stays with the owner after the claim. */
export interface Keys {
  secret: string;
  codes: string[];
}

type OnScreen = (name: string) => Promise<void>;
const nothing: OnScreen = () => Promise.resolve();

export const goOn = (page: Page) => page.getByRole('button', { name: 'Continue' });

/** Opens the set-up file from disk, as on another computer, and taps its link. */
export async function openSetupFile(page: Page, box: Box): Promise<void> {
  await page.goto(pathToFileURL(box.facts.setup_file).href);
  await page.getByRole('link', { name: 'Start set-up' }).click();
  await page.waitForURL(`${box.origin}/claim`);
}

export async function nameOwner(page: Page): Promise<void> {
  await page.getByLabel('Your name').fill(NAME);
  await page.locator('input[name=password]').fill(PASSWORD);
  await goOn(page).click();
}

export async function confirmTotp(page: Page, box: Box): Promise<string> {
  await expect(page.getByRole('heading', { name: 'A second lock' })).toBeVisible();
  const secret = (await page.locator('code').innerText()).replace(/\s/g, '');
  await page.getByLabel('Code from the app').fill(totp(secret, box.now()));
  await goOn(page).click();
  await expect(page.getByRole('heading', { name: 'Recovery codes' })).toBeVisible();
  return secret;
}

export async function keepCodes(page: Page): Promise<string[]> {
  await expect(page.getByRole('heading', { name: 'Recovery codes' })).toBeVisible();
  const codes = await page.locator('ol li').allInnerTexts();
  await page.getByLabel('I wrote them down').check();
  await goOn(page).click();
  return codes;
}

/** The wizard from the owner's name to the home page; `onScreen` is told of each screen. */
export async function claim(page: Page, box: Box, onScreen: OnScreen = nothing): Promise<Keys> {
  await expect(page.getByRole('heading', { name: 'You are the owner' })).toBeVisible();
  await onScreen('owner');
  await nameOwner(page);
  await expect(page.getByRole('heading', { name: 'A second lock' })).toBeVisible();
  await onScreen('totp');
  const secret = await confirmTotp(page, box);
  await onScreen('codes');
  const codes = await keepCodes(page);
  await expect(page.getByRole('heading', { name: 'Just to be sure' })).toBeVisible();
  await onScreen('tail');
  await page.getByLabel('Last four characters').fill(codes[0]?.slice(-4) ?? '');
  await page.getByRole('button', { name: 'Finish set-up' }).click();
  await expect(page.getByRole('heading', { name: 'It is yours' })).toBeVisible();
  await onScreen('install');
  await page.getByRole('button', { name: 'Go to my Stead' }).click();
  await page.waitForURL(`${box.origin}/`);
  return { secret, codes };
}

/** Says name and password; the box asks for the second factor then. */
export async function nameOneself(page: Page): Promise<void> {
  await page.getByLabel('Name').fill(NAME);
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.locator('button.primary').click();
  await expect(page.getByLabel('Code from the app')).toBeVisible();
}

/** Signs in with a code of the authenticator; the box refuses one code twice, so time goes by first. */
export async function signIn(
  page: Page,
  box: Box,
  keys: Keys,
  onScreen: OnScreen = nothing,
): Promise<void> {
  await box.pass(60);
  await nameOneself(page);
  await onScreen('factor');
  await page.getByLabel('Code from the app').fill(totp(keys.secret, box.now()));
  await page.locator('button.primary').click();
}

/** Adds one folder of the media and sees it among the libraries; `onScreen` is told of each screen. */
export async function addFolder(
  page: Page,
  box: Box,
  folder: string,
  onScreen: OnScreen = nothing,
): Promise<void> {
  await page.goto(`${box.origin}/settings?add=1`);
  await page.getByRole('dialog').getByRole('button', { name: folder }).click();
  await expect(page.getByRole('dialog').locator('.path')).toContainText(folder);
  await onScreen('folders');
  await page.getByRole('button', { name: 'Use folder' }).click();
  await expect(page.getByLabel('Name of the library')).toHaveValue(folder);
  await onScreen('library');
  await page.getByRole('button', { name: 'Add library' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(library(page, folder)).toBeVisible();
}

/** The entry of a library in the settings. */
export const library = (page: Page, name: string) =>
  page.locator('li.card').filter({ has: page.getByRole('link', { name }) });

/** Waits until a library has been read. */
export async function waitForIndex(page: Page, name: string, items: number): Promise<void> {
  const words = items === 1 ? '1 item' : `${items} items`;
  await expect(library(page, name)).toContainText(words, { timeout: 60_000 });
  await expect(page.getByRole('progressbar')).toHaveCount(0, { timeout: 60_000 });
}
