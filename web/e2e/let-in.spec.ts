// Accounts elsewhere, from nothing: a box shows a code, somebody approves it on their phone at the
// account service, and owns the box; "Continue with …" signs in there afterwards. The service is at
// literal loopback, so that the browser needs no second CA.
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { Box } from './box.ts';
import { DESKTOP, openBrowser, PHONE, type OwnBrowser } from './browser.ts';
import { look, watchLog } from './checks.ts';
import { confirmTotp, goOn, keepCodes, NAME, openSetupFile, PASSWORD } from './person.ts';
import { totp } from './totp.ts';

const ISSUER = 'Attic accounts';

let service: Box;
let at: string;
let box: Box;
let own: OwnBrowser;
let phone: BrowserContext;

test.beforeEach(async () => {
  [service, box] = await Promise.all([Box.start(undefined, 'accounts'), Box.start()]);
  at = `http://127.0.0.1:${service.facts.http_port}`;
  await service.configured(`[accounts]\nissuer = "${at}"\n`);
  await box.configured(`[issuer]\nurl = "${at}"\nname = "${ISSUER}"\n`);
  own = await openBrowser(box, 'trusts');
  phone = await own.device(PHONE);
});

test.afterEach(async () => {
  await own.close();
  await box.stop();
  await service.stop();
});

async function shots(page: Page, name: string): Promise<void> {
  const folder = process.env.STEAD_SHOTS;
  if (folder === undefined) return;
  const before = page.viewportSize();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 780 });
      await page.screenshot({ path: `${folder}/${name}-${colorScheme}-${width}.png`, fullPage: true });
    }
  }
  if (before) await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: null });
}

/** A page as a person sees it. */
async function seen(page: Page, name: string, heading: string): Promise<void> {
  await expect(page.getByRole('heading', { name: heading })).toBeVisible();
  await look(page);
  await shots(page, name);
}

/** Somebody with an account, on their phone. */
async function person(): Promise<Page> {
  const page = await phone.newPage();
  await page.goto(`${at}/signup`);
  await page.getByLabel('Name', { exact: true }).fill(NAME);
  await page.locator('input[name=password]').fill(PASSWORD);
  await goOn(page).click();
  await expect(page.getByRole('heading', { name: 'Make an account' })).toHaveCount(0);
  return page;
}

/** The code that the box shows, and its link as the picture holds it. */
async function shown(page: Page): Promise<{ code: string; link: string }> {
  const code = await page.locator('.code').innerText();
  const link = (await page.getByRole('link', { name: `Open ${ISSUER}` }).getAttribute('href')) ?? '';
  return { code, link };
}

test('a box is claimed by a code that is approved on a phone, and signed in to from there', async () => {
  test.slow();
  const page = await (await own.device(DESKTOP)).newPage();
  const complaints = watchLog(page);
  await openSetupFile(page, box);
  await seen(page, 'let-in-begin', 'Let this Stead in');
  await expect(page.locator('input')).toHaveCount(0);
  await page.getByRole('button', { name: 'Show the code' }).click();
  await expect(page.locator('.code')).toBeVisible();
  await seen(page, 'let-in-code', 'Let this Stead in');
  const { code, link } = await shown(page);
  await page.reload();
  await expect(page.locator('.code')).toHaveText(code);

  const hand = await person();
  await hand.goto(link);
  await expect(hand.locator('.code')).toHaveText(code);
  await seen(hand, 'let-in-approve', 'Is this in front of you?');
  await hand.getByRole('button', { name: 'Let it in' }).click();
  await expect(hand.getByRole('heading', { name: 'It is in' })).toBeVisible();

  const secret = await confirmTotp(page, box);
  const codes = await keepCodes(page);
  await page.getByLabel('Last four characters').fill(codes[0]?.slice(-4) ?? '');
  await page.getByRole('button', { name: 'Finish set-up' }).click();
  await expect(page.getByRole('heading', { name: 'It is yours' })).toBeVisible();
  expect(complaints()).toEqual([]);

  await hand.goto(`${box.origin}/settings`);
  const button = hand.getByRole('button', { name: `Continue with ${ISSUER}` });
  await expect(button).toBeVisible();
  await look(hand);
  await shots(hand, 'let-in-signin');
  await button.click();
  await hand.waitForURL(`${at}/**`);
  await hand.getByRole('button', { name: 'Connect', exact: true }).click();
  await hand.waitForURL(`${box.origin}/signin**`);
  await expect(hand.getByLabel('Code from the app')).toBeVisible();
  expect(new URL(hand.url()).search, 'no code stays in the address').toBe('');
  await box.pass(60);
  await hand.getByLabel('Code from the app').fill(totp(secret, box.now()));
  await hand.getByRole('button', { name: 'Sign in', exact: true }).click();
  await hand.waitForURL(`${box.origin}/settings`);
});
