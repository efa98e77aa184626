// What happens when an owner asks for a second factor, from the first to the last day, in four browsers at
// once: the owner, a member who has one, a member who has none, and that member's television. Each act
// looks at what every one of them sees.
import { expect, test, type Page, type Request } from '@playwright/test';
import { DESKTOP, PHONE } from './browser.ts';
import {
  expectPlaying,
  filmsThatLast,
  giveAuthenticator,
  invite,
  joinByFactor,
  joinByPassword,
  letIn,
  openFilm,
  seconds,
  TV,
  type Media,
} from './cast.ts';
import { look } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { NAME } from './person.ts';
import { shot } from './shots.ts';
import { showFactor } from './step-up.ts';

const DAY_S = 24 * 3600;
const HOUR_S = 3600;
/** The member who has a second factor, and the one who has none. */
const KIM = 'Kim';
const SAM = 'Sam';
const SAMS_PASSWORD = 'four slow wooden ferries';
/** It lasts from the first act to the last. */
const LONG = 'Long Snow';
const FAST = 'Fast Snow';
/** What Sam leaves in the middle. */
const BEGUN = 'A Sample Orbit';
const BEGUN_AT_S = 120;
/** What is in flight or in a browser still plays; nobody waits longer. */
const ENDS_MAX_MS = 60_000;

test.describe.configure({ mode: 'serial', timeout: 180_000 });

let media: Media;
let owned: Owned;
let owner: Page;
let kim: Page;
let sam: Page;
let tv: Page;
/** The server's own name. */
let server: string;
/** What Kim's browser asked the server for, from the first film on. */
const kimCalls: string[] = [];

test.beforeAll(async () => {
  test.setTimeout(180_000);
  media = filmsThatLast(LONG, FAST);
  owned = await ownedBox({ Films: 4 }, media.folder);
  owner = owned.page;
  const { box, own } = owned;
  const phone = await own.device(PHONE);
  [kim, sam, tv] = await Promise.all([
    own.device(DESKTOP).then((device) => device.newPage()),
    phone.newPage(),
    own.device(TV).then((device) => device.newPage()),
  ]);
  await giveAuthenticator(phone, sam);
  await joinByFactor(kim, box, await invite(owner, box, KIM, 'Films'), 'harbour bells');
  await joinByPassword(sam, box, await invite(owner, box, SAM, 'Films'), SAMS_PASSWORD);
  server = await owner.evaluate(async () => {
    const answer = await fetch('/api/v1/server');
    return ((await answer.json()) as { name: string }).name;
  });
});

test.afterAll(async () => {
  await owned.close();
  media.remove();
});

const note = (on: Page) => on.getByRole('complementary', { name: 'What the owner asks of you' });
const told = (on: Page) => on.getByRole('region', { name: 'About your account' }).getByText('The owner reminds you');
const title = (on: Page, words: string) => expect(on.getByRole('heading', { level: 1, name: words })).toBeVisible();
const dialog = (on: Page) => on.getByRole('dialog');
const home = (on: Page) => on.goto(`${owned.box.origin}/`);
const card = (name: string) => owner.locator('li.card').filter({ has: owner.getByRole('heading', { name, exact: true }) });

/** The board as it is by now: what goes on is on it within seconds. */
async function expectOnBoard(name: string, ...words: (string | RegExp)[]): Promise<void> {
  await expect(async () => {
    await owner.goto(`${owned.box.origin}/settings/board`);
    for (const each of words) await expect(card(name)).toContainText(each, { timeout: 3_000 });
  }).toPass({ timeout: 40_000 });
}

/** Opens the board after a long while; the server asks whether it is still the owner. */
async function comeBackToBoard(): Promise<void> {
  await owner.goto(`${owned.box.origin}/settings/board`);
  await showFactor(owner, owned.box, owned.keys.secret);
  await expect(card(SAM)).toBeVisible();
}

/** A day so far ahead, as pages write it; two where midnight is near. */
function dayIn(seconds: number): RegExp {
  const written = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long' });
  const around = [-60_000, 60_000].map((off) => written.format(owned.box.now() + seconds * 1000 + off));
  return new RegExp(`by (${around.join('|')})\\.`);
}

