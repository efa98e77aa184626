// The owner invites somebody by a link; they come in on their own phone and see what was shared, and
// nothing else. Then more is shared, they get another role, are removed, and everybody is signed out.
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { DESKTOP, PHONE } from './browser.ts';
import { look, watchLog } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { signIn } from './person.ts';
import { shot } from './shots.ts';
import { totp } from './totp.ts';

test.describe.configure({ mode: 'serial' });

const PASSWORD = 'four slow wooden ferries';

let owned: Owned;
let page: Page;
let guest: BrowserContext;
let sam: Page;
let link = '';

test.beforeAll(async () => {
  owned = await ownedBox({ Films: 2, Photos: 4 });
  page = owned.page;
  guest = await owned.own.device(PHONE);
  sam = await guest.newPage();
});

test.afterAll(async () => {
  await owned.close();
});

const heading = (on: Page, name: string | RegExp) => on.getByRole('heading', { name });
const dialog = (on: Page) => on.getByRole('dialog');
const person = (name: string) => page.locator('li.card').filter({ has: heading(page, name) });

async function makeLink(name: string, library: string): Promise<string> {
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await dialog(page).getByLabel('Name', { exact: true }).fill(name);
  await dialog(page).getByLabel(library).check();
  await look(page);
  await shot(page, `invite-${name}`);
  await dialog(page).getByRole('button', { name: 'Make the link' }).click();
  await expect(dialog(page).getByRole('img', { name: 'QR code of the invitation' })).toBeVisible();
  await look(page);
  await shot(page, `invited-${name}`);
  const text = await dialog(page).locator('.text').innerText();
  await dialog(page).getByRole('button', { name: 'Close' }).click();
  return text;
}

test('an invitation says where its link works, and the link is shown once', async () => {
  await page.goto(`${owned.box.origin}/settings/people`);
  await look(page);
  await page.getByRole('link', { name: 'Invite people' }).click();
  await expect(heading(page, 'Invitations')).toBeVisible();
  await expect(page.getByText('works only in your home network')).toBeVisible();
  link = await makeLink('Sam', 'Films');
  expect(link).toContain('/join#s=');
  await expect(page.getByRole('listitem').filter({ hasText: 'Sam' })).toContainText('good for 7 more days');
  await look(page);
  await shot(page, 'invitations-phone');
});

test('whoever opens it comes in and sees what was shared and nothing else', async () => {
  const complaints = watchLog(sam);
  await sam.goto(link);
  await expect(heading(sam, /Come in to/)).toBeVisible();
  await expect(sam.getByText('Maria invites you, Sam.')).toBeVisible();
  expect(sam.url()).not.toContain('s=');
  await look(sam);
  await shot(sam, 'join-phone');
  // A password alone has to be a long one.
  await sam.locator('input[name=password]').fill('few chars');
  await sam.getByRole('button', { name: 'Come in' }).click();
  await expect(sam.getByRole('alert')).toContainText('at least 15 characters');
  await sam.locator('input[name=password]').fill(PASSWORD);
  expect(complaints().filter((one) => !one.includes('422'))).toEqual([]);
  await sam.getByRole('button', { name: 'Come in' }).click();
  await expect(heading(sam, 'You are in')).toBeVisible();
  await look(sam);
  await sam.getByRole('button', { name: 'Look around' }).click();
  await sam.waitForURL(`${owned.box.origin}/`);
  await expect(sam.getByRole('link', { name: 'Films' }).first()).toBeVisible();
  await expect(sam.getByRole('link', { name: 'Photos' })).toHaveCount(0);
  await look(sam);
});

test('the link is over then', async () => {
  const late = await (await owned.own.device(PHONE)).newPage();
  await late.goto(link);
  await expect(heading(late, 'This invitation is over')).toBeVisible();
  await look(late);
  await shot(late, 'join-over');
  await late.close();
});

