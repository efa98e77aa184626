// Passkeys with Chromium's virtual authenticator: made on one page, used without a name, taken away.
import { expect, test, type CDPSession, type Page } from '@playwright/test';
import { openBrowser, PHONE } from './browser.ts';
import { look } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { signIn } from './person.ts';
import { shot } from './shots.ts';

test.describe.configure({ mode: 'serial' });

let owned: Owned;
let cdp: CDPSession;
let authenticatorId: string;

/** Whether somebody is at the authenticator, and shows their finger whenever it asks. */
const somebodyIsThere = (enabled: boolean) =>
  cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });

test.beforeAll(async () => {
  owned = await ownedBox({});
  cdp = await owned.phone.newCDPSession(owned.page);
  await cdp.send('WebAuthn.enable', {});
  const added = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  authenticatorId = added.authenticatorId;
});

test.afterAll(() => owned.close());

interface Me {
  session?: { id: string; assurance: string; methods: string[] };
}

/** The session of this browser, as the box knows it. */
const session = (page: Page) =>
  page.evaluate(async () => ((await (await fetch('/api/v1/me')).json()) as Me).session);

/** The entry of the passkey in the settings. */
const entry = (page: Page) => page.locator('p.name').filter({ hasText: 'Blue phone' });

const byPasskey = (page: Page) => page.getByRole('button', { name: 'Use a passkey' });

/** Opens the sign-in page past the browser's warning. */
async function clickThrough(page: Page): Promise<void> {
  await expect(page.goto(`${owned.box.origin}/signin`)).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
  await page.getByRole('button', { name: 'Advanced' }).click();
  await page.getByRole('link', { name: 'Proceed to' }).click();
  await expect(page.getByLabel('Name')).toBeVisible();
}

async function signOut(page: Page): Promise<void> {
  await page.goto(`${owned.box.origin}/settings`);
  await page.getByRole('button', { name: 'Sign out' }).click();
}

test('a passkey is made on one page', async () => {
  const { page, box } = owned;
  await page.goto(`${box.origin}/settings/security`);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  const dialog = page.getByRole('dialog');
  await look(page);
  await dialog.getByLabel('Name of the passkey').fill('Blue phone');
  await dialog.getByRole('button', { name: 'Make the passkey' }).click();
  await expect(dialog).toBeHidden();
  await expect(entry(page)).toBeVisible();
  await look(page);
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
  expect(credentials.map((key) => [key.rpId, key.isResidentCredential])).toEqual([
    [box.facts.host_name, true],
  ]);
});

test('it signs in without a name', async () => {
  const { page, box } = owned;
  await somebodyIsThere(false);
  await signOut(page);
  await page.waitForURL(/\/signin/);
  await expect(byPasskey(page)).toBeVisible();
  await look(page);
  await somebodyIsThere(true);
  await byPasskey(page).click();
  await page.waitForURL(`${box.origin}/settings`);
  expect(await session(page)).toMatchObject({
    assurance: 'mfa_phishing_resistant',
    methods: ['passkey'],
  });
});

test('it is offered among the names to fill in', async () => {
  const { page } = owned;
  const before = (await session(page))?.id;
  // Whoever is at the authenticator picks the first passkey that is offered.
  await signOut(page);
  const now = () => session(page).then((own) => own?.id, () => undefined);
  await expect.poll(async () => (await now()) ?? before).not.toBe(before);
});

test('where the certificate is not trusted a step-up does not offer it and says why', async () => {
  const own = await openBrowser(owned.box, 'distrusts');
  try {
    const page = await (await own.device(PHONE)).newPage();
    await clickThrough(page);
    await signIn(page, owned.box, owned.keys);
    await page.waitForURL(`${owned.box.origin}/`);
    await page.goto(`${owned.box.origin}/settings/security`);
    await page.getByRole('button', { name: 'Add authenticator' }).click();
    const dialog = page.getByRole('dialog', { name: 'Is it still you?' });
    await expect(dialog.getByRole('link', { name: 'How to let this device trust it' })).toBeVisible();
    await expect(dialog.getByText('does not trust the certificate')).toBeVisible();
    await expect(byPasskey(page)).toHaveCount(0);
    await look(page);
    await shot(page, 'untrusted-stepup-phone');
  } finally {
    await own.close();
  }
});

