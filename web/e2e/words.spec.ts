// In the pseudo-language every word of the catalogue is marked. Each page is gone through; a word
// without the mark was written outside the catalogue and could not be translated. States that are
// hard to bring about are answered in the place of the server.
import { expect, test, type Page } from '@playwright/test';
import { Box } from './box.ts';
import { openBrowser, PHONE, type OwnBrowser } from './browser.ts';
import { expectNoSidewaysScroll, expectOnlyCatalogueWords } from './checks.ts';
import { addFolder, claim, nameOneself, nameOwner, openSetupFile, waitForIndex } from './person.ts';

const LOCKED_BECAUSE = [
  'data_missing',
  'database_missing',
  'database_unreadable',
  'database_replaced',
  'older_generation',
  'older_copy',
  'marker_unreadable',
];

test.describe.configure({ mode: 'serial' });

let box: Box;
let own: OwnBrowser;
let page: Page;

test.beforeAll(async () => {
  box = await Box.start();
  own = await openBrowser(box, 'trusts');
  page = await (await own.device(PHONE)).newPage();
});

test.afterAll(async () => {
  await own.close();
  await box.stop();
});

test.afterEach(() => page.unrouteAll());

async function read(): Promise<void> {
  await expectOnlyCatalogueWords(page);
  // Longer words, as some languages have them, still fit.
  await expectNoSidewaysScroll(page);
}

async function open(path: string): Promise<void> {
  await page.goto(box.origin + path);
  await expect(page.getByRole('heading', { level: 1 })).toBeAttached();
  await expect(page.locator('.skeleton')).toHaveCount(0);
  await read();
}

const heading = (name: string) => page.getByRole('heading', { name });

/** Answers in the place of the server until the test ends. */
const answer = (path: string, json: object, status = 200) =>
  page.route(`**/api/v1/${path}`, (route) => route.fulfill({ status, json }));

test('in set-up, also where another browser is at it', async () => {
  await open('/claim?pseudo=1');
  await openSetupFile(page, box);
  await expect(heading('You are the owner')).toBeVisible();
  const other = await (await own.device(PHONE)).newPage();
  await openSetupFile(other, box);
  await other.getByRole('button', { name: 'Continue here' }).click();
  await expect(other.getByRole('heading', { name: 'You are the owner' })).toBeVisible();
  await nameOwner(page);
  await expect(heading('This set-up is over')).toBeVisible();
  await read();
  await page.getByRole('button', { name: 'Start again' }).click();
  await expect(heading('in another browser')).toBeVisible();
  await read();
  await page.getByRole('button', { name: 'Continue here' }).click();
  await claim(page, box, read);
});

test('in the settings and their dialogs, whatever a scan meets', async () => {
  await open('/');
  for (const [folder, items] of [['Films', 2], ['Series', 3], ['Music', 4], ['Photos', 4]] as const) {
    await addFolder(page, box, folder, read);
    await waitForIndex(page, folder, items);
  }
  await open('/settings');
  await page.getByRole('button', { name: 'Remove' }).first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await read();
  const counts = { files_seen: 7, files_done: 3, problems: 1, rate_per_s: 2.5 };
  const scans = [
    { ...counts, state: 'scanning', files_total: 7, left_s: 90, current: 'Films/a.mp4' },
    { ...counts, state: 'scanning' },
    { ...counts, state: 'offline' },
    { ...counts, state: 'disk_full' },
    { ...counts, state: 'idle', vanished: 2 },
  ];
  const libraries = scans.map((scan, n) => ({
    id: String(n).repeat(32), name: `Library ${n}`, kind: 'films', path: '/media', items: n, scan,
  }));
  await answer('libraries', { libraries });
  await answer('libraries/*/problems', { problems: [{ path: 'torn.mp4', detail: 'It ends early.' }] });
  await page.route('**/api/v1/events', (route) => route.abort());
  await page.goto(`${box.origin}/settings`);
  await expect(page.locator('[data-scan]')).toHaveCount(2);
  await expect(page.locator('.offline')).toHaveCount(2);
  await read();
  await page.getByRole('button', { name: '1 problem' }).first().click();
  await expect(page.getByRole('dialog')).toContainText('torn.mp4');
  await read();
  await open('/');
});

test('on each page of each library', async () => {
  await open('/search?q=sample');
  await open('/');
  const libraries = await page
    .locator('a[href^="/library/"]:not([href*="?"])')
    .evaluateAll((links: HTMLAnchorElement[]) => [...new Set(links.map((link) => link.pathname))]);
  expect(libraries).toHaveLength(4);
  for (const address of libraries) {
    await open(address);
    const photo = page.locator('[id^=photo-]').first();
    if (await photo.isVisible()) {
      await photo.click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await read();
      await open(`${address}?kind=photo&photo=${'0'.repeat(32)}`);
      await expect(page.getByRole('dialog').getByRole('alert')).toBeVisible();
      await read();
    } else {
      await open((await page.locator('main ul a[href^="/item/"]').first().getAttribute('href')) ?? '');
      const play = page.locator('a[href^="/play/"]').first();
      if (await play.isVisible()) await open((await play.getAttribute('href')) ?? '');
    }
  }
  await open(`/item/${'0'.repeat(32)}`);
});

