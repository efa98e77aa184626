// The whole path on one phone: from the set-up file to a film, music and photos, and on to a second
// device. The tests follow one another on one box, as its owner would.
import { pathToFileURL } from 'node:url';
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { Box } from './box.ts';
import { DESKTOP, openBrowser, PHONE, type OwnBrowser } from './browser.ts';
import { expectAccessible, look, watchLog } from './checks.ts';
import { addFolder, claim, library, openSetupFile, signIn, waitForIndex, type Keys } from './person.ts';
import { totp } from './totp.ts';

/** Scan to home in at most seven screens, and three typed fields besides the code of the app. */
const SCREENS_MAX = 7;
const TYPED_FIELDS = 3;
/** Later than any stream link lives, sooner than a session ends. */
const LINK_LIFE_PAST_SECONDS = 12 * 3600;
const FIRST_LOAD_MAX_BYTES = 150_000;

test.describe.configure({ mode: 'serial' });

let box: Box;
let own: OwnBrowser;
let phone: BrowserContext;
let page: Page;
let complaints: () => string[];
let keys: Keys;

test.beforeAll(async () => {
  box = await Box.start();
  own = await openBrowser(box, 'trusts');
  phone = await own.device(PHONE);
  page = await phone.newPage();
  complaints = watchLog(page);
});

test.afterAll(async () => {
  await own.close();
  await box.stop();
});

// No page of the whole path writes an error or a warning into the browser's log.
test.afterEach(() => {
  expect(complaints()).toEqual([]);
});

const seconds = () => page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime);

/** A card of a grid or shelf by the title of its item. */
const card = (title: string) => page.locator('main').getByRole('link', { name: title }).first();

test('the pages before set-up read well on each phone', async () => {
  await page.goto(pathToFileURL(box.facts.setup_file).href);
  await look(page);
  await page.goto(box.origin);
  await expect(page.getByRole('heading', { name: 'waiting for its owner' })).toBeVisible();
  await look(page);
});

test('the set-up file leads to the owner’s home', async () => {
  const screens: string[] = ['set-up file'];
  let fields = 0;
  await openSetupFile(page, box);
  keys = await claim(page, box, async (screen) => {
    screens.push(screen);
    fields += await page.locator('input:not([type=checkbox]):not([autocomplete=one-time-code])').count();
    await look(page);
  });
  expect(screens.length).toBeLessThanOrEqual(SCREENS_MAX);
  expect(fields).toBe(TYPED_FIELDS);
  await expect(page.getByRole('link', { name: 'Add a folder' })).toBeVisible();
  await look(page);
});

test('four folders are added and indexed', async () => {
  let screens = 0;
  for (const [folder, items] of [['Films', 2], ['Series', 3], ['Music', 4], ['Photos', 4]] as const) {
    // The dialog looks the same for each folder.
    await addFolder(page, box, folder, async () => void (screens++ < 2 && (await look(page))));
    await waitForIndex(page, folder, items);
  }
  await page.goto(`${box.origin}/settings`);
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  await look(page);
  await library(page, 'Films').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('dialog')).toContainText('Its files stay where they are');
  await look(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await expect(library(page, 'Films').getByRole('button', { name: 'Remove' })).toBeFocused();
});

test('home shows what is new in each library', async () => {
  await page.goto(box.origin);
  for (const name of ['Films', 'Series', 'Music', 'Photos']) {
    await expect(page.getByRole('heading', { name, level: 2 })).toBeVisible();
  }
  await expect(card('Sample Tides').locator('img')).toHaveJSProperty('complete', true);
  await look(page);
});

test('a film plays, and goes on where it was after a reload', async () => {
  await page.getByRole('navigation').getByRole('link', { name: 'Films' }).click();
  await expect(card('Sample Tides')).toBeVisible();
  await look(page);
  await card('A Sample Orbit').click();
  await expect(page.getByRole('heading', { name: 'A Sample Orbit' })).toBeVisible();
  await look(page);
  await page.getByRole('link', { name: 'Play', exact: true }).click();
  await expect.poll(seconds).toBeGreaterThan(0.5);
  const before = await seconds();
  await expect.poll(seconds).toBeGreaterThan(before);
  await page.getByRole('slider', { name: 'Position' }).fill('120');
  await expect.poll(seconds).toBeGreaterThan(120);
  await look(page);
  await page.reload();
  await expect.poll(seconds).toBeGreaterThan(120);
  await expect.poll(seconds).toBeLessThan(150);
});

test('a film of another codec plays, too', async () => {
  await page.goto(box.origin);
  await card('Sample Tides').click();
  await page.getByRole('link', { name: 'Play', exact: true }).click();
  await expect.poll(seconds).toBeGreaterThan(0.5);
});

test('home offers to go on with it', async () => {
  await page.goto(box.origin);
  const shelf = page.getByRole('region', { name: 'Go on with' });
  await expect(shelf.getByRole('link', { name: 'A Sample Orbit' })).toBeVisible();
});

test('a link that ended is renewed without a word, and the film goes on', async () => {
  await page.goto(box.origin);
  const asked = page.waitForResponse('**/api/v1/items/*/play');
  await page.getByRole('region', { name: 'Go on with' }).getByRole('link').first().click();
  const old = await (await asked).text();
  await expect.poll(seconds).toBeGreaterThan(120);
  await box.pass(LINK_LIFE_PAST_SECONDS);
  // As after a long sleep: the page holds a link that the box takes no more.
  let answers = 0;
  await page.route('**/api/v1/items/*/play', (route) => {
    answers += 1;
    return answers === 1 ? route.fulfill({ body: old, contentType: 'application/json' }) : route.continue();
  });
  await page.reload();
  await expect.poll(seconds).toBeGreaterThan(120);
  await page.getByRole('slider', { name: 'Position' }).fill('60');
  await expect.poll(seconds).toBeLessThan(100);
  await expect.poll(seconds).toBeGreaterThan(60);
  expect(answers).toBe(2);
  await page.unroute('**/api/v1/items/*/play');
  // The browser itself notes the refused requests.
  expect(complaints().filter((line) => !line.includes('/stream/'))).toEqual([]);
});

