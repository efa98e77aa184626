// What one signs in with: another authenticator in the place of the first, new recovery codes, and
// the question for a factor after a while. Other browsers are told, or signed out.
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { DESKTOP } from './browser.ts';
import { look } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { NAME, PASSWORD, signIn } from './person.ts';
import { shot } from './shots.ts';
import { showFactor } from './step-up.ts';
import { totp } from './totp.ts';

test.describe.configure({ mode: 'serial' });

let owned: Owned;
let page: Page;
let desk: BrowserContext;
let other: Page;
let second = '';

test.beforeAll(async () => {
  owned = await ownedBox({});
  page = owned.page;
  desk = await owned.own.device(DESKTOP);
  other = await desk.newPage();
  await other.goto(`${owned.box.origin}/signin`);
  await signIn(other, owned.box, owned.keys, () => look(other));
  await other.waitForURL(`${owned.box.origin}/`);
});

test.afterAll(async () => {
  await owned.close();
});

const row = (on: Page, name: string) => on.getByRole('listitem').filter({ hasText: name });

test('after sixteen minutes a change asks for the factor once and then goes on', async () => {
  await page.goto(`${owned.box.origin}/settings`);
  await page.getByRole('link', { name: 'Password, authenticators and recovery codes' }).click();
  await expect(page.getByRole('heading', { name: 'Security' })).toBeVisible();
  await expect(row(page, 'Authenticator')).toHaveCount(1);
  await look(page);
  await shot(page, 'security-phone');
  await owned.box.pass(16 * 60);
  await page.getByRole('button', { name: 'Add authenticator' }).click();
  await expect(page.getByRole('dialog', { name: 'Is it still you?' })).toBeVisible();
  await look(page);
  await shot(page, 'stepup-phone');
  await showFactor(page, owned.box, owned.keys.secret);
  await expect(page.getByRole('dialog', { name: 'Add an authenticator' })).toBeVisible();
});

test('a second authenticator is added and gets another name', async () => {
  const dialog = page.getByRole('dialog', { name: 'Add an authenticator' });
  second = (await dialog.locator('code').innerText()).replace(/\s/g, '');
  await look(page);
  await shot(page, 'add-phone');
  await dialog.getByLabel('What to call it').fill('Tablet');
  await dialog.getByLabel('Code from the app').fill(totp(second, owned.box.now()));
  await dialog.getByRole('button', { name: 'Add authenticator' }).click();
  await expect(dialog).toBeHidden();
  await row(page, 'Tablet').getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('What to call it').fill('Kitchen tablet');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(row(page, 'Kitchen tablet')).toHaveCount(1);
});

test('the other browser is told, until it was seen there', async () => {
  await other.goto(owned.box.origin);
  const note = other.getByRole('region', { name: 'About your account' });
  await expect(note).toContainText('A second factor was added to your account: Tablet.');
  await expect(note).toContainText('A second factor of your account has another name now');
  await expect(note.getByRole('button', { name: 'It was not me' }).first()).toBeVisible();
  await look(other);
  await shot(other, 'notice-desktop');
  await note.getByRole('button', { name: 'All seen' }).click();
  await expect(note).toBeHidden();
  await other.goto(`${owned.box.origin}/settings/security`);
  await expect(row(other, 'Kitchen tablet')).toHaveCount(1);
  await expect(other.getByRole('region', { name: 'About your account' })).toBeHidden();
  await shot(other, 'security-desktop');
});

test('the first one is removed, and the other browser is signed out', async () => {
  await page.getByRole('button', { name: 'Remove Authenticator' }).click();
  await look(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(row(page, 'Authenticator app')).toHaveCount(1);
  await other.goto(`${owned.box.origin}/settings/security`);
  await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.getByRole('button', { name: 'Remove Kitchen tablet' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('dialog')).toContainText('This is your last second factor');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
});

test('the new one signs in, and a remembered device is not asked again', async () => {
  const goIn = async () => {
    await other.getByLabel('Name').fill(NAME);
    await other.locator('input[name=password]').fill(PASSWORD);
    await other.locator('button.primary').click();
  };
  await other.goto(`${owned.box.origin}/signin`);
  await goIn();
  await owned.box.pass(60);
  await other.getByLabel('Code from the app').fill(totp(second, owned.box.now()));
  await other.getByLabel('Do not ask on this device for a while').check();
  await other.getByLabel('For how long').selectOption({ label: '90 days' });
  await look(other);
  await other.locator('button.primary').click();
  await other.waitForURL(`${owned.box.origin}/`);
  await expect(other.getByRole('region', { name: 'About your account' })).toContainText('removed');
  await other.goto(`${owned.box.origin}/settings`);
  await other.getByRole('button', { name: 'Sign out' }).click();
  await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await goIn();
  await other.waitForURL((url) => !url.pathname.startsWith('/signin'));
});

test('new recovery codes are shown once and count when one was typed', async () => {
  await page.reload();
  await expect(page.getByText('10 recovery codes are left.')).toBeVisible();
  await owned.box.pass(16 * 60);
  await page.getByRole('button', { name: 'Make new codes' }).click();
  await showFactor(page, owned.box, second);
  const dialog = page.getByRole('dialog', { name: 'New recovery codes' });
  const codes = await dialog.locator('ol li').allInnerTexts();
  expect(new Set(codes).size).toBe(10);
  expect(codes).not.toContain(owned.keys.codes[0]);
  await look(page);
  await shot(page, 'codes-phone');
  await dialog.getByLabel('Last four characters').fill(codes[3]?.slice(-4) ?? '');
  await dialog.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('10 recovery codes are left.')).toBeVisible();
});

test('another password signs out everywhere else', async () => {
  await page.getByRole('button', { name: 'Change password' }).click();
  const dialog = page.getByRole('dialog', { name: 'Change password' });
  await look(page);
  await dialog.getByLabel('Present password').fill('not this one');
  await dialog.getByLabel('New password').fill('nine blue umbrellas');
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog).toContainText('Your present password is another one.');
  await owned.box.pass(5);
  await dialog.getByLabel('Present password').fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog).toBeHidden();
  await other.goto(`${owned.box.origin}/settings`);
  await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});