test('with an authenticator a shorter password does, and recovery codes are kept', async () => {
  const second = await makeLink('Kim', 'Photos');
  const kim = await (await owned.own.device(DESKTOP)).newPage();
  await kim.goto(second);
  await kim.getByLabel('Set up an authenticator app, too').check();
  await kim.locator('input[name=password]').fill('harbour bells');
  await shot(kim, 'join-desktop');
  await kim.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(kim, 'A second lock')).toBeVisible();
  const secret = (await kim.locator('code').innerText()).replace(/\s/g, '');
  await kim.getByLabel('Code from the app').fill(totp(secret, owned.box.now()));
  await kim.getByRole('button', { name: 'Continue' }).click();
  await expect(heading(kim, 'Recovery codes')).toBeVisible();
  await kim.getByLabel('I wrote them down').check();
  await kim.getByRole('button', { name: 'Continue' }).click();
  await kim.getByRole('button', { name: 'Look around' }).click();
  await expect(kim.getByRole('link', { name: 'Photos' }).first()).toBeVisible();
  await kim.close();
});

test('the owner ticks who sees a library, and that counts at once', async () => {
  await page.goto(`${owned.box.origin}/settings`);
  const photos = page.locator('li.card').filter({ has: page.getByRole('link', { name: 'Photos' }) });
  await photos.getByRole('button', { name: 'Who sees it' }).click();
  await expect(dialog(page).getByLabel('Kim')).toBeChecked();
  await expect(dialog(page).getByLabel('Sam')).not.toBeChecked();
  await look(page);
  await shot(page, 'share-phone');
  await dialog(page).getByLabel('Sam').check();
  await sam.reload();
  await expect(sam.getByRole('link', { name: 'Photos' }).first()).toBeVisible();
  await dialog(page).getByLabel('Sam').uncheck();
  await sam.reload();
  await expect(sam.getByRole('link', { name: 'Films' }).first()).toBeVisible();
  await expect(sam.getByRole('link', { name: 'Photos' })).toHaveCount(0);
});

test('another role and the end are asked about before', async () => {
  await page.goto(`${owned.box.origin}/settings/people`);
  await shot(page, 'people-phone');
  await person('Kim').getByRole('button', { name: 'Make administrator' }).click();
  await look(page);
  await shot(page, 'role-phone');
  await dialog(page).getByRole('button', { name: 'Make administrator' }).click();
  await expect(person('Kim')).toContainText('Administrator');
  await person('Sam').getByRole('button', { name: 'Remove' }).click();
  await expect(dialog(page)).toContainText('This cannot be undone');
  await look(page);
  await shot(page, 'remove-phone');
  await dialog(page).getByRole('button', { name: 'Remove' }).click();
  await expect(person('Sam')).toHaveCount(0);
  await sam.reload();
  await expect(sam.getByLabel('Name')).toBeVisible();
});

test('after a security event everybody is out but this browser, and a new password is asked for', async () => {
  const desk = await (await owned.own.device(DESKTOP)).newPage();
  await desk.goto(`${owned.box.origin}/signin`);
  await signIn(desk, owned.box, owned.keys);
  await desk.waitForURL(`${owned.box.origin}/`);
  await desk.goto(`${owned.box.origin}/settings/people`);
  await expect(heading(desk, 'Kim')).toBeVisible();
  await shot(desk, 'people-desktop');
  await page.goto(`${owned.box.origin}/settings`);
  await page.getByRole('button', { name: 'Sign everybody out' }).click();
  await look(page);
  await shot(page, 'event-phone');
  const name = await page.evaluate(async () => {
    const answer = await fetch('/api/v1/server');
    return ((await answer.json()) as { name: string }).name;
  });
  await dialog(page).getByLabel('Type the name of the server').fill(name);
  await dialog(page).getByRole('button', { name: 'Sign everybody out' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Security', exact: true })).toBeVisible();
  await look(page);
  await desk.reload();
  await expect(desk.getByLabel('Name')).toBeVisible();
});
