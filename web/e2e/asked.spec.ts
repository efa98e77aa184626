// Somebody whose owner asks for a second factor: told in the owner's name, kept out after the deadline
// until it is set up, and back where they were afterwards; and the television beside them.
import { expect, test, type BrowserContextOptions, type Page } from '@playwright/test';
import { PHONE } from './browser.ts';
import { expectAccessible, expectNoSidewaysScroll, look, watchLog } from './checks.ts';
import { addMember, MEMBER, nameOneself } from './member.ts';
import { ownedBox, type Owned } from './owned.ts';
import { NAME, PASSWORD } from './person.ts';
import { shot } from './shots.ts';
import { showFactor } from './step-up.ts';
import { totp } from './totp.ts';

const TV: BrowserContextOptions = {
  viewport: { width: 1920, height: 1080 },
  locale: 'en-GB',
  reducedMotion: 'reduce',
};
const DAY_S = 24 * 3600;

test.describe.configure({ mode: 'serial' });

let owned: Owned;
let page: Page;
let tv: Page;
let complaints: () => string[];

test.beforeAll(async () => {
  owned = await ownedBox({ Films: 2 });
  addMember(owned.box.facts.data_dir);
  page = await (await owned.own.device(PHONE)).newPage();
  await page.goto(`${owned.box.origin}/signin`);
  await nameOneself(page, MEMBER, PASSWORD);
  await page.waitForURL(`${owned.box.origin}/`);
  tv = await (await owned.own.device(TV)).newPage();
  await tv.goto(`${owned.box.origin}/tv`);
  await expect(tv.locator('.code')).toHaveText(/^[A-Z]{4}-[A-Z]{4}$/);
  const code = (await tv.locator('.code').textContent())?.trim() ?? '';
  await page.goto(`${owned.box.origin}/device#code=${code}`);
  await page.getByRole('button', { name: 'Let it in' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('It is in');
  await tv.waitForURL(`${owned.box.origin}/`, { timeout: 20_000 });
  complaints = watchLog(page);
});

test.afterAll(() => owned.close());

const note = (on: Page) => on.getByRole('complementary', { name: 'What the owner asks of you' });
const title = (on: Page, words: string) => expect(on.getByRole('heading', { level: 1, name: words })).toBeVisible();

/** What the page asks the box for, from now on. */
function watchCalls(on: Page): string[] {
  const calls: string[] = [];
  on.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/api/v1/') || pathname.startsWith('/stream/')) calls.push(pathname);
  });
  return calls;
}

test('it is told in the name of the owner, with the day and one button', async () => {
  const { box, page: owner } = owned;
  await owner.goto(`${box.origin}/settings/policy`);
  await owner.getByRole('button', { name: 'Switch on', exact: true }).click();
  await owner.getByRole('dialog').getByText('7 days', { exact: true }).click();
  await owner.getByRole('button', { name: 'See who is affected' }).click();
  await owner.getByRole('button', { name: 'Switch it on' }).click();
  await expect(owner.getByText('On since')).toBeVisible();

  await page.goto(`${box.origin}/`);
  await expect(note(page)).toContainText(`${NAME}, who runs`);
  await expect(note(page)).toContainText('asks for a second factor here by');
  await expect(note(page)).toContainText('7 days left');
  await expect(note(page).getByRole('link')).toHaveCount(1);
  await look(page);
  await shot(page, 'asked-notice-phone');
  await tv.goto(`${box.origin}/`);
  await expect(note(tv)).toContainText('on your phone or computer');
  await expect(note(tv).getByRole('link')).toHaveCount(0);
  await expectAccessible(tv);
  await shot(tv, 'asked-notice-tv');
});

test('at a sign-in it is told first, and can wait', async () => {
  const other = await (await owned.own.device(PHONE)).newPage();
  await other.goto(`${owned.box.origin}/signin?next=%2Fsettings`);
  await nameOneself(other, MEMBER, PASSWORD);
  await title(other, 'A second factor');
  await expect(other.getByText(`${NAME}, who runs`)).toBeVisible();
  await look(other);
  await shot(other, 'asked-signin-phone');
  await other.getByRole('button', { name: 'Set it up now' }).click();
  await other.getByRole('button', { name: 'Use an app instead' }).click();
  // Its password alone is known there, and that may be known to others.
  await title(other, 'Ask for a code first');
  await expect(other.getByText(`So ${NAME} gives you a code`)).toBeVisible();
  await look(other);
  await other.getByRole('button', { name: 'Later' }).click();
  await other.waitForURL(`${owned.box.origin}/settings`);
  await other.context().close();
});