/** Requests for the bytes of films, from now on. */
function watchStreams(on: Page): Request[] {
  const streams: Request[] = [];
  on.on('request', (request) => {
    if (new URL(request.url()).pathname.startsWith('/stream/')) streams.push(request);
  });
  return streams;
}

/** The codes of what is refused, from now on. */
function refusals(on: Page): string[] {
  const codes: string[] = [];
  on.on('response', (response) => {
    if (response.status() !== 403 || !response.url().includes('/api/')) return;
    response.json().then(
      (body: { code: string }) => codes.push(body.code),
      // The page went on before anybody read it.
      () => undefined,
    );
  });
  return codes;
}

/** Kim was never asked for anything, and plays on. */
async function expectKimUndisturbed(): Promise<void> {
  await expectPlaying(kim);
  await expect(dialog(kim)).toHaveCount(0);
  await expect(note(kim)).toHaveCount(0);
  expect(kimCalls.filter((path) => /signin|step-?up/.test(path))).toEqual([]);
}

test('the owner sees who is affected, and asks for it within seven days', async () => {
  kim.on('request', (request) => kimCalls.push(new URL(request.url()).pathname));
  await openFilm(kim, owned.box, LONG);
  await home(sam);
  await expect(note(sam), 'nothing is asked yet').toHaveCount(0);

  await owner.goto(`${owned.box.origin}/settings/policy`);
  await expect(owner.getByText('Off. A password alone opens what you share.')).toBeVisible();
  await owner.getByRole('button', { name: 'Switch on', exact: true }).click();
  await dialog(owner).getByText('7 days', { exact: true }).click();
  await dialog(owner).getByRole('button', { name: 'See who is affected' }).click();
  await expect(dialog(owner).getByRole('row').filter({ hasText: SAM })).toContainText('7 days left');
  await expect(dialog(owner).getByRole('row').filter({ hasText: KIM }), 'Kim has one').toHaveCount(0);
  await shot(owner, 'story-preview');
  await dialog(owner).getByRole('button', { name: 'Switch it on' }).click();
  await expect(owner.getByText('On since')).toBeVisible();

  await expectOnBoard(SAM, '7 days left');
  await expectOnBoard(KIM, 'Fine', 'Authenticator');
  await expectKimUndisturbed();
});

test('whoever has none reads who asks and by when, and plays meanwhile, also on the television', async () => {
  const { box } = owned;
  await home(sam);
  await expect(note(sam)).toContainText(`${NAME}, who runs ${server}, asks for a second factor here`);
  await expect(note(sam)).toContainText(dayIn(7 * DAY_S));
  await expect(note(sam)).toContainText('7 days left');
  await expect(note(sam).getByRole('link', { name: 'Set it up' })).toBeVisible();
  await look(sam);
  await shot(sam, 'story-notice');
  await openFilm(sam, box, BEGUN);
  await sam.getByRole('slider', { name: 'Position' }).fill(String(BEGUN_AT_S));
  await expect.poll(() => seconds(sam)).toBeGreaterThan(BEGUN_AT_S);

  await tv.goto(`${box.origin}/tv`);
  await letIn(tv, sam, box, 'Living room');
  await expect(note(tv)).toContainText(`${NAME}, who runs ${server}`);
  await expect(note(tv)).toContainText('7 days left');
  await expect(note(tv)).toContainText('on your phone or computer');
  await openFilm(tv, box, FAST);
  await expectKimUndisturbed();
});