test('one that was taken away signs nobody in', async () => {
  const { page, box } = owned;
  await page.goto(`${box.origin}/settings/security`);
  await page.getByRole('button', { name: 'Remove Blue phone' }).click();
  await look(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(entry(page)).toBeHidden();
  await somebodyIsThere(false);
  await signOut(page);
  await expect(byPasskey(page)).toBeVisible();
  await somebodyIsThere(true);
  await byPasskey(page).click();
  await expect(page.getByRole('alert').filter({ hasText: 'not accepted' })).toBeVisible();
});

test('a page opened by an address offers none', async () => {
  const page = await owned.phone.newPage();
  await page.goto(`https://127.0.0.1:${owned.box.facts.https_port}/signin`);
  await expect(page.getByLabel('Name')).toBeVisible();
  await expect(byPasskey(page)).toBeHidden();
  await page.close();
});

const howTrust = (page: Page) => page.getByRole('button', { name: 'How to let this device trust it' });

test('a certificate that was only clicked through leads to its installation before anything is tapped', async () => {
  const own = await openBrowser(owned.box, 'distrusts');
  try {
    const page = await (await own.device(PHONE)).newPage();
    await clickThrough(page);
    await expect(howTrust(page)).toBeVisible();
    await expect(byPasskey(page)).toHaveCount(0);
    await look(page);
    await howTrust(page).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.locator('details').first()).toBeVisible();
    await dialog.getByRole('button', { name: 'It is done: look again' }).click();
    await expect(dialog.getByText('does not trust it yet')).toBeVisible();
    await look(page);
    await shot(page, 'untrusted-phone');
    await page.keyboard.press('Escape');
    await signIn(page, owned.box, owned.keys);
    await page.waitForURL(`${owned.box.origin}/`);
    await page.goto(`${owned.box.origin}/settings/security`);
    await expect(howTrust(page)).toBeVisible();
    await expect(page.getByRole('button', { name: 'Add a passkey' })).toHaveCount(0);
    await look(page);
    await shot(page, 'untrusted-security-phone');
  } finally {
    await own.close();
  }
});

test('a browser that cannot be asked beforehand remembers that it refused, until it is told otherwise', async () => {
  const own = await openBrowser(owned.box, 'distrusts');
  try {
    // The answer of somebody who clicks the browser's warning away.
    const clicked = await own.device({ ...PHONE, ignoreHTTPSErrors: true });
    await clicked.addInitScript(() => {
      PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
    });
    const page = await clicked.newPage();
    await page.goto(`${owned.box.origin}/signin`);
    await byPasskey(page).click();
    await expect(page.getByRole('alert').filter({ hasText: 'does not trust' })).toBeVisible();
    await expect(byPasskey(page)).toHaveCount(0);
    await page.reload();
    await expect(howTrust(page)).toBeVisible();
    await expect(byPasskey(page), 'not offered any more').toHaveCount(0);
    await howTrust(page).click();
    await page.getByRole('button', { name: 'It is done: look again' }).click();
    await expect(byPasskey(page)).toBeVisible();
    await page.reload();
    await expect(byPasskey(page)).toBeVisible();
  } finally {
    await own.close();
  }
});

test('a browser that trusts the certificate by now forgets that it did not', async () => {
  const page = await (await owned.own.device(PHONE)).newPage();
  await page.goto(`${owned.box.origin}/signin`);
  await page.evaluate(() => localStorage.setItem('stead.passkeys-untrusted', '1'));
  await page.reload();
  await expect(byPasskey(page)).toBeVisible();
  expect(await page.evaluate(() => localStorage.getItem('stead.passkeys-untrusted'))).toBeNull();
  await page.close();
});