test('episodes stand in their season and lead on to the next', async () => {
  await page.goto(box.origin);
  await page.getByRole('navigation').getByRole('link', { name: 'Series' }).click();
  await card('Sample Weather').click();
  const episodes = page.getByRole('region', { name: 'Episodes' }).getByRole('listitem');
  await expect(episodes).toHaveCount(3);
  await look(page);
  await episodes.first().getByRole('link', { name: 'Play' }).click();
  await expect.poll(seconds).toBeGreaterThan(0.2);
  await page.locator('video').evaluate((video: HTMLVideoElement) => {
    video.currentTime = video.duration - 0.3;
  });
  await expect(page.getByRole('link', { name: 'Next:' })).toBeVisible();
});

test('an album plays on through its tracks while pages change', async () => {
  await page.goto(box.origin);
  await page.getByRole('navigation').getByRole('link', { name: 'Music' }).click();
  await card('Four Test Tones').click();
  await expect(page.getByRole('list', { name: 'Tracks' }).getByRole('listitem')).toHaveCount(4);
  await page.getByRole('button', { name: 'Play album' }).click();
  const player = page.getByRole('region', { name: 'Music player' });
  await expect(player).toContainText('Low');
  await expect(player.getByRole('button', { name: 'Pause' })).toBeVisible();
  await look(page);
  await page.getByRole('navigation').getByRole('link', { name: 'Home' }).click();
  await player.getByRole('slider', { name: 'Position' }).press('End');
  await expect(player).toContainText('Fifth');
  await player.getByRole('button', { name: 'Next track' }).click();
  await expect(player).toContainText('Third');
  await player.getByRole('button', { name: 'Stop and close' }).click();
  await expect(player).toBeHidden();
});

test('photos stand by month, open large and leaf by keys', async () => {
  await page.goto(box.origin);
  await page.getByRole('region', { name: 'Photos' }).getByRole('link', { name: 'See all' }).click();
  await expect(page.locator('[id^=photo-]')).toHaveCount(4);
  await look(page);
  await page.locator('[id^=photo-]').first().click();
  const dialog = page.getByRole('dialog');
  const picture = dialog.locator('img.sharp.ready');
  await expect(picture).toBeVisible();
  await look(page);
  const first = await picture.getAttribute('src');
  await page.keyboard.press('ArrowRight');
  await expect(picture).not.toHaveAttribute('src', first ?? '');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});

test('the search finds by a word of the title', async () => {
  await page.goto(box.origin);
  await page.getByRole('searchbox').fill('orbit');
  await expect(card('A Sample Orbit')).toBeVisible();
  await look(page);
});

test('another device signs in and goes on with the film', async () => {
  const context = await own.device({ ...DESKTOP, colorScheme: 'dark' });
  const desk = await context.newPage();
  const said = watchLog(desk);
  await desk.goto(box.origin);
  await expect(desk.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expectAccessible(desk);
  await signIn(desk, box, keys);
  const shelf = desk.getByRole('region', { name: 'Go on with' });
  await shelf.getByRole('link').first().click();
  const time = () => desk.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime);
  await expect.poll(time).toBeGreaterThan(60);
  await desk.keyboard.press('Escape');
  for (const path of ['/', '/settings']) {
    await desk.goto(box.origin + path);
    await expect(desk.getByRole('heading', { level: 1 })).toBeVisible();
    await expectAccessible(desk);
  }
  expect(said()).toEqual([]);
  await context.close();
});

test('the first visit loads little', async () => {
  // Signed in, but nothing in its cache.
  const context = await own.device({ ...PHONE, storageState: await phone.storageState() });
  const fresh = await context.newPage();
  let bytes = 0;
  const sizes: Promise<void>[] = [];
  fresh.on('requestfinished', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/api/')) return;
    sizes.push(request.sizes().then((size) => void (bytes += size.responseBodySize)));
  });
  await fresh.goto(box.origin);
  await expect(fresh.getByRole('region', { name: 'Films' })).toBeVisible();
  await fresh.waitForLoadState('networkidle').catch(() => undefined);
  await Promise.all(sizes);
  test.info().annotations.push({ type: 'first load', description: `${bytes} bytes` });
  expect(bytes).toBeGreaterThan(10_000);
  expect(bytes).toBeLessThanOrEqual(FIRST_LOAD_MAX_BYTES);
  await context.close();
});

test('after hours the settings ask for a fresh proof, and go on where they were', async () => {
  await page.goto(`${box.origin}/settings`);
  await expect(page.getByRole('dialog')).toBeVisible();
  await look(page);
  await box.pass(60);
  await page.getByLabel('Code from the app').fill(totp(keys.secret, box.now()));
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(page.getByText('Certificate fingerprint')).toBeVisible();
  // The browser itself notes the refusal.
  expect(complaints().filter((line) => !line.includes('status of 401'))).toEqual([]);
});

test('signing out ends it, and nothing is shown any more', async () => {
  await page.goto(`${box.origin}/settings`);
  await expect(page.getByText('Certificate fingerprint')).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});
