// The pictures of docs/screenshots, from a real run: `make screenshots`, never by itself.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { Box } from './box.ts';
import { DESKTOP, openBrowser, PHONE, type OwnBrowser } from './browser.ts';
import { addMember, MEMBER, nameOneself as signInAs } from './member.ts';
import { addFolder, claim, nameOneself, openSetupFile, PASSWORD, waitForIndex } from './person.ts';

const FOLDER = process.env.STEAD_SCREENSHOTS ?? 'e2e/results';
const MAX_BYTES = 150 * 1024;

/** A picture that is too heavy as PNG is taken once more in a smaller window. */
async function shoot(page: Page, name: string): Promise<void> {
  await expect(page.locator('.skeleton, .spin')).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  // What is loaded still has to be drawn.
  await page.evaluate(async () => {
    await Promise.all([...document.images].map((image) => image.decode().catch(() => undefined)));
    for (let frame = 0; frame < 3; frame++) await new Promise((drawn) => requestAnimationFrame(drawn));
  });
  const path = join(FOLDER, `${name}.png`);
  await page.screenshot({ path, animations: 'disabled', scale: 'css' });
  const window = page.viewportSize();
  if (window !== null && statSync(path).size > MAX_BYTES) {
    await page.setViewportSize({
      width: Math.round(window.width * 0.8),
      height: Math.round(window.height * 0.8),
    });
    await page.screenshot({ path, animations: 'disabled', scale: 'css' });
    await page.setViewportSize(window);
  }
  expect(statSync(path).size, `${name} is larger than 150 kB`).toBeLessThanOrEqual(MAX_BYTES);
}

test('each page, on phone and desktop, by day and night', { tag: '@screenshots' }, async () => {
  test.setTimeout(300_000);
  const box = await Box.start();
  const own = await openBrowser(box, 'trusts');
  try {
    const context = await own.device(PHONE);
    const page = await context.newPage();
    await page.goto(`${box.origin}/claim`);
    await shoot(page, 'claim-code-phone');
    await openSetupFile(page, box);
    await claim(page, box, (screen) => shoot(page, `claim-${screen}-phone`));
    await shoot(page, 'home-empty-phone');
    for (const [folder, items] of [['Films', 2], ['Series', 3], ['Music', 4], ['Photos', 4]] as const) {
      await addFolder(page, box, folder);
      await waitForIndex(page, folder, items);
    }
    await watchSome(page, box);
    const state = await context.storageState();
    await ask(page, box, own, state);
    for (const [suffix, options, dark] of [
      ['phone', PHONE, false],
      ['phone-dark', PHONE, true],
      ['desktop', DESKTOP, false],
      ['desktop-dark', DESKTOP, true],
    ] as const) {
      const view = await own.device({
        ...options,
        colorScheme: dark ? 'dark' : 'light',
        storageState: state,
      });
      await tour(await view.newPage(), box, suffix);
      await view.close();
    }
    await page.goto(`${box.origin}/settings`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    // It shows once the browser has said whether it makes passkeys here.
    await expect(page.getByRole('button', { name: 'Use a passkey' })).toBeVisible();
    await shoot(page, 'signin-phone');
    await nameOneself(page);
    await shoot(page, 'signin-factor-phone');
  } finally {
    await own.close();
    await box.stop();
  }
});

const seconds = (page: Page) =>
  page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime);

/** So that home has something to go on with. */
async function watchSome(page: Page, box: Box): Promise<void> {
  await page.goto(box.origin);
  await page.getByRole('link', { name: 'A Sample Orbit' }).first().click();
  await page.getByRole('link', { name: 'Play', exact: true }).click();
  await expect.poll(() => seconds(page)).toBeGreaterThan(0.2);
  await page.getByRole('slider', { name: 'Position' }).fill('120');
  await expect.poll(() => seconds(page)).toBeGreaterThan(120.2);
  await page.getByRole('link', { name: 'Back' }).click();
  await expect(page.getByRole('link', { name: 'Go on' })).toBeVisible();
}

type State = Awaited<ReturnType<BrowserContext['storageState']>>;

