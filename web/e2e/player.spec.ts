// The players: what hides, where "back" leads, who answers the media keys, and what is passed over.
import { expect, test, type Page } from '@playwright/test';
import { PHONE } from './browser.ts';
import { contrastOf, look } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';

/** WCAG AA for text of this size. */
const CONTRAST_MIN = 4.5;

test.describe.configure({ mode: 'serial' });

let owned: Owned;
let page: Page;

test.beforeAll(async () => {
  owned = await ownedBox({ Films: 2, Series: 3, Music: 4 });
  page = owned.page;
  // What the pages ask of the system's media keys can be asked, but not seen, from outside.
  await owned.phone.addInitScript(() => {
    const keys = new Map<string, unknown>();
    const session = navigator.mediaSession;
    const assign = session.setActionHandler.bind(session);
    session.setActionHandler = (action, handler) => {
      if (handler) keys.set(action, handler);
      else keys.delete(action);
      assign(action, handler);
    };
    Object.assign(window, { mediaKeys: keys });
  });
});

test.afterAll(async () => {
  await owned.close();
});

const seconds = () => page.locator('video').evaluate((video: HTMLVideoElement) => video.currentTime);
const opacity = (part: string) => page.locator(part).evaluate((element) => getComputedStyle(element).opacity);
/** What is new in a library, on the home page. */
const card = (library: string, title: string, on = page) =>
  on.getByRole('region', { name: library }).getByRole('link', { name: title });

/** Which actions of the media keys are taken, and what stands beside them. */
const mediaKeys = () =>
  page.evaluate(() => ({
    title: navigator.mediaSession.metadata?.title,
    actions: [...(window as unknown as { mediaKeys: Map<string, unknown> }).mediaKeys.keys()],
  }));

const pressMediaKey = (action: string) =>
  page.evaluate((action) => {
    const { mediaKeys } = window as unknown as { mediaKeys: Map<string, (details: object) => void> };
    mediaKeys.get(action)?.({ action });
  }, action);

async function openFilm(title: string): Promise<void> {
  await page.goto(owned.box.origin);
  await card('Films', title).click();
  await page.getByRole('link', { name: /^(Play|Go on)$/ }).click();
  await expect.poll(seconds).toBeGreaterThan(0.2);
}

async function playAlbum(): Promise<void> {
  await page.goto(owned.box.origin);
  await card('Music', 'Four Test Tones').click();
  await page.getByRole('button', { name: 'Play album' }).click();
  await expect(page.getByRole('region', { name: 'Music player' }).getByRole('button', { name: 'Pause' })).toBeVisible();
}

test('the controls of a film hide while nobody moves, and show what the keyboard chose', async () => {
  await openFilm('A Sample Orbit');
  await expect(page.locator('.stage')).toBeFocused();
  await expect.poll(() => opacity('.bottom')).toBe('0');
  expect(await opacity('.top')).toBe('0');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Back' })).toBeFocused();
  await expect(page.locator('.stage')).toHaveClass(/idle/);
  expect(await opacity('.top')).toBe('1');
  await look(page);
});

test('the arrow of a film leads back where it was opened, and not into it again', async () => {
  await openFilm('A Sample Orbit');
  await page.getByRole('link', { name: 'Back' }).click();
  await expect(page.getByRole('heading', { name: 'A Sample Orbit' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Home' })).toBeAttached();
  expect(new URL(page.url()).pathname).toBe('/');
});

test('the next episode takes the place of the one before', async () => {
  await page.goto(owned.box.origin);
  await card('Series', 'Sample Weather').click();
  const episodes = page.getByRole('region', { name: 'Episodes' }).getByRole('listitem');
  await episodes.first().getByRole('link', { name: 'Play' }).click();
  await expect.poll(seconds).toBeGreaterThan(0.2);
  await page.locator('video').evaluate((video: HTMLVideoElement) => {
    video.currentTime = video.duration - 0.3;
  });
  await page.getByRole('link', { name: 'Next:' }).click();
  await expect.poll(seconds).toBeGreaterThan(0.2);
  await page.getByRole('link', { name: 'Back' }).click();
  await expect(episodes.first()).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Home' })).toBeAttached();
});

test('a film that was opened by its address leads to its own page', async () => {
  await openFilm('Sample Tides');
  const address = page.url();
  await page.goto('about:blank');
  await page.goto(address);
  await expect.poll(seconds).toBeGreaterThan(0.2);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { name: 'Sample Tides' })).toBeVisible();
});

test('"from the start" is meant once: a reload goes on', async () => {
  await openFilm('A Sample Orbit');
  await page.getByRole('slider', { name: 'Position' }).fill('90');
  await expect.poll(seconds).toBeGreaterThan(90);
  await page.getByRole('link', { name: 'Back' }).click();
  await page.getByRole('link', { name: 'From the start' }).click();
  await expect.poll(seconds).toBeGreaterThan(0.2);
  expect(await seconds()).toBeLessThan(60);
  await page.getByRole('slider', { name: 'Position' }).fill('60');
  await expect.poll(seconds).toBeGreaterThan(60);
  await page.reload();
  await expect.poll(seconds).toBeGreaterThan(60);
});

test('a film takes the media keys from the music, and gives them back', async () => {
  await playAlbum();
  const music = await mediaKeys();
  expect(music.title).toBe('Low');
  expect(music.actions).toContain('nexttrack');
  await page.getByRole('navigation').getByRole('link', { name: 'Home' }).click();
  await card('Films', 'A Sample Orbit').click();
  await page.getByRole('link', { name: /^(Play|Go on)$/ }).click();
  await expect.poll(seconds).toBeGreaterThan(0.2);
  await expect.poll(async () => (await mediaKeys()).title).toBe('A Sample Orbit');
  expect((await mediaKeys()).actions).not.toContain('nexttrack');
  const paused = () => page.locator('video').evaluate((video: HTMLVideoElement) => video.paused);
  await pressMediaKey('pause');
  await expect.poll(paused).toBe(true);
  await pressMediaKey('play');
  await expect.poll(paused).toBe(false);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { name: 'A Sample Orbit' })).toBeVisible();
  expect(await mediaKeys()).toEqual({ title: undefined, actions: [] });
  const player = page.getByRole('region', { name: 'Music player' });
  await player.getByRole('button', { name: 'Play' }).click();
  await expect.poll(async () => (await mediaKeys()).title).toBe('Low');
  await player.getByRole('button', { name: 'Stop and close' }).click();
  expect(await mediaKeys()).toEqual({ title: undefined, actions: [] });
});

