// A lost phone: from the sign-in page to every way in, and from the computer all that hangs on it ends
// in one act.
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { DESKTOP, PHONE } from './browser.ts';
import { look } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { nameOneself, signIn } from './person.ts';
import { shot } from './shots.ts';
import { totp } from './totp.ts';

test.describe.configure({ mode: 'serial' });

let owned: Owned;
let phone: BrowserContext;
let lost: Page;
let desk: Page;

test.beforeAll(async () => {
  owned = await ownedBox({});
  desk = await (await owned.own.device(DESKTOP)).newPage();
  phone = await owned.own.device({ ...PHONE, userAgent: 'Mozilla/5.0 (Android 15) Firefox/140.0' });
  lost = await phone.newPage();
});
test.afterAll(() => owned.close());

const tick = (name: string) => desk.getByRole('checkbox', { name });

test('whoever cannot show a factor is told of every way in', async () => {
  const page = await (await owned.own.device(PHONE)).newPage();
  await page.goto(`${owned.box.origin}/signin`);
  await page.getByRole('link', { name: 'I cannot sign in' }).click();
  await expect(page.getByRole('heading', { name: 'Ways to sign in' })).toBeVisible();
  for (const way of ['A recovery code', 'A passkey on another device', 'The owner of this server']) {
    await expect(page.getByRole('heading', { name: way })).toBeVisible();
  }
  await page.getByText('I am the owner myself').click();
  await expect(page.getByRole('link', { name: 'I have a recovery code' })).toHaveAttribute('href', '/rescue');
  await look(page);
  await shot(page, 'lost-outside-phone');
  await page.getByRole('link', { name: 'To the sign-in page' }).click();
  await nameOneself(page);
  await page.getByRole('button', { name: 'Use a recovery code instead' }).click();
  await page.getByLabel('Recovery code').fill(owned.keys.codes[0] ?? '');
  await page.locator('button.primary').click();
  await expect(page.getByRole('heading', { name: 'I lost a device' })).toBeVisible();
  // Nothing else can be shown: another factor comes first.
  await page.getByRole('checkbox', { name: 'Authenticator' }).check();
  await expect(page.getByText('First set up another factor')).toBeVisible();
  await expect(page.getByRole('button', { name: 'End it all now' })).toHaveAttribute('aria-disabled', 'true');
  await look(page);
  await shot(page, 'lost-first-phone');
  await page.close();
});

test('naming the phone names what was made in it', async () => {
  await desk.goto(`${owned.box.origin}/signin`);
  await signIn(desk, owned.box, owned.keys);
  await desk.waitForURL(`${owned.box.origin}/`);
  await lost.goto(`${owned.box.origin}/signin`);
  await signIn(lost, owned.box, owned.keys);
  await lost.waitForURL(`${owned.box.origin}/`);
  await lost.goto(`${owned.box.origin}/settings/security`);
  await lost.getByRole('button', { name: 'Add authenticator' }).click();
  const dialog = lost.getByRole('dialog', { name: 'Add an authenticator' });
  const secret = (await dialog.locator('code').innerText()).replace(/\s/g, '');
  await dialog.getByLabel('What to call it').fill('On the phone');
  await dialog.getByLabel('Code from the app').fill(totp(secret, owned.box.now()));
  await dialog.getByRole('button', { name: 'Add authenticator' }).click();
  await expect(dialog).toBeHidden();

  await desk.goto(`${owned.box.origin}/settings/security`);
  await desk.getByRole('link', { name: 'I lost a device' }).click();
  await expect(tick('On the phone')).not.toBeChecked();
  await tick('Firefox on Android').check();
  await expect(tick('On the phone')).toBeChecked();
  await expect(desk.getByText('every other device is signed out')).toBeVisible();
  await look(desk);
  await shot(desk, 'lost-desktop');
});

test('one act ends it, and says what else to do', async () => {
  await owned.box.pass(16 * 60);
  await desk.getByRole('button', { name: 'End it all now' }).click();
  const question = desk.getByRole('dialog', { name: 'Is it still you?' });
  await question.getByLabel('Code from the app').fill(totp(owned.keys.secret, owned.box.now()));
  await question.getByRole('button', { name: 'Go on' }).click();
  await expect(desk.getByRole('heading', { name: 'It opens nothing any more' })).toBeVisible();
  await expect(desk.getByText('Firefox on Android', { exact: true })).toBeVisible();
  await look(desk);
  await shot(desk, 'lost-after-desktop');
  await lost.goto(`${owned.box.origin}/settings`);
  await expect(lost.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await desk.getByRole('link', { name: 'Add a factor' }).click();
  await expect(desk.locator('p.name').filter({ hasText: 'Authenticator' })).toBeVisible();
  await expect(desk.locator('p.name').filter({ hasText: 'On the phone' })).toHaveCount(0);
});