/** A second factor is asked of whom libraries are shared with, and the board says how they stand. */
async function ask(page: Page, box: Box, own: OwnBrowser, state: State): Promise<void> {
  addMember(box.facts.data_dir);
  await page.goto(`${box.origin}/settings`);
  for (const name of ['Films', 'Series']) {
    const library = page.locator('li.card').filter({ has: page.getByRole('link', { name }) });
    await library.getByRole('button', { name: 'Who sees it' }).click();
    await page.getByRole('dialog').getByLabel(MEMBER).check();
    await expect(page.getByRole('dialog').getByLabel(MEMBER)).toBeChecked();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  }
  const member = await own.device(PHONE);
  const sam = await member.newPage();
  await sam.goto(`${box.origin}/signin`);
  await signInAs(sam, MEMBER, PASSWORD);
  await sam.waitForURL(`${box.origin}/`);
  await page.goto(`${box.origin}/settings/policy`);
  await page.getByRole('button', { name: 'Switch on', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('7 days', { exact: true }).click();
  await dialog.getByRole('button', { name: 'See who is affected' }).click();
  await expect(dialog.getByRole('row').filter({ hasText: MEMBER })).toContainText('7 days left');
  await shoot(page, 'policy-phone');
  await dialog.getByRole('button', { name: 'Switch it on' }).click();
  await expect(dialog).toBeHidden();
  await sam.goto(box.origin);
  await expect(sam.getByText('Maria, who runs Stead').first()).toBeVisible();
  await expect(sam.getByRole('region', { name: 'Films' })).toBeVisible();
  await shoot(sam, 'asked-phone');
  await member.close();
  const desk = await own.device({ ...DESKTOP, storageState: state });
  const board = await desk.newPage();
  await board.goto(`${box.origin}/settings/board`);
  await expect(board.getByRole('row').filter({ hasText: MEMBER })).toContainText('7 days left');
  await shoot(board, 'board-desktop');
  await desk.close();
}

async function tour(page: Page, box: Box, suffix: string): Promise<void> {
  await page.goto(box.origin);
  await expect(page.getByRole('region', { name: 'Photos' })).toBeVisible();
  await shoot(page, `home-${suffix}`);
  const library = (name: string) => page.getByRole('navigation').getByRole('link', { name });
  await library('Films').click();
  const orbit = page.getByRole('link', { name: 'A Sample Orbit' });
  await expect(orbit).toBeVisible();
  await shoot(page, `library-${suffix}`);
  await orbit.click();
  await shoot(page, `film-${suffix}`);
  await page.getByRole('link', { name: 'Go on' }).click();
  await expect.poll(() => seconds(page)).toBeGreaterThan(120);
  await expect(page.locator('.spin')).toHaveCount(0);
  await page.keyboard.press('k');
  await expect(page.getByRole('button', { name: 'Play' })).toBeVisible();
  await shoot(page, `player-${suffix}`);
  await page.goto(box.origin);
  await library('Series').click();
  await page.getByRole('link', { name: 'Sample Weather' }).click();
  await expect(page.getByRole('region', { name: 'Episodes' }).getByRole('listitem')).toHaveCount(3);
  await shoot(page, `series-${suffix}`);
  await library('Photos').click();
  await expect(page.locator('[id^=photo-]')).toHaveCount(4);
  await shoot(page, `photos-${suffix}`);
  await page.locator('[id^=photo-]').first().click();
  await expect(page.getByRole('dialog').locator('img.sharp.ready')).toBeVisible();
  // Photos open on black by day and by night.
  if (!suffix.endsWith('dark')) await shoot(page, `photo-${suffix}`);
  await page.goto(box.origin);
  await library('Music').click();
  await page.getByRole('link', { name: 'Four Test Tones' }).click();
  await page.getByRole('button', { name: 'Play album' }).click();
  await expect(page.getByRole('region', { name: 'Music player' })).toBeVisible();
  await shoot(page, `album-${suffix}`);
  await page.goto(`${box.origin}/settings`);
  await shoot(page, `settings-${suffix}`);
}
