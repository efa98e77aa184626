// Larger libraries than the sample: more photos than one page of the list holds, with a broken file
// among them, and clips that take a while to read.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { SAMPLE } from './box.ts';
import { look, watchScans } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { addFolder, library, waitForIndex } from './person.ts';

/** The list comes in pages of a hundred. */
const PHOTOS = 130;
/** These are asked of ffprobe one by one, which takes longer than the pause between two news. */
const CLIPS = 40;

test.describe.configure({ mode: 'serial' });

let media: string;
let photos: string;
let clips: string;
let owned: Owned;

/** A photo of the sample library as if taken at another time; its EXIF holds the time as text. */
function writePhoto(name: string, taken: string): void {
  const bytes = readFileSync(join(SAMPLE, 'Photos/2023/meadow.jpg')).toString('latin1');
  const other = bytes.replaceAll('2023:05:20 08:41:05', taken);
  if (other === bytes) throw new Error('the sample photo has another date than thought');
  writeFileSync(join(photos, name), Buffer.from(other, 'latin1'));
}

/** A short film of a kind that the server does not read by itself. */
function writeClips(): void {
  const one = join(clips, 'Clip 0.avi');
  const picture = ['-f', 'lavfi', '-i', 'testsrc=size=64x48:duration=1'];
  execFileSync('ffmpeg', ['-v', 'error', ...picture, '-c:v', 'mpeg4', one]);
  for (let n = 1; n < CLIPS; n++) copyFileSync(one, join(clips, `Clip ${n}.avi`));
}

test.beforeAll(async () => {
  media = mkdtempSync(join(tmpdir(), 'stead-media-'));
  photos = join(media, 'Photos');
  clips = join(media, 'Clips');
  mkdirSync(photos);
  mkdirSync(clips);
  writeClips();
  for (let n = 0; n < PHOTOS; n++) {
    const two = (value: number) => String(value).padStart(2, '0');
    writePhoto(`Day ${n}.jpg`, `2023:06:${two(1 + (n % 28))} 10:${two(n % 60)}:${two(n % 59)}`);
  }
  writeFileSync(join(photos, 'torn.jpg'), Buffer.from('ffd8ffe000104a464946', 'hex'));
  owned = await ownedBox({}, media);
});

test.afterAll(async () => {
  await owned.close();
  rmSync(media, { recursive: true, force: true });
});

test('a scan tells how far it is while it goes on', async () => {
  const { page, box } = owned;
  const said = await watchScans(page);
  await addFolder(page, box, 'Clips');
  await waitForIndex(page, 'Clips', CLIPS);
  const done = [...said].map((words) => parseInt(words));
  const onTheWay = done.filter((files) => files > 0 && files < CLIPS);
  expect(onTheWay, [...said].join('\n')).not.toEqual([]);
});

test('files that could not be read are listed with their reason', async () => {
  const { page, box } = owned;
  await addFolder(page, box, 'Photos');
  await waitForIndex(page, 'Photos', PHOTOS);
  await library(page, 'Photos').getByRole('button', { name: '1 problem' }).click();
  await expect(page.getByRole('dialog')).toContainText('torn.jpg');
  await look(page);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(library(page, 'Photos').getByRole('button', { name: '1 problem' })).toBeFocused();
});

test('a new photo that is old opens from home, among its neighbours', async () => {
  const { page, box } = owned;
  writePhoto('Long ago.jpg', '1999:12:31 23:59:00');
  await library(page, 'Photos').getByRole('button', { name: 'Read again' }).click();
  await waitForIndex(page, 'Photos', PHOTOS + 1);
  await page.goto(box.origin);
  await page.getByRole('region', { name: 'Photos' }).getByRole('link', { name: 'Long ago' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.locator('img.sharp.ready')).toBeVisible();
  await expect(dialog).toContainText('Long ago');
  // It is the last of all by its date; the photo before it is on the second page of the list.
  await dialog.getByRole('button', { name: 'Previous photo' }).click();
  await expect(dialog).toContainText('Day 0');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toBeHidden();
});

test('going back from a photo leads home, and the photo stays in the history', async () => {
  const { page, box } = owned;
  await page.goto(box.origin);
  await page.getByRole('region', { name: 'Photos' }).getByRole('link', { name: 'Long ago' }).click();
  await expect(page.getByRole('dialog').locator('img.sharp.ready')).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { name: 'Home' })).toBeAttached();
  await expect(page.getByRole('region', { name: 'Photos' })).toBeVisible();
  expect(new URL(page.url()).pathname).toBe('/');
  await page.goForward();
  await expect(page.getByRole('dialog')).toContainText('Long ago');
});

test('a photo that is gone is told, and can be closed', async () => {
  const { page } = owned;
  const address = new URL(page.url());
  address.searchParams.set('photo', '0'.repeat(32));
  await page.goto(address.href);
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('alert')).toBeVisible();
  await look(page);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toBeHidden();
});

test('libraries show although they are asked for again, and an older answer takes nothing back', async () => {
  const { page, box } = owned;
  const photosLink = page.getByRole('navigation').getByRole('link', { name: 'Photos' });
  /** The home page, where the first or all later questions about libraries are answered when this says so. */
  const open = async (held: 'first' | 'later', json?: object) => {
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    let askAgain: () => void = () => undefined;
    const askedAgain = new Promise<void>((resolve) => (askAgain = resolve));
    let asked = 0;
    await page.route('**/api/v1/libraries', async (route) => {
      asked += 1;
      const isFirst = asked === 1;
      if (!isFirst) askAgain();
      // The first question is answered after the second was asked, or the second would never be.
      await askedAgain;
      if (isFirst === (held === 'first')) await answered;
      await (isFirst && json ? route.fulfill({ json }) : route.continue());
    });
    await page.goto(`${box.origin}/`);
    return answer;
  };
  let answer = await open('later');
  await expect(photosLink).toBeVisible();
  answer();
  await page.unrouteAll({ behavior: 'wait' });
  answer = await open('first', { libraries: [] });
  await expect(photosLink).toBeVisible();
  const late = page.waitForResponse('**/api/v1/libraries');
  answer();
  await (await late).finished();
  // What it says would be drawn by then.
  await page.evaluate(async () => {
    for (let frame = 0; frame < 5; frame++) await new Promise((drawn) => requestAnimationFrame(drawn));
  });
  expect(await photosLink.isVisible(), 'an older answer takes nothing back').toBe(true);
  await page.unrouteAll({ behavior: 'wait' });
});
