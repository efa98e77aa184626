// The account service alone: from nothing to a passkey on one page each, and a server that is let in.
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { Box } from './box.ts';
import { openBrowser, PHONE, type OwnBrowser } from './browser.ts';
import { look, watchLog } from './checks.ts';
import { goOn, keepCodes } from './person.ts';
import { totp } from './totp.ts';

test.describe.configure({ mode: 'serial' });

const PASSWORD = 'nineteen quiet herons';

let box: Box;
let own: OwnBrowser;
let phone: BrowserContext;
let page: Page;
let complaints: () => string[];

test.beforeAll(async () => {
  box = await Box.start(undefined, 'accounts');
  own = await openBrowser(box, 'trusts');
  phone = await own.device(PHONE);
  page = await phone.newPage();
  complaints = watchLog(page);
  const cdp = await phone.newCDPSession(page);
  await cdp.send('WebAuthn.enable', {});
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
});

test.afterAll(async () => {
  await own.close();
  await box.stop();
});

async function shot(name: string): Promise<void> {
  const folder = process.env.STEAD_SHOTS;
  if (folder === undefined) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 780 });
      await page.screenshot({ path: `${folder}/${name}-${colorScheme}-${width}.png`, fullPage: true });
    }
  }
  await page.setViewportSize({ width: 390, height: 780 });
  await page.emulateMedia({ colorScheme: null });
}

/** A form, as a server sends it. */
const post = (path: string, members: Record<string, string>) =>
  page.evaluate(
    async ([path, members]) => {
      const answer = await fetch(path, { method: 'POST', body: new URLSearchParams(members) });
      return (await answer.json()) as Record<string, string>;
    },
    [path, members] as const,
  );

/** A page as a person sees it. */
async function seen(name: string, heading: string): Promise<void> {
  await expect(page.getByRole('heading', { name: heading, exact: true })).toBeVisible();
  await look(page);
  await shot(name);
}

test('a stranger is led to sign in, and from there to make an account', async () => {
  await page.goto(`${box.origin}/`);
  await page.waitForURL(/\/signin/);
  await expect(page.getByRole('link', { name: 'This is a TV' })).toHaveCount(0);
  await seen('accounts-signin', 'Sign in');
  await page.getByRole('link', { name: 'Make an account' }).click();
  await page.waitForURL(/\/signup/);
});

test('sign-up to passkey takes one page each', async () => {
  await seen('accounts-who', 'Make an account');
  await page.getByLabel('Name', { exact: true }).fill('Robin');
  await page.locator('input[name=password]').fill('too short');
  await goOn(page).click();
  await expect(page.getByRole('heading', { name: 'Make an account' })).toBeVisible();
  await page.locator('input[name=password]').fill(PASSWORD);
  await goOn(page).click();

  await seen('accounts-passkey', 'Sign in without the password');
  await page.getByRole('button', { name: 'Make the passkey' }).click();

  await seen('accounts-totp', 'A second lock');
  const secret = (await page.locator('code').innerText()).replace(/\s/g, '');
  await page.getByLabel('Code from the app').fill(totp(secret, box.now()));
  await goOn(page).click();

  await seen('accounts-codes', 'Recovery codes');
  const codes = await keepCodes(page);
  await seen('accounts-tail', 'Just to be sure');
  await page.getByLabel('Last four characters').fill(codes[0]?.slice(-4) ?? '');
  await page.getByRole('button', { name: 'Finish set-up' }).click();
  await page.waitForURL(`${box.origin}/`);
  await seen('accounts-home', 'Stead account');
  expect(complaints()).toEqual([]);
});

test('what one signs in with stands on one page, and media is nowhere', async () => {
  await page.getByRole('link', { name: 'Password, authenticators and recovery codes' }).click();
  await seen('accounts-security', 'Security');
  await expect(page.getByRole('listitem').filter({ hasText: 'Authenticator' })).toHaveCount(1);
  expect(complaints()).toEqual([]);
  const answers = await page.evaluate(() =>
    Promise.all(['/settings', '/api/v1/libraries', '/tv'].map(async (path) => (await fetch(path)).status)),
  );
  expect(answers).toEqual([404, 404, 404]);
  complaints();
});

test('a server shows a code and is let in by name, address and that code', async () => {
  const offer = await post('/oauth/device_authorization', {
    client_id: 'stead-server',
    scope: 'openid registration',
    device_name: 'The cellar',
  });
  await page.goto(`${box.origin}/device#code=${offer.user_code}`);
  await seen('accounts-device', 'Is this in front of you?');
  await expect(page.locator('dd').filter({ hasText: 'The cellar' })).toBeVisible();
  await expect(page.locator('.code')).toHaveText(offer.user_code ?? '');
  await expect(page.locator('dl')).toContainText('127.0.0.1');
  await page.getByRole('button', { name: 'Let it in' }).click();
  await seen('accounts-device-done', 'It is in');
  const given = await post('/oauth/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: 'stead-server',
    device_code: offer.device_code ?? '',
  });
  expect(given.scope).toBe('openid registration');
});

test('whoever signs out comes back by the passkey alone', async () => {
  await page.goto(`${box.origin}/`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(/\/signin/);
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.waitForURL(`${box.origin}/`);
  await expect(page.getByRole('heading', { name: 'Stead account' })).toBeVisible();
});
