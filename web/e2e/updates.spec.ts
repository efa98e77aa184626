// Updates of a box, on their page. What is asked of rauc is the matter of tests/it/updates.rs, and of
// image/test; here the answers of a box stand in, since a browser's server is no appliance.
import { expect, test, type Page } from '@playwright/test';
import { DESKTOP } from './browser.ts';
import { expectAccessible, expectNoSidewaysScroll, look } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { signIn } from './person.ts';
import { shot } from './shots.ts';

test.describe.configure({ mode: 'serial' });

let owned: Owned;
let page: Page;

const A = { name: 'A', running: true, next: true, good: true, version: '0.9.2' };
const B = { name: 'B', running: false, next: false, good: true, version: '0.9.1' };
const RESTS = { here: true, version: '0.9.2', systems: [A, B], stage: 'none' };
const ON_STICK = { uuid: '1234-ABCD', disk: 'Stick', file: 'stead-arm64-0.10.0.raucb', size_bytes: 183_500_800, version: '0.10.0' };
const OLD = { ...ON_STICK, file: 'stead-arm64-0.8.0.raucb', version: undefined, refused: 'this update is older than what runs: it could not read what is kept here' };
const SOURCE = { address: 'https://updates.example.net/stead', channel: 'stable', how: 'off' };
const OFFER = { version: '0.10.0', size_bytes: 183_500_800, notes: 'Mends the remote.\nShows photos sooner.', worth: 'new' };

/** The box as it is told, and what is asked of it. */
class StandIn {
  told: object = RESTS;
  onDisks: object[] = [];
  /** What was set last. */
  wish: unknown;
  /** How often it does not answer. */
  away = 0;
  readonly asked: string[] = [];

  async at(page: Page): Promise<void> {
    const done = (path: string, next: object) =>
      page.route(`**/api/v1/system/${path}`, (route) => {
        this.asked.push(path);
        this.told = next;
        if (path === 'updates/wish') this.wish = route.request().postDataJSON();
        if (path === 'restart' || path === 'updates/switch') this.away = 1;
        return /updates\/(file|disk)$/.test(path) ? route.fulfill({ json: { version: '0.10.0' } }) : route.fulfill({ status: 204 });
      });
    await page.route('**/api/v1/system/updates', (route) =>
      this.away-- > 0 ? route.abort() : route.fulfill({ json: this.told }),
    );
    await page.route('**/api/v1/system/updates/disks', (route) => route.fulfill({ json: { updates: this.onDisks } }));
    await done('updates/disk', { ...RESTS, stage: 'ready', offered: '0.10.0' });
    await done('updates/look', { ...RESTS, source: { ...SOURCE, looked_ms: Date.now(), offer: OFFER } });
    await done('updates/fetch', {
      ...RESTS,
      stage: 'arrives',
      arrives: { from: 'source', has_bytes: 60_000_000, of_bytes: OFFER.size_bytes },
      source: { ...SOURCE, offer: OFFER, trouble: 'broken_off' },
    });
    await done('updates/cancel', { ...RESTS, source: { ...SOURCE, looked_ms: Date.now(), offer: OFFER } });
    await done('updates/wish', {
      ...RESTS,
      source: { ...SOURCE, looked_ms: Date.now(), how: 'itself', from_hour: 1, to_hour: 4, offer: { ...OFFER, worth: 'left' } },
    });
    await done('updates/file', { ...RESTS, stage: 'ready', offered: '0.10.0' });
    await done('updates/install', { ...RESTS, stage: 'installing', offered: '0.10.0' });
    await done('updates/switch', RESTS);
    await done('restart', { ...RESTS, last: { version: '0.10.0', outcome: 'left', reason: 'the database cannot be opened' } });
  }
}

const box = new StandIn();

test.beforeAll(async () => {
  owned = await ownedBox({ Films: 2 });
  page = owned.page;
});

test.afterAll(() => owned.close());

test('a server that is no appliance says who updates it', async () => {
  await page.goto(`${owned.box.origin}/settings`);
  await page.getByRole('link', { name: 'Updates' }).click();
  await expect(page.getByText('the system that it runs on does that')).toBeVisible();
  await look(page);
});

test('a file is chosen, installed, and begins with a restart; one that does not work says why', async () => {
  await box.at(page);
  await page.goto(`${owned.box.origin}/settings/updates`);
  await expect(page.getByText('Version 0.9.2')).toBeVisible();
  await look(page);
  await shot(page, 'updates-phone');
  const chosen = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose the file' }).click();
  await (await chosen).setFiles({ name: 'stead-arm64-0.10.0.raucb', mimeType: 'application/octet-stream', buffer: Buffer.from('bundle') });
  await expect(page.getByText('Version 0.10.0 can be installed')).toBeVisible();
  await look(page);
  await page.getByRole('button', { name: 'Install it' }).click();
  await expect(page.getByRole('progressbar')).toBeVisible();
  await look(page);
  await shot(page, 'updates-installing-phone');
  box.told = { ...RESTS, last: { version: '0.10.0', outcome: 'waits' } };
  await page.getByRole('button', { name: 'Restart now' }).click();
  await expect(page.getByText('0.10.0 did not work')).toBeVisible();
  await expect(page.getByText('the database cannot be opened')).toBeVisible();
  await look(page);
  await shot(page, 'updates-left-phone');
  expect(box.asked).toEqual(['updates/file', 'updates/install', 'restart']);
});