test('in the players, when something does not play', async () => {
  await open('/');
  await page.locator('a[href^="/item/"]').filter({ hasText: 'A Sample Orbit' }).first().click();
  await page.locator('a[href^="/play/"]').first().click();
  await expect(page.locator('video')).toBeVisible();
  const film = new URL(page.url()).pathname;
  const trouble = page.locator('.stage .trouble');
  await page.route('**/stream/**', (route) =>
    route.request().method() === 'HEAD' ? route.continue() : route.fulfill({ body: 'no film' }),
  );
  await open(film);
  await expect(trouble).toContainText('cannot play the format');
  await read();
  await page.unrouteAll();
  await answer('items/*/play', { code: 'busy', detail: 'The server is busy.' }, 503);
  await open(film);
  await expect(trouble).toContainText('The server is busy.');
  await read();
  await page.unrouteAll();
  await page.route('**/api/v1/items/*/play', (route) => route.abort());
  await open(film);
  await expect(trouble).toContainText('did not answer');
  await read();
});

test('while the server is away, locked, or newer than the page', async () => {
  for (const reason of LOCKED_BECAUSE) {
    await answer('server', { state: 'locked', reason, name: 'Stead', host_name: 'stead.local' });
    await open('/');
    await expect(heading('This Stead is locked')).toBeVisible();
    await page.unrouteAll();
  }
  await page.route('**/api/v1/server', (route) => route.abort());
  await open('/');
  await expect(heading('Your Stead does not answer')).toBeVisible();
  await page.unrouteAll();
  await open('/');
  await page.route('**/assets/Settings*', (route) => route.abort());
  await answer('server', { state: 'claimed', version: 'another' });
  await page.locator('a[href="/settings"]:visible').click();
  await expect(heading('Your Stead was updated')).toBeVisible();
  await read();
});

test('where a television is let in', async () => {
  await open('/device');
  const facts = { kind: 'tv', name: '', agent: '', address: '192.0.2.7', near: false, expires_in_s: 9 };
  await answer('devices/look', facts);
  await page.getByLabel('Code').fill('BCDF-GHJK');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(heading('Is this in front of you?')).toBeVisible();
  await read();
  await answer('devices/approve', {});
  await page.getByRole('button', { name: 'Let it in' }).click();
  await expect(heading('It is in')).toBeVisible();
  await read();
});

test('where a device was lost, and where somebody else was in', async () => {
  const id = (n: string) => n.repeat(32);
  const session = { id: id('1'), kind: 'web', agent: '', last_seen_ms: 1, current: false };
  const view = {
    sessions: [session, { ...session, id: id('2'), kind: 'tv', name: 'TV', approved_by: id('1') }],
    factors: [
      { id: id('3'), kind: 'totp', name: 'Phone', created_ms: 1, used_ms: null, made_in: id('1') },
    ],
    remembered: [{ id: id('4'), agent: '', since_ms: 1, made_in: id('1') }],
    recovery_codes_left: 1,
    needs_factor: true,
  };
  await answer('lost', view);
  await open('/lost');
  await page.getByRole('checkbox').first().check();
  await expect(page.getByText('First set up another factor')).toBeVisible();
  await read();
  await page.unrouteAll();
  await answer('lost', { ...view, needs_factor: false, ended: [{ kind: 'tv', name: 'TV', agent: '' }] });
  await open('/lost');
  await page.getByRole('checkbox').first().check();
  await read();
  await page.getByRole('button', { name: 'End it all now' }).click();
  await expect(heading('It opens nothing any more')).toBeVisible();
  await read();
  const kinds = ['signed_in', 'passkey_copied', 'device_lost', 'disowned', 'factor_added'];
  const notices = kinds.map((kind, n) => ({ id: id(String(n)), kind, about: '', at_ms: 1 }));
  await answer('notices', { notices });
  await answer('notices/*/disown', { next: 'ask_the_owner' });
  await open('/settings');
  await page.getByRole('button', { name: 'It was not me' }).first().click();
  await read();
  await page.getByRole('dialog').getByRole('button', { name: 'It was not me' }).click();
  await expect(page.getByRole('dialog')).toContainText('Ask the owner');
  await read();
});

test('at sign-in, with either second factor', async () => {
  await page.goto(`${box.origin}/settings`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(heading('Sign in')).toBeVisible();
  await read();
  await nameOneself(page);
  await read();
  await page.getByLabel('Do not ask on this device').check();
  await read();
  await page.getByRole('button', { name: 'Use a recovery code' }).click();
  await read();
  await open('/lost');
  await answer('tv/poll', { step: 'over' });
  await page.goto(`${box.origin}/tv`);
  await expect(heading('Sign in with your phone')).toBeVisible();
  await read();
  await expect(heading('The code has run out')).toBeVisible({ timeout: 15_000 });
  await read();
});
