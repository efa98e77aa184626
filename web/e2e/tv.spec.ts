// A television is let in from a phone: the code on a large screen, what the person sees before they
// say yes, and what the television is after that.
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import type { BrowserContextOptions } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll, look, watchLog } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { DESKTOP } from './browser.ts';

const TV: BrowserContextOptions = {
  viewport: { width: 1920, height: 1080 },
  locale: 'en-GB',
  reducedMotion: 'reduce',
};

test.describe.configure({ mode: 'serial' });

let owned: Owned;

test.beforeAll(async () => {
  owned = await ownedBox({ Films: 2 });
});

test.afterAll(() => owned.close());

/** A picture for whoever wants to look at the page; only where a folder for it is named. */
async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.STEAD_LOOK;
  if (folder === undefined) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), scale: 'css' });
  }
  await page.emulateMedia({ colorScheme: null });
}

async function television(): Promise<{ tv: Page; code: string }> {
  const tv = await (await owned.own.device(TV)).newPage();
  await tv.goto(`${owned.box.origin}/tv`);
  await expect(tv.locator('.code')).toHaveText(/^[A-Z]{4}-[A-Z]{4}$/);
  return { tv, code: (await tv.locator('.code').textContent())?.trim() ?? '' };
}

test('a phone lets a television in, which plays and administers nothing', async () => {
  test.setTimeout(120_000);
  const { box, page: phone } = owned;
  const { tv, code } = await television();
  const complaints = watchLog(tv);
  for (const viewport of [TV.viewport, { width: 1280, height: 720 }]) {
    if (viewport) await tv.setViewportSize(viewport);
    await expectAccessible(tv);
    await expectNoSidewaysScroll(tv);
    const tall = await tv.evaluate(() => document.documentElement.scrollHeight - innerHeight);
    expect(tall, 'nobody scrolls a television').toBeLessThanOrEqual(0);
  }
  await shoot(tv, 'tv-1280');
  await tv.setViewportSize({ width: 1920, height: 1080 });
  await shoot(tv, 'tv-1920');
  await tv.setViewportSize({ width: 360, height: 640 });
  await expectNoSidewaysScroll(tv);
  await tv.setViewportSize({ width: 1920, height: 1080 });

  await phone.goto(`${box.origin}/device`);
  await look(phone);
  await phone.getByLabel('Code', { exact: true }).fill('BBBB BBBB');
  await phone.getByRole('button', { name: 'Continue' }).click();
  await expect(phone.getByRole('alert')).toContainText('Nothing waits under this code');
  await box.pass(2);

  // By way of another page: the step of the clock reaches the box before the next code does.
  await phone.goto(`${box.origin}/`);
  await phone.goto(`${box.origin}/device#code=${code}`);
  await expect(phone.getByRole('heading', { level: 1 })).toHaveText('Is this in front of you?');
  expect(new URL(phone.url()).hash, 'the code is taken out of the address').toBe('');
  await expect(phone.locator('.code')).toHaveText(code);
  await expect(phone.getByText('Your network')).toBeVisible();
  await expect(phone.getByText('Only let in what you see in front of you')).toBeVisible();
  await look(phone);
  await shoot(phone, 'device-phone');
  await expect(tv.locator('.code'), 'looking lets nobody in').toHaveText(code);

  await phone.getByLabel('What to call it').fill('Living room');
  await phone.getByRole('button', { name: 'Let it in' }).click();
  await expect(phone.getByRole('heading', { level: 1 })).toHaveText('It is in');
  await box.pass(6);
  await tv.waitForURL(`${box.origin}/`, { timeout: 20_000 });
  await expect(tv.getByRole('link', { name: 'Films' }).first()).toBeVisible();
  await expect(tv.getByRole('heading', { level: 1 })).toBeAttached();
  expect(complaints()).toEqual([]);
  await shoot(tv, 'tv-home');
  await tv.goto(`${box.origin}/settings`);
  await expect(tv.getByText('Where you are signed in')).toHaveCount(0);
  await expect(tv.getByRole('button', { name: 'Sign out' })).toBeVisible();

  await phone.goto(`${box.origin}/settings`);
  const row = phone.getByRole('listitem').filter({ hasText: 'Living room' });
  await expect(row).toContainText('TV');
  await expect(row).toContainText('with what was shown where it was let in: a second factor');
  await look(phone);
  await shoot(phone, 'device-list-phone');
  await row.getByRole('button', { name: 'End' }).click();
  await expect(row).toHaveCount(0);
  await tv.goto(`${box.origin}/`);
  await expect(tv).toHaveURL(/\/signin/);
  await tv.context().close();
});

test('a code that somebody sent is sent away, and the television says so', async () => {
  const { box, page: phone } = owned;
  const { tv, code } = await television();
  await phone.goto(`${box.origin}/device#code=${code}`);
  await phone.getByRole('button', { name: 'No, send it away' }).click();
  await expect(phone.getByRole('heading', { level: 1 })).toHaveText('Sent away');
  await look(phone);
  const again = tv.getByRole('button', { name: 'Show another code' });
  await expect(again, 'a remote finds it chosen').toBeFocused({ timeout: 20_000 });
  await expectAccessible(tv);
  await tv.keyboard.press('Enter');
  await expect(tv.locator('.code')).toHaveText(/^[A-Z]{4}-[A-Z]{4}$/);
  await expect(tv.locator('.code')).not.toHaveText(code);
  await tv.context().close();
});

test('a code outlives the sign-in on the way to it', async () => {
  const { box, own } = owned;
  const { tv, code } = await television();
  const other = await (await own.device(DESKTOP)).newPage();
  await other.goto(`${box.origin}/device#code=${code}`);
  await expect(other).toHaveURL(/\/signin/);
  expect(other.url(), 'no code in what is asked of the server').not.toContain(code);
  await other.context().close();
  await tv.context().close();
});

test('passwords for apps are there once the owner allows them', async () => {
  const { box, page: phone } = owned;
  await phone.goto(`${box.origin}/settings`);
  await expect(phone.getByRole('button', { name: 'Make a password' })).toHaveCount(0);
  await phone.getByRole('button', { name: 'Allow passwords for apps' }).click();
  await expect(phone.getByRole('button', { name: 'Forbid passwords for apps' })).toBeVisible();
  await phone.goto(`${box.origin}/settings`);
  await phone.getByLabel('Which app is it for?').fill('Old radio');
  await phone.getByRole('button', { name: 'Make a password' }).click();
  const shown = phone.locator('.made code');
  await expect(shown).toHaveText(/^[a-z]{6}(-[a-z]{6}){3}$/);
  await look(phone);
  await shoot(phone, 'app-password-phone');
  await phone.getByRole('button', { name: 'I have typed it' }).click();
  await expect(shown).toHaveCount(0);
  await expect(phone.getByRole('listitem').filter({ hasText: 'Old radio' })).toContainText('App password');
});
