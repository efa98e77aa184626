// The account service alone: from nothing to a passkey on one page each, and a server that is let in.
import { execFileSync } from 'node:child_process';
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { Box } from './box.ts';
import { openBrowser, PHONE, type OwnBrowser } from './browser.ts';
import { look, watchLog } from './checks.ts';
import { goOn, keepCodes } from './person.ts';
import { totp } from './totp.ts';

test.describe.configure({ mode: 'serial' });

const PASSWORD = 'nineteen quiet herons';
const REDIRECT = 'https://cellar.example/signin/callback';
/** The program; scripts/browser says where it is. */
const STEAD = process.env.STEAD_BIN ?? 'stead';

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

const shot = (name: string) => shotOf(page, name);

async function shotOf(on: Page, name: string): Promise<void> {
  const folder = process.env.STEAD_SHOTS;
  if (folder === undefined) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await on.emulateMedia({ colorScheme });
    for (const width of [390, 1280]) {
      await on.setViewportSize({ width, height: 780 });
      await on.screenshot({ path: `${folder}/${name}-${colorScheme}-${width}.png`, fullPage: true });
    }
  }
  await on.setViewportSize({ width: 390, height: 780 });
  await on.emulateMedia({ colorScheme: null });
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

/** A server that Robin lets in, which calls itself so: its client id. */
async function letIn(name: string): Promise<string> {
  const offer = await post('/oauth/device_authorization', {
    client_id: 'stead-server',
    scope: 'openid registration',
    device_name: name,
  });
  return page.evaluate(
    async ([code, device, name, redirect]) => {
      const json = { 'content-type': 'application/json' };
      const body = JSON.stringify({ code, name });
      await fetch('/api/v1/devices/approve', { method: 'POST', headers: json, body });
      const form = new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        client_id: 'stead-server',
        device_code: device,
      });
      const given = await fetch('/oauth/token', { method: 'POST', body: form });
      const { access_token } = (await given.json()) as { access_token: string };
      const made = await fetch('/oauth/register', {
        method: 'POST',
        headers: { ...json, authorization: `Bearer ${access_token}` },
        body: JSON.stringify({ client_name: name, redirect_uris: [redirect] }),
      });
      return ((await made.json()) as { client_id: string }).client_id;
    },
    [offer.user_code ?? '', offer.device_code ?? '', name, REDIRECT] as const,
  );
}

test('a program of somebody unknown sends nobody anywhere, and says where it would', async () => {
  const client = await letIn('A far <b>cellar</b> with a name longer than the line of a phone');
  const stranger = await (await own.device(PHONE)).newPage();
  const query = new URLSearchParams({ client_id: client, redirect_uri: REDIRECT, response_type: 'token' });
  await stranger.goto(`${box.origin}/authorize?${query}`);
  await expect(stranger.getByRole('heading', { name: 'This cannot be connected' })).toBeVisible();
  await expect(stranger.locator('main')).toContainText('cellar.example');
  await look(stranger);
  await shotOf(stranger, 'accounts-stopped');
  expect(new URL(stranger.url()).origin).toBe(box.origin);
  const there = stranger.getByRole('link', { name: 'Go to cellar.example all the same' });
  expect(await there.getAttribute('href')).toContain(`${REDIRECT}?error=unsupported_response_type`);
  await stranger.context().close();
});

test('whom one let in is seen at Security, and taken back', async () => {
  await page.goto(`${box.origin}/settings/security`);
  const row = page.getByRole('listitem').filter({ hasText: 'cellar.example' });
  await expect(row).toHaveCount(1);
  await expect(row).toContainText('not used by you yet');
  await seen('accounts-connections', 'Servers and apps you let in');
  await row.getByRole('button', { name: /Disconnect/ }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('it ends for everybody');
  await look(page);
  await shot('accounts-disconnect');
  await dialog.getByRole('button', { name: 'Disconnect' }).click();
  await expect(page.getByText('is disconnected')).toBeVisible();
  await expect(row).toHaveCount(0);
  await expect(page.getByText('None yet.')).toBeVisible();
});

test('whoever signs out comes back by the passkey alone', async () => {
  await page.goto(`${box.origin}/`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(/\/signin/);
  // Chromium may answer with the passkey among the names before the button is reached.
  const pressed = page.getByRole('button', { name: 'Use a passkey' }).click();
  await Promise.any([pressed, page.waitForURL(`${box.origin}/`)]);
  await page.waitForURL(`${box.origin}/`);
  await expect(page.getByRole('heading', { name: 'Stead account' })).toBeVisible();
});

test('who forgot the password gets a link of whoever runs the service', async () => {
  const { data_dir, http_port } = box.facts;
  const place = ['--config', '/dev/null', '--data', data_dir, '--http-port', `${http_port}`];
  const told = execFileSync(STEAD, ['accounts', 'link', 'Robin', ...place], { encoding: 'utf8' });
  const secret = /\/reset#s=(\S+)/.exec(told)?.[1] ?? '';
  const stranger = await (await own.device(PHONE)).newPage();
  await stranger.goto(`${box.origin}/lost`);
  await expect(stranger.getByText('Whoever runs this service')).toBeVisible();
  await look(stranger);
  await shotOf(stranger, 'accounts-lost');
  await stranger.goto(`${box.origin}/reset#s=${secret}`);
  await expect(stranger.getByRole('heading', { name: 'A new password' })).toBeVisible();
  await look(stranger);
  await stranger.locator('input[name=password]').fill('nine purple umbrellas');
  await goOn(stranger).click();
  await expect(stranger.getByRole('heading', { name: 'The new password holds' })).toBeVisible();
  // Another page first: only the fragment would change, and nothing be loaded.
  await stranger.goto(`${box.origin}/lost`);
  await stranger.goto(`${box.origin}/reset#s=${secret}`);
  await expect(stranger.getByText('Ask whoever runs this service')).toBeVisible();
  await look(stranger);
  await page.goto(`${box.origin}/`);
  await page.waitForURL(/\/signin/);
});
