// The disks of a box, on its page. Real disks are the matter of tests/it/drives.rs; here the helper's
// answers stand in its place, and everything else is real.
import { expect, test, type Page, type Route } from '@playwright/test';
import { DESKTOP } from './browser.ts';
import { expectAccessible, expectNoSidewaysScroll, look } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { signIn } from './person.ts';
import { shot } from './shots.ts';

test.describe.configure({ mode: 'serial' });

let owned: Owned;
let page: Page;

const FILMS = { uuid: '1111-aaaa', label: 'Films', file_system: 'ntfs', size_bytes: 4e12, folder: '/run/stead/media/1111-aaaa' };
const DISKS = [
  { name: 'sda', size_bytes: 4e12, model: 'Portable SSD T7', read_only: false, volumes: [FILMS] },
  { name: 'sdb', size_bytes: 64e9, read_only: false, volumes: [] },
  {
    name: 'mmcblk1',
    size_bytes: 32e9,
    model: 'SD32G',
    read_only: true,
    volumes: [{ uuid: '2222-bbbb', file_system: 'exfat', size_bytes: 32e9 }],
  },
];

/** Answers for the disks, and what was asked. */
async function standIn(page: Page, told: () => object): Promise<[string, unknown][]> {
  const asked: [string, unknown][] = [];
  await page.route('**/api/v1/disks', (route) => route.fulfill({ json: told() }));
  await page.route('**/api/v1/disks/*', (route: Route) => {
    asked.push([new URL(route.request().url()).pathname, route.request().postDataJSON()]);
    return route.fulfill({ status: 204 });
  });
  return asked;
}

test.beforeAll(async () => {
  owned = await ownedBox({ Films: 2 });
  page = owned.page;
});

test.afterAll(() => owned.close());

test('a server that is no appliance says who looks after its disks', async () => {
  await page.goto(`${owned.box.origin}/settings`);
  await page.getByRole('link', { name: 'Disks of this box' }).click();
  await expect(page.getByText('the system that it runs on does')).toBeVisible();
  await look(page);
});

test('what is plugged in is shown, read and let go of', async () => {
  let disks = DISKS;
  const asked = await standIn(page, () => ({ looked_after: true, disks }));
  await page.goto(`${owned.box.origin}/settings/disks`);
  const ssd = page.locator('li.card').filter({ hasText: 'Portable SSD T7' });
  await expect(ssd).toContainText('is read');
  await expect(page.getByText('Nothing on it can be read.')).toBeVisible();
  await look(page);
  await shot(page, 'disks-phone');
  const desk = await (await owned.own.device(DESKTOP)).newPage();
  await desk.goto(`${owned.box.origin}/signin`);
  await signIn(desk, owned.box, owned.keys);
  await desk.waitForURL(`${owned.box.origin}/`);
  await standIn(desk, () => ({ looked_after: true, disks }));
  await desk.goto(`${owned.box.origin}/settings/disks`);
  await expect(desk.getByText('Portable SSD T7').first()).toBeVisible();
  await expectAccessible(desk);
  await expectNoSidewaysScroll(desk);
  await shot(desk, 'disks-desktop');

  // It says that it cannot be pressed now, and why, to whoever presses it all the same.
  await ssd.getByRole('button', { name: 'Make it empty Portable SSD T7 sda' }).press('Enter');
  await expect(page.getByText('First let go of what is read from it.')).toBeVisible();
  await expect(page.getByRole('dialog')).toBeHidden();
  disks = DISKS.map((disk) => ({ ...disk, volumes: disk.volumes.map((volume) => ({ ...volume, folder: undefined })) })) as typeof DISKS;
  await ssd.getByRole('button', { name: 'Let go Films' }).click();
  await expect(page.getByText('Films can be unplugged now')).toBeVisible();
  await expect(ssd).toContainText('not read');
  expect(asked).toEqual([['/api/v1/disks/unmount', { uuid: '1111-aaaa' }]]);
  await expect(page.getByRole('button', { name: /^Make it empty .*mmcblk1/ })).toHaveCount(0);
});

test('a disk is made empty by its typed name', async () => {
  await page.unrouteAll();
  const asked = await standIn(page, () => ({ looked_after: true, disks: [DISKS[1]] }));
  await page.goto(`${owned.box.origin}/settings/disks`);
  await page.getByRole('button', { name: 'Make it empty Disk sdb' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('64 GB');
  await look(page);
  await shot(page, 'disks-empty-phone');
  await dialog.getByLabel('Type the name of the disk').fill('sdb');
  await dialog.getByRole('button', { name: 'Make it empty' }).click();
  await expect(page.getByText('Disk is empty now')).toBeVisible();
  expect(asked).toEqual([['/api/v1/disks/empty', { name: 'sdb', size_bytes: 64e9, label: 'Media', typed: 'sdb' }]]);
});

test('a card that nothing is heard of is told to the owner, on every page', async () => {
  await owned.box.configured('[claim]\nboot_file = "/nowhere/stead.txt"\n');
  await page.goto(`${owned.box.origin}/`);
  await expect(page.getByText('The drive STEAD-BOOT of this box cannot be read')).toBeVisible();
  await look(page);
  await shot(page, 'card-not-well-phone');
});