test('a reminder by hand is read where it is meant to be, and nowhere else', async () => {
  const { box } = owned;
  await box.pass(3 * DAY_S);
  // What the server tells by itself comes first, so that the one that is written now is known from it.
  await expect(async () => {
    await home(sam);
    await expect(told(sam)).toHaveCount(1, { timeout: 3_000 });
  }).toPass({ timeout: 40_000 });
  await expect(note(sam)).toContainText('4 days left');
  await expect(note(sam)).toContainText(dayIn(4 * DAY_S));
  await sam.getByRole('button', { name: 'Seen', exact: true }).click();
  await home(sam);
  await expect(note(sam)).toBeVisible();
  await expect(told(sam)).toHaveCount(0);

  await comeBackToBoard();
  await expect(card(SAM)).toContainText('4 days left');
  await owner.getByRole('button', { name: `Details ${SAM}` }).click();
  await dialog(owner).getByRole('button', { name: 'Remind' }).click();
  await expect(owner.getByText(`${SAM} is reminded`)).toBeVisible();
  await expectOnBoard(SAM, /Reminded\s*2 times/);

  await home(sam);
  await expect(told(sam)).toHaveCount(1);
  await shot(sam, 'story-reminded');
  await home(tv);
  await expect(note(tv), 'a television tells how long').toContainText('4 days left');
  await expect(told(tv), 'and nothing of what is written to somebody').toHaveCount(0);
  await expectKimUndisturbed();
});

test('the deadline ends what plays without a factor, and nothing else', async () => {
  const { box } = owned;
  const streams = { sam: watchStreams(sam), tv: watchStreams(tv) };
  await openFilm(sam, box, FAST);
  await openFilm(tv, box, FAST);
  const running = { sam: streams.sam.at(-1), tv: streams.tv.at(-1) };
  const refused = { sam: refusals(sam), tv: refusals(tv) };
  const before = kimCalls.length;
  await box.pass(4 * DAY_S + HOUR_S);

  // Nobody touches these two: what plays there ends, and the page says why.
  await expect(sam.getByRole('heading', { name: 'First a second factor' })).toBeVisible({ timeout: ENDS_MAX_MS });
  await expect(tv.getByRole('heading', { name: 'Go on with your phone' })).toBeVisible({ timeout: ENDS_MAX_MS });
  for (const who of ['sam', 'tv'] as const) {
    // "Aborted" it would be by a page that wants no more of it.
    expect(running[who]?.failure()?.errorText, `${who}: the server cut the stream`).toMatch(/^net::ERR_(?!ABORTED)/);
    expect(refused[who]).toContain('enrolment_required');
  }
  for (const one of [sam, tv]) await expect(one.locator('video')).toHaveCount(0);

  await expectKimUndisturbed();
  const stood = await seconds(kim);
  await kim.keyboard.press('ArrowRight');
  await expect.poll(() => seconds(kim)).toBeGreaterThan(stood + 5);
  await kim.getByRole('slider', { name: 'Position' }).fill('700');
  await expect.poll(() => seconds(kim), 'what was not read before is sent').toBeGreaterThan(700);
  await expectKimUndisturbed();
  expect(kimCalls.length, 'by calls that were answered').toBeGreaterThan(before);
});

test('after it only the way to a second factor is open, and the board says so', async () => {
  const { box } = owned;
  for (const path of ['/', '/settings', '/search?q=snow', `/library/${'0'.repeat(32)}`]) {
    await sam.goto(box.origin + path);
    await title(sam, 'First a second factor');
    await expect(sam.getByText(`${NAME}, who runs ${server}`)).toBeVisible();
    await expect(sam.getByText('nothing else opens here')).toBeVisible();
    await expect(sam.getByRole('link')).toHaveText(['Set it up']);
  }
  await look(sam);
  await shot(sam, 'story-closed');
  await home(tv);
  await title(tv, 'Go on with your phone');
  await expect(tv.getByText('set up a second factor there')).toBeVisible();
  await expect(tv.getByRole('link')).toHaveCount(0);

  await comeBackToBoard();
  await expectOnBoard(SAM, 'Kept out', /Kept out, 30 days\s*\d+ times/);
  await expectOnBoard(KIM, 'Fine');
  await expect(card(KIM)).not.toContainText('Kept out');
  await shot(owner, 'story-board');
  await expectKimUndisturbed();
});