test('a track that does not play is passed over', async () => {
  const links: string[] = [];
  await page.route('**/stream/**', (route) => {
    const link = route.request().url();
    if (!links.includes(link)) links.push(link);
    const spoilt = links.indexOf(link) === 1;
    if (!spoilt || route.request().method() === 'HEAD') return route.continue();
    return route.fulfill({ contentType: 'audio/flac', body: 'this is no music' });
  });
  await playAlbum();
  const player = page.getByRole('region', { name: 'Music player' });
  await player.getByRole('button', { name: 'Next track' }).click();
  await expect(player).toContainText('Third');
  await expect(player.getByRole('button', { name: 'Pause' })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'cannot play “Fifth”' })).toBeVisible();
  await page.unrouteAll();
});

test('words over the picture of an item stand out, whatever the picture', async () => {
  for (const [colorScheme, colour] of [['light', 'black'], ['dark', 'white']] as const) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path fill="${colour}" d="M0 0h9v9H0z"/></svg>`;
    await page.route('**/api/v1/items/*/image?*', (route) =>
      route.fulfill({ contentType: 'image/svg+xml', body: svg }),
    );
    await page.emulateMedia({ colorScheme });
    await page.goto(owned.box.origin);
    await card('Films', 'Sample Tides').click();
    for (const words of ['.way a', '.facts span']) {
      const text = page.locator(words).first();
      await expect(text).toBeVisible();
      expect(await contrastOf(text), `${words}, ${colorScheme}`).toBeGreaterThanOrEqual(CONTRAST_MIN);
    }
    await page.unrouteAll();
  }
  await page.emulateMedia({ colorScheme: null });
});

/** The same person on a device that has nothing in its cache yet, on the home page. */
async function newDevice(): Promise<Page> {
  const device = await owned.own.device({ ...PHONE, storageState: await owned.phone.storageState() });
  const fresh = await device.newPage();
  await fresh.goto(owned.box.origin);
  await expect(card('Films', 'Sample Tides', fresh)).toBeVisible();
  return fresh;
}

test('a moment without the box is told as such, and is over with it', async () => {
  const fresh = await newDevice();
  const way = (name: string) => fresh.getByRole('navigation').getByRole('link', { name });
  const away = fresh.getByRole('heading', { name: 'Your Stead does not answer' });
  await fresh.context().setOffline(true);
  await way('Settings').click();
  await expect(away).toBeVisible();
  await way('Home').click();
  await expect(card('Films', 'Sample Tides', fresh)).toBeVisible();
  await card('Films', 'Sample Tides', fresh).click();
  await expect(away).toBeVisible();
  await fresh.context().setOffline(false);
  await fresh.getByRole('button', { name: 'Try again' }).click();
  await expect(fresh.getByRole('heading', { name: 'Sample Tides' })).toBeVisible();
  await fresh.context().close();
});

test('a part that does not come is told, and nothing plays that could not be stopped', async () => {
  const fresh = await newDevice();
  await card('Music', 'Four Test Tones', fresh).click();
  await fresh.route('**/assets/MiniPlayer*', (route) => route.abort());
  await fresh.getByRole('button', { name: 'Play album' }).click();
  await expect(fresh.getByRole('status').filter({ hasText: 'A part of this page' })).toBeVisible();
  await expect(fresh.getByRole('button', { name: 'Play album' })).toBeVisible();
  await fresh.context().close();
});

test('a page that is older than the box says so', async () => {
  const fresh = await newDevice();
  await fresh.route('**/assets/Settings*', (route) => route.fulfill({ status: 404, body: '' }));
  await fresh.route('**/api/v1/server', (route) =>
    route.fulfill({ json: { state: 'claimed', claimed: true, version: 'a newer one' } }),
  );
  await fresh.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
  await expect(fresh.getByRole('heading', { name: 'Your Stead was updated' })).toBeVisible();
  await fresh.unrouteAll();
  await fresh.getByRole('button', { name: 'Try again' }).click();
  await expect(fresh.getByRole('heading', { name: 'Settings' })).toBeVisible();
  await fresh.context().close();
});

test('the music ends with the session', async () => {
  await playAlbum();
  await owned.phone.clearCookies();
  await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  expect(await mediaKeys()).toEqual({ title: undefined, actions: [] });
});