test('an update on a disk is taken in, and one that cannot be installed says why', async () => {
  box.told = RESTS;
  box.onDisks = [OLD, ON_STICK];
  box.asked.length = 0;
  await page.goto(`${owned.box.origin}/settings/updates`);
  await expect(page.getByText('its configuration names no address')).toBeVisible();
  await expect(page.getByText(/^Cannot be installed: .*older than what runs/)).toBeVisible();
  await look(page);
  await shot(page, 'updates-disk-phone');
  await page.getByRole('button', { name: `Take it ${ON_STICK.file} Stick` }).click();
  await expect(page.getByText('Version 0.10.0 can be installed')).toBeVisible();
  expect(box.asked).toEqual(['updates/disk']);
});

test('a new version is asked for, downloaded, called off, and left to the night', async () => {
  box.told = { ...RESTS, source: SOURCE };
  box.onDisks = [];
  box.asked.length = 0;
  await page.goto(`${owned.box.origin}/settings/updates`);
  await expect(page.getByText('Not asked since the box started')).toBeVisible();
  await expect(page.getByLabel('What the box does about new versions')).toHaveValue('off');
  await look(page);
  await page.getByRole('button', { name: 'Ask now' }).click();
  await expect(page.getByRole('heading', { name: 'Version 0.10.0 is there' })).toBeVisible();
  await expect(page.getByText('Mends the remote.')).toBeVisible();
  await look(page);
  await shot(page, 'updates-offer-phone');
  await page.getByRole('button', { name: 'Download it (184 MB)' }).click();
  await expect(page.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '33');
  await expect(page.getByText('It goes on where it stopped')).toBeVisible();
  await look(page);
  await shot(page, 'updates-fetching-phone');
  await page.getByRole('button', { name: 'Cancel the download' }).click();
  await expect(page.getByRole('progressbar')).toBeHidden();
  await page.getByLabel('What the box does about new versions').selectOption('itself');
  await page.getByLabel('From', { exact: true }).selectOption('1');
  await page.getByLabel('To', { exact: true }).selectOption('4');
  await look(page);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('It did not work here before')).toBeVisible();
  await look(page);
  await shot(page, 'updates-itself-phone');
  expect(box.asked).toEqual(['updates/look', 'updates/fetch', 'updates/cancel', 'updates/wish']);
  expect(box.wish).toEqual({ channel: 'stable', how: 'itself', from_hour: 1, to_hour: 4 });
});

test('the other system is started after a question', async () => {
  const desk = await (await owned.own.device(DESKTOP)).newPage();
  await desk.goto(`${owned.box.origin}/signin`);
  await signIn(desk, owned.box, owned.keys);
  await desk.waitForURL(`${owned.box.origin}/`);
  box.told = { ...RESTS, source: { ...SOURCE, looked_ms: Date.now(), offer: OFFER, trouble: 'sum' } };
  box.onDisks = [OLD, ON_STICK];
  box.asked.length = 0;
  await box.at(desk);
  await desk.goto(`${owned.box.origin}/settings/updates`);
  await expect(desk.getByText('System B')).toBeVisible();
  await expectAccessible(desk);
  await expectNoSidewaysScroll(desk);
  await shot(desk, 'updates-desktop');
  await desk.getByRole('button', { name: 'Start the other system' }).click();
  await expect(desk.getByRole('dialog')).toContainText('interrupted');
  expect(box.asked).toEqual([]);
  await desk.getByRole('button', { name: 'Restart with it' }).click();
  await expect(desk.getByRole('dialog')).toBeHidden();
  await expect(desk.getByText('The box restarts.')).toBeVisible();
  await expect(desk.getByText('System B')).toBeVisible();
  await expect(desk.getByText('The box restarts.')).toBeHidden();
  expect(box.asked).toEqual(['updates/switch']);
  // Of what was flashed no version is known.
  const reason = 'Stead answers, and is locked: database_unreadable';
  for (const [outcome, told] of [
    ['waits', 'System B is chosen'],
    ['runs', 'System B was chosen last, and works.'],
    ['left', 'System B did not work'],
  ] as const) {
    box.told = { ...RESTS, last: { chosen: 'B', outcome, reason: outcome === 'left' ? reason : undefined } };
    await desk.reload();
    await expect(desk.getByText(told)).toBeVisible();
    await expectAccessible(desk);
    await expectNoSidewaysScroll(desk);
    await shot(desk, `updates-chosen-${outcome}-desktop`);
  }
  await expect(desk.getByText(reason)).toBeVisible();
});
