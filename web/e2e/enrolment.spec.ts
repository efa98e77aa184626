// From sign-up to a passkey: each thing that one signs in with takes one page, in the wizard and in the
// settings, at the size of a phone.
import { expect, test } from '@playwright/test';
import { Box } from './box.ts';
import { openBrowser, PHONE, type OwnBrowser } from './browser.ts';
import { look } from './checks.ts';
import { claim, openSetupFile, type Keys } from './person.ts';
import { shot } from './shots.ts';
import { totp } from './totp.ts';

test.describe.configure({ mode: 'serial' });

let box: Box;
let own: OwnBrowser;
let keys: Keys;
let page: Awaited<ReturnType<Awaited<ReturnType<OwnBrowser['device']>>['newPage']>>;

test.beforeAll(async () => {
  box = await Box.start();
  own = await openBrowser(box, 'trusts');
  const phone = await own.device(PHONE);
  page = await phone.newPage();
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

test('in the wizard a name with its password, an authenticator and recovery codes take one page each', async () => {
  await openSetupFile(page, box);
  const seen: string[] = [];
  keys = await claim(page, box, async (screen) => {
    seen.push(screen);
    await expect(page.locator('button.primary, a.btn.primary').last()).toBeVisible();
    await look(page);
    await shot(page, `enrol-claim-${screen}`);
  });
  // One screen each; that the codes were kept is asked on one of its own.
  expect(seen).toEqual(['owner', 'totp', 'codes', 'tail', 'install']);
});

test('in the settings each of them is one page with one button', async () => {
  await page.goto(`${box.origin}/settings/security`);
  const one = async (open: string, name: string, fill: () => Promise<void>, finish: string) => {
    await page.getByRole('button', { name: open }).click();
    const dialog = page.getByRole('dialog', { name });
    await expect(dialog.locator('.skeleton')).toHaveCount(0);
    await expect(dialog.locator('button.primary')).toHaveCount(1);
    await look(page);
    await shot(page, `enrol-settings-${open.replaceAll(' ', '-').toLowerCase()}`);
    await fill();
    await dialog.getByRole('button', { name: finish, exact: true }).click();
    await expect(dialog, `${open} is done by one press`).toBeHidden();
  };
  const dialog = page.getByRole('dialog');
  await one(
    'Add authenticator',
    'Add an authenticator',
    async () => {
      const secret = (await dialog.locator('code').innerText()).replace(/\s/g, '');
      await dialog.getByLabel('What to call it').fill('Tablet');
      await dialog.getByLabel('Code from the app').fill(totp(secret, box.now()));
    },
    'Add authenticator',
  );
  await one(
    'Make new codes',
    'New recovery codes',
    async () => {
      const codes = await dialog.locator('ol li').allInnerTexts();
      expect(codes).not.toContain(keys.codes[0]);
      await dialog.getByLabel('Last four characters').fill(codes[0]?.slice(-4) ?? '');
    },
    'Save',
  );
  await one(
    'Add a passkey',
    'Add a passkey',
    () => dialog.getByLabel('Name of the passkey').fill('Blue phone'),
    'Make the passkey',
  );
  await expect(page.locator('p.name').filter({ hasText: 'Blue phone' })).toBeVisible();
});