test('after the deadline nothing opens, and nothing of a library is asked for', async () => {
  await owned.box.pass(8 * DAY_S);
  const calls = watchCalls(page);
  await page.goto(`${owned.box.origin}/`);
  await title(page, 'First a second factor');
  await expect(page.getByText('nothing else opens here')).toBeVisible();
  await look(page);
  await shot(page, 'asked-closed-phone');
  for (const path of ['/search?q=a', '/settings', '/settings/board', `/library/${'0'.repeat(32)}`]) {
    await page.goto(owned.box.origin + path);
    await title(page, 'First a second factor');
  }
  expect([...new Set(calls)].sort()).toEqual(['/api/v1/me', '/api/v1/server']);
  await tv.goto(`${owned.box.origin}/`);
  await title(tv, 'Go on with your phone');
  await expectAccessible(tv);
  await expectNoSidewaysScroll(tv);
  await shot(tv, 'asked-closed-tv');
});

test('a new browser sets it up by a code of the owner, one page at a time, and goes on', async () => {
  const { box, page: owner } = owned;
  const fresh = await (await owned.own.device(PHONE)).newPage();
  const log = watchLog(fresh);
  await fresh.goto(`${box.origin}/signin`);
  await nameOneself(fresh, MEMBER, PASSWORD);
  await title(fresh, 'First a second factor');
  await fresh.getByRole('link', { name: 'Set it up' }).click();
  await title(fresh, 'A second factor');
  await look(fresh);
  await fresh.getByRole('button', { name: 'Set it up now' }).click();
  await title(fresh, 'A passkey');
  await look(fresh);
  await shot(fresh, 'enrol-passkey-phone');
  await fresh.getByRole('button', { name: 'Use an app instead' }).click();
  await title(fresh, 'Ask for a code first');

  await owner.goto(`${box.origin}/settings/board?state=blocked`);
  await showFactor(owner, box, owned.keys.secret);
  await owner.getByRole('button', { name: `Details ${MEMBER}` }).click();
  await expect(owner.getByRole('dialog')).toContainText('Kept out');
  await owner.getByRole('button', { name: 'One-time code' }).click();
  await owner.getByRole('button', { name: 'Make it' }).click();
  const once = await owner.getByRole('dialog').locator('.text').innerText();

  await fresh.getByRole('link', { name: 'I have the code' }).click();
  await nameOneself(fresh, MEMBER, PASSWORD);
  await fresh.getByLabel('Recovery code').fill(once);
  await fresh.locator('button.primary').click();
  await title(fresh, 'A second factor');
  await look(fresh);
  await fresh.getByRole('button', { name: 'Set it up now' }).click();
  await fresh.getByRole('button', { name: 'Use an app instead' }).click();
  await title(fresh, 'A second lock');
  await look(fresh);
  const secret = (await fresh.locator('code').innerText()).replace(/\s/g, '');
  await fresh.getByLabel('Code from the app').fill(totp(secret, box.now()));
  await fresh.getByRole('button', { name: 'Continue' }).click();
  await title(fresh, 'Your phone can say yes');
  await look(fresh);
  await shot(fresh, 'enrol-phone-phone');
  await fresh.getByRole('button', { name: 'Continue' }).click();
  await title(fresh, 'Recovery codes');
  const codes = await fresh.locator('ol li').allInnerTexts();
  expect(new Set(codes).size).toBe(10);
  await look(fresh);
  await fresh.getByLabel('I wrote them down').check();
  await fresh.getByRole('button', { name: 'Continue' }).click();
  await fresh.getByLabel('Last four characters').fill(codes[2]?.slice(-4) ?? '');
  await fresh.locator('button.primary').click();
  await title(fresh, 'It is set up');
  await look(fresh);
  const libraries = fresh.waitForResponse('**/api/v1/libraries');
  await fresh.getByRole('button', { name: 'Go on' }).click();
  expect((await libraries).status(), 'libraries are open again').toBe(200);
  await title(fresh, 'Home');
  await expect(note(fresh)).toHaveCount(0);
  await fresh.goto(`${box.origin}/settings/enrol`);
  await title(fresh, 'Nothing is asked of you');
  await look(fresh);
  expect([...log(), ...complaints()].filter((line) => !/\b40[13]\b/.test(line))).toEqual([]);
});
