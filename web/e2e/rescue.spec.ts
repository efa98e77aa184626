// Ways back: the owner helps a member with a link, and comes back alone with the box in hand.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { DESKTOP, PHONE } from './browser.ts';
import { look, watchLog } from './checks.ts';
import { addMember, MEMBER, nameOneself } from './member.ts';
import { ownedBox, type Owned } from './owned.ts';
import { confirmTotp, goOn, NAME, PASSWORD } from './person.ts';
import { totp } from './totp.ts';

const NEW = 'nine purple umbrellas';

const heading = (page: Page, name: string) => page.getByRole('heading', { name });

test.describe('ways back', () => {
  let owned: Owned;

  test.beforeAll(async () => {
    owned = await ownedBox({});
    addMember(owned.box.facts.data_dir);
  });
  test.afterAll(() => owned.close());

  const device = (options = PHONE): Promise<BrowserContext> => owned.own.device(options);

  test('a member who forgot the password comes back by a link of the owner', async () => {
    const { box, page } = owned;
    const old = await (await device()).newPage();
    await old.goto(`${box.origin}/signin`);
    await nameOneself(old, MEMBER, PASSWORD);
    await old.waitForURL(`${box.origin}/`);

    const log = watchLog(page);
    await page.goto(`${box.origin}/settings`);
    await page.getByRole('link', { name: 'People who use this server' }).click();
    await expect(heading(page, 'People')).toBeVisible();
    await look(page);
    await page.getByRole('button', { name: `One-time link ${MEMBER}` }).click();
    const dialog = page.getByRole('dialog');
    await look(page);
    await dialog.getByRole('button', { name: 'Make it' }).click();
    const link = await dialog.locator('.text').innerText();
    expect(link).toContain(`${box.origin}/reset#s=`);
    await look(page);

    const phone = await (await device()).newPage();
    const phoneLog = watchLog(phone);
    await phone.goto(link);
    await expect(phone.getByText(MEMBER)).toBeVisible();
    expect(phone.url(), 'the secret leaves the address bar').toBe(`${box.origin}/reset`);
    await phone.reload();
    await look(phone);
    await phone.locator('input[name=password]').fill(NEW);
    await goOn(phone).click();
    await expect(heading(phone, 'The new password holds')).toBeVisible();
    await look(phone);
    await phone.getByRole('button', { name: 'Sign in' }).click();
    await nameOneself(phone, MEMBER, NEW);
    await phone.waitForURL(`${box.origin}/`);

    await old.goto(`${box.origin}/`);
    await expect(heading(old, 'Sign in')).toBeVisible();
    await phone.goto(link);
    await expect(heading(phone, 'This link is over')).toBeVisible();
    await look(phone);
    expect([...log(), ...phoneLog()].filter((line) => !/\b40[13]\b/.test(line))).toEqual([]);
  });

  test('a link may ask for a new authenticator, and its recovery codes are kept', async () => {
    const { box, page } = owned;
    await page.goto(`${box.origin}/settings/people`);
    await page.getByRole('button', { name: `One-time link ${MEMBER}` }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Set up a new authenticator, too').check();
    await dialog.getByRole('button', { name: 'Make it' }).click();
    const link = await dialog.locator('.text').innerText();
    await dialog.getByRole('button', { name: 'Close' }).click();

    const phone = await (await device(DESKTOP)).newPage();
    await phone.goto(link);
    await phone.locator('input[name=password]').fill(NEW);
    await goOn(phone).click();
    const secret = await confirmTotp(phone, box);
    await expect(phone.locator('ol li')).toHaveCount(10);
    await phone.getByLabel('I wrote them down').check();
    await goOn(phone).click();
    await phone.getByRole('button', { name: 'Sign in' }).click();
    await nameOneself(phone, MEMBER, NEW);
    await box.pass(60);
    await phone.getByLabel('Code from the app').fill(totp(secret, box.now()));
    await phone.locator('button.primary').click();
    await phone.waitForURL(`${box.origin}/`);
    await page.reload();
    await expect(page.locator('li.card').filter({ hasText: MEMBER })).toContainText('Authenticator app');
  });

  test('a code of the owner stands in for a lost phone', async () => {
    const { box, page } = owned;
    await page.goto(`${box.origin}/settings/people`);
    await page.getByRole('button', { name: `One-time code ${MEMBER}` }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Make it' }).click();
    const code = await dialog.locator('.text').innerText();
    await look(page);

    const phone = await (await device()).newPage();
    await phone.goto(`${box.origin}/signin`);
    await nameOneself(phone, MEMBER, NEW);
    await phone.getByRole('button', { name: 'Use a recovery code instead' }).click();
    await phone.getByLabel('Recovery code').fill(code);
    await phone.locator('button.primary').click();
    await phone.waitForURL(`${box.origin}/`);
  });

  test('the owner comes back with the box in hand and a recovery code', async () => {
    const { box, page, keys } = owned;
    const [wish, links] = ['rescue-wanted', 'rescue-links'].map((name) => join(box.facts.data_dir, name));
    if (!wish || !links) throw new Error('two files have two names');
    writeFileSync(wish, '');
    await expect.poll(() => existsSync(links) && !existsSync(wish), { timeout: 20_000 }).toBe(true);
    const link = readFileSync(links, 'utf8').split('\n')[0] ?? '';

    const phone = await (await device()).newPage();
    await phone.goto(link.replace(/^https:\/\/[^/]+/, box.origin));
    await expect(heading(phone, 'Back into your Stead')).toBeVisible();
    await look(phone);
    await phone.getByLabel('Recovery code').fill(keys.codes[4] ?? '');
    await goOn(phone).click();
    await phone.locator('input[name=password]').fill(NEW);
    await goOn(phone).click();
    await expect(heading(phone, 'A second lock')).toBeVisible();
    await look(phone);
    await phone.getByRole('button', { name: 'Keep the authenticator I have' }).click();
    await expect(heading(phone, 'The new password holds')).toBeVisible();
    await phone.getByRole('button', { name: 'Sign in' }).click();
    await nameOneself(phone, NAME, NEW);
    await box.pass(60);
    await phone.getByLabel('Code from the app').fill(totp(keys.secret, box.now()));
    await phone.locator('button.primary').click();
    await phone.waitForURL(`${box.origin}/`);
    await page.goto(`${box.origin}/`);
    await expect(heading(page, 'Sign in')).toBeVisible();
  });

  test('a code that this box was not set up with is typed again, and other ways are named', async () => {
    const { box, keys } = owned;
    const phone = await (await device()).newPage();
    await phone.goto(`${box.origin}/lost`);
    await phone.getByText('I am the owner myself').click();
    await look(phone);
    await phone.getByRole('link', { name: 'I have a recovery code' }).click();
    await expect(phone.getByText('stead rescue')).toBeVisible();
    await look(phone);
    await phone.getByLabel('Your own code').fill('seven brown kettles');
    await goOn(phone).click();
    await phone.getByLabel('Recovery code').fill(keys.codes[5] ?? '');
    await goOn(phone).click();
    await expect(phone.getByText('This does not prove that the box is yours')).toBeVisible();
    await expect(phone.getByLabel('Your own code')).toHaveValue('seven brown kettles');
    await look(phone);
    await phone.getByRole('link', { name: 'Show it with the plug' }).click();
    await expect(heading(phone, 'Show it with the plug')).toBeVisible();
  });
});