test('a passkey opens all of it again, where the film was left', async () => {
  const { box } = owned;
  await home(sam);
  await sam.getByRole('link', { name: 'Set it up' }).click();
  await title(sam, 'A second factor');
  await sam.getByRole('button', { name: 'Set it up now' }).click();
  await title(sam, 'A passkey');
  await sam.getByRole('button', { name: 'Make the passkey' }).click();
  // The browser is days old, and the one thing to show so far is the password.
  await dialog(sam).getByLabel('Password', { exact: true }).fill(SAMS_PASSWORD);
  await dialog(sam).getByRole('button', { name: 'Go on' }).click();
  await title(sam, 'Your phone can say yes');
  await sam.getByRole('button', { name: 'Continue' }).click();
  await title(sam, 'A second lock');
  await sam.getByRole('button', { name: 'Not now' }).click();
  await title(sam, 'Recovery codes');
  const codes = await sam.locator('ol li').allInnerTexts();
  await sam.getByLabel('I wrote them down').check();
  await sam.getByRole('button', { name: 'Continue' }).click();
  await sam.getByLabel('Last four characters').fill(codes[0]?.slice(-4) ?? '');
  await sam.locator('button.primary').click();
  await title(sam, 'It is set up');
  await sam.getByRole('button', { name: 'Go on' }).click();

  await title(sam, 'Home');
  await expect(note(sam)).toHaveCount(0);
  await openFilm(sam, box, BEGUN);
  expect(await seconds(sam), 'where it was left').toBeGreaterThan(BEGUN_AT_S);
  await expectOnBoard(SAM, 'Fine', 'Passkey', '10 recovery codes');
  await expectKimUndisturbed();
});

test('the television is let in once more, by the phone that has shown it, and plays', async () => {
  const { box } = owned;
  // It looks by itself; nobody goes and presses something on it.
  await expect(tv.getByText('Let this screen in again')).toBeVisible({ timeout: 30_000 });
  await shot(tv, 'story-tv-again');
  await tv.getByRole('button', { name: 'Show a code for the phone' }).click();
  await letIn(tv, sam, box, 'Living room');
  await expect(note(tv)).toHaveCount(0);
  await openFilm(tv, box, FAST);
  await expectKimUndisturbed();
});

test('the log tells why each was let in or refused', async () => {
  const { box } = owned;
  // An hour is told when it is over.
  await box.pass(2 * HOUR_S);
  await owner.goto(`${box.origin}/settings/log`);
  await showFactor(owner, box, owned.keys.secret);
  const entries = owner.locator('ol li');
  const entry = (what: string) => entries.filter({ hasText: what });
  await expect(async () => {
    await owner.goto(`${box.origin}/settings/log`);
    await owner.getByLabel('What', { exact: true }).selectOption({ label: 'Who was kept out, asked or told' });
    await owner.getByLabel('Name or word in it').fill(SAM);
    await expect(entry('Kept out').first()).toBeVisible({ timeout: 3_000 });
  }).toPass({ timeout: 40_000 });
  const by = (door: string) => entries.filter({ hasText: new RegExp(`Door\\s*${door}`) });
  for (const door of ['browser or app', 'television', 'what plays']) {
    const passed = by(door).filter({ hasText: 'Let in, with a notice' });
    await expect(passed.first()).toContainText(/Reason\s*there is time left/);
  }
  for (const door of ['browser or app', 'television']) {
    const keptOut = by(door).filter({ hasText: 'Kept out' });
    await expect(keptOut.first()).toContainText(/Reason\s*no second factor was set up in time/);
  }
  await shot(owner, 'story-log');
  // The list follows the typed name a moment later: what stood there before is not what is judged.
  const sams = new RegExp(`Person\\s*${SAM}`);
  await expect
    .poll(async () => {
      const told = await entries.allTextContents();
      return told.length > 0 && told.every((entry) => sams.test(entry));
    })
    .toBe(true);

  await owner.getByLabel('Name or word in it').fill(KIM);
  await expect(owner.getByText('Nothing like this is in the log.')).toBeVisible();
  await owner.getByLabel('Name or word in it').fill('');
  for (const [part, what] of [
    ['What is asked', 'Something was asked for'],
    ['Reminders', 'Somebody was reminded'],
    ['Passwords and second factors', 'A second factor was added'],
    ['Devices and apps', 'A device was let in'],
  ] as const) {
    await owner.getByLabel('What', { exact: true }).selectOption({ label: part });
    await expect(entry(what).first()).toBeVisible();
  }
});
