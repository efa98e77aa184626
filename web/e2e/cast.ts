// Who takes part in a longer story, and what they do more than once: people come in by invitations, films
// that last, and a television that shows its code.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type BrowserContext, type BrowserContextOptions, type Page } from '@playwright/test';
import { SAMPLE, type Box } from './box.ts';
import { totp } from './totp.ts';

export const TV: BrowserContextOptions = {
  viewport: { width: 1920, height: 1080 },
  locale: 'en-GB',
  reducedMotion: 'reduce',
};

/** The media of this machine that a test made for itself. */
export interface Media {
  folder: string;
  remove: () => void;
}

/** Snow, which no codec makes smaller: two seconds of it, repeated. No browser holds all of it. */
function snow(file: string, framesPerSecond: number, seconds: number): void {
  const ffmpeg = (...words: string[]) => execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...words]);
  const flake = `${file}.flake.mp4`;
  const picture = `color=gray:s=320x180:r=${framesPerSecond}:d=2,noise=all_seed=7:alls=100:allf=t+u`;
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '4', '-pix_fmt', 'yuv420p'];
  ffmpeg('-f', 'lavfi', '-i', picture, ...codec, flake);
  const copies = String(seconds / 2 - 1);
  ffmpeg('-stream_loop', copies, '-i', flake, '-c', 'copy', '-movflags', '+faststart', file);
  rmSync(flake);
}

/** The sample's films and two of snow: one that outlasts the story, and one that is read fast. */
export function filmsThatLast(long: string, fast: string): Media {
  const folder = mkdtempSync(join(tmpdir(), 'stead-media-'));
  const films = join(folder, 'Films');
  cpSync(join(SAMPLE, 'Films'), films, { recursive: true });
  for (const [title, rate, seconds] of [[long, 2, 900], [fast, 10, 100]] as const) {
    mkdirSync(join(films, title));
    snow(join(films, title, `${title}.mp4`), rate, seconds);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The owner makes a link that lets somebody in, to one library. */
export async function invite(owner: Page, box: Box, name: string, library: string): Promise<string> {
  await owner.goto(`${box.origin}/settings/invitations`);
  await owner.getByRole('button', { name: 'Invite somebody' }).click();
  const dialog = owner.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill(name);
  await dialog.getByLabel(library).check();
  await dialog.getByRole('button', { name: 'Make the link' }).click();
  const link = await dialog.locator('.text').innerText();
  await dialog.getByRole('button', { name: 'Close' }).click();
  return link;
}

/** Somebody comes in by a password alone. */
export async function joinByPassword(page: Page, box: Box, link: string, password: string): Promise<void> {
  await page.goto(link);
  await page.locator('input[name=password]').fill(password);
  await page.getByRole('button', { name: 'Come in' }).click();
  await page.getByRole('button', { name: 'Look around' }).click();
  await page.waitForURL(`${box.origin}/`);
}

/** Somebody comes in with an authenticator beside the password. */
export async function joinByFactor(page: Page, box: Box, link: string, password: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel('Set up an authenticator app, too').check();
  await page.locator('input[name=password]').fill(password);
  await page.getByRole('button', { name: 'Continue' }).click();
  const secret = (await page.locator('code').innerText()).replace(/\s/g, '');
  await page.getByLabel('Code from the app').fill(totp(secret, box.now()));
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('I wrote them down').check();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Look around' }).click();
  await page.waitForURL(`${box.origin}/`);
}

/** What keeps passkeys on this device, with somebody beside it who says yes. */
export async function giveAuthenticator(device: BrowserContext, page: Page): Promise<void> {
  const cdp = await device.newCDPSession(page);
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
}

/** The television shows a code, and somebody lets it in by their phone. */
export async function letIn(tv: Page, phone: Page, box: Box, name: string): Promise<void> {
  await expect(tv.locator('.code')).toHaveText(/^[A-Z]{4}-[A-Z]{4}$/);
  const code = (await tv.locator('.code').textContent())?.trim() ?? '';
  // By way of another page, so that this one is opened anew by its address.
  await phone.goto('about:blank');
  await phone.goto(`${box.origin}/device#code=${code}`);
  await phone.getByLabel('What to call it').fill(name);
  await phone.getByRole('button', { name: 'Let it in' }).click();
  await expect(phone.getByRole('heading', { level: 1 })).toHaveText('It is in');
  await tv.waitForURL(`${box.origin}/`, { timeout: 30_000 });
}

/** Where the film stands; −1 where none is open. */
export const seconds = (on: Page) =>
  on.evaluate(() => document.querySelector('video')?.currentTime ?? -1);

/** Opens a film from the home page, and sees it begin. */
export async function openFilm(on: Page, box: Box, title: string): Promise<void> {
  await on.goto(`${box.origin}/`);
  await on.getByRole('region', { name: 'Films' }).getByRole('link', { name: title }).click();
  await on.getByRole('link', { name: /^(Play|Go on)$/ }).click();
  await expectPlaying(on);
}

/** The film goes on, and by itself. */
export async function expectPlaying(on: Page): Promise<void> {
  await expect(on.locator('video')).toBeVisible();
  const before = await seconds(on);
  await expect.poll(() => seconds(on)).toBeGreaterThan(Math.max(before, 0) + 0.2);
  await expect(on.locator('.trouble')).toHaveCount(0);
}
