// "It was not me": a stranger who knows the password and saw a code loses all that they took.
import { expect, test, type Page } from '@playwright/test';
import { Box } from './box.ts';
import { DESKTOP, openBrowser, PHONE } from './browser.ts';
import { look } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { NAME, PASSWORD, signIn } from './person.ts';
import { shot } from './shots.ts';

test.describe.configure({ mode: 'serial' });

let owned: Owned;
let thief: Page;

test.beforeAll(async () => {
  owned = await ownedBox({});
  thief = await (
    await owned.own.device({ ...DESKTOP, userAgent: 'Mozilla/5.0 (Windows NT 10.0) Firefox/140.0' })
  ).newPage();
  await thief.goto(`${owned.box.origin}/signin`);
  await signIn(thief, owned.box, owned.keys);
  await thief.waitForURL(`${owned.box.origin}/`);
});
test.afterAll(() => owned.close());

test('a sign-in is told on the phone, and taken back there', async () => {
  const { page, box } = owned;
  await page.goto(box.origin);
  const note = page.getByRole('region', { name: 'About your account' });
  await expect(note).toContainText('Somebody signed in to your account: Firefox on Windows.');
  await look(page);
  await shot(page, 'notice-phone');
  await note.getByRole('button', { name: 'It was not me' }).click();
  const dialog = page.getByRole('dialog', { name: 'It was not you?' });
  await look(page);
  await shot(page, 'disown-phone');
  await dialog.getByRole('button', { name: 'It was not me' }).click();
  const password = page.getByRole('dialog', { name: 'Change password' });
  await expect(password).toBeVisible();
  await expect(password.getByLabel('Present password')).toHaveCount(0);
  await look(page);
  await shot(page, 'disown-password-phone');
  await thief.goto(`${box.origin}/settings`);
  await expect(thief.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('until another password is chosen the page asks for one', async () => {
  const { page, box } = owned;
  await page.goto(box.origin);
  await expect(page.getByText('Choose another one.')).toBeVisible();
  await look(page);
  await page.getByRole('button', { name: 'Choose a new password' }).click();
  const password = page.getByRole('dialog', { name: 'Change password' });
  await password.getByLabel('New password').fill('nine blue umbrellas');
  await password.getByRole('button', { name: 'Change password' }).click();
  await expect(password).toBeHidden();
  await expect(page.getByText('Choose another one.')).toBeHidden();
  await thief.goto(`${box.origin}/signin`);
  await thief.getByLabel('Name').fill(NAME);
  await thief.locator('input[name=password]').fill('nine blue umbrellas');
  await thief.locator('button.primary').click();
  await expect(thief.getByLabel('Code from the app')).toBeVisible();
});

// Nobody could help there who is shut out, so a password that is all there is stays good for another.
test('at an account service the present password is asked for where it is all there is', async () => {
  const box = await Box.start(undefined, 'accounts');
  const own = await openBrowser(box, 'trusts');
  try {
    const page = await (await own.device(PHONE)).newPage();
    await page.goto(`${box.origin}/signup`);
    const made = await page.evaluate(
      async (who) => {
        const headers = { 'content-type': 'application/json' };
        return (await fetch('/api/v1/signup', { method: 'POST', headers, body: who })).status;
      },
      JSON.stringify({ name: NAME, password: PASSWORD }),
    );
    expect(made).toBe(201);
    const stranger = await (await own.device(DESKTOP)).newPage();
    for (const on of [page, stranger]) {
      await on.goto(`${box.origin}/signin`);
      await on.getByLabel('Name').fill(NAME);
      await on.locator('input[name=password]').fill(PASSWORD);
      await on.locator('button.primary').click();
      await expect(on.getByRole('heading', { name: 'Sign in' })).toBeHidden();
    }
    await page.goto(box.origin);
    await page.getByRole('button', { name: 'It was not me' }).click();
    const dialog = page.getByRole('dialog', { name: 'It was not you?' });
    await dialog.getByRole('button', { name: 'It was not me' }).click();
    const password = page.getByRole('dialog', { name: 'Change password' });
    await look(page);
    await password.getByLabel('Present password').fill(PASSWORD);
    await password.getByLabel('New password').fill('nine blue umbrellas');
    await password.getByRole('button', { name: 'Change password' }).click();
    await expect(password).toBeHidden();
    await stranger.reload();
    await expect(stranger.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  } finally {
    await own.close();
    await box.stop();
  }
});
