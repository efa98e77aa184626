// What an owner asks of people: who is affected is seen before it is switched on; then the board, time,
// exemptions, groups and the log. Every page on phones by day and by night, and at a desk.
import { readFileSync } from 'node:fs';
import { expect, test, type Page, type Route } from '@playwright/test';
import { DESKTOP } from './browser.ts';
import { expectAccessible, expectNoSidewaysScroll, look, watchLog } from './checks.ts';
import { addMember, MEMBER, nameOneself } from './member.ts';
import { ownedBox, type Owned } from './owned.ts';
import { PASSWORD, signIn } from './person.ts';
import { shot } from './shots.ts';
import { showFactor } from './step-up.ts';

test.describe.configure({ mode: 'serial' });

let owned: Owned;
let page: Page;
let desk: Page;
let complaints: () => string[];

test.beforeAll(async () => {
  owned = await ownedBox({ Films: 2 });
  page = owned.page;
  addMember(owned.box.facts.data_dir);
  const member = await (await owned.own.device(DESKTOP)).newPage();
  await member.goto(`${owned.box.origin}/signin`);
  await nameOneself(member, MEMBER, PASSWORD);
  await member.waitForURL(`${owned.box.origin}/`);
  desk = await (await owned.own.device(DESKTOP)).newPage();
  await desk.goto(`${owned.box.origin}/signin`);
  await signIn(desk, owned.box, owned.keys);
  await desk.waitForURL(`${owned.box.origin}/`);
  complaints = watchLog(page);
});

test.afterAll(() => owned.close());

const dialog = () => page.getByRole('dialog');
const card = (name: string) => page.locator('li.card').filter({ hasText: name });

async function open(part: string, title: string): Promise<void> {
  await page.goto(`${owned.box.origin}/settings/${part}`);
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
  await expect(page.locator('.skeleton')).toHaveCount(0);
  await expect(page.getByRole('alert').filter({ hasText: /./ })).toHaveCount(0);
}

/** The page as it is now, on both phones; and for whoever works on it, a picture. */
async function seen(name: string): Promise<void> {
  await look(page);
  await shot(page, `${name}-phone`);
}

async function seenAtDesk(part: string, name: string): Promise<void> {
  await desk.goto(`${owned.box.origin}/settings/${part}`);
  await expect(desk.locator('.skeleton')).toHaveCount(0);
  await expectAccessible(desk);
  await expectNoSidewaysScroll(desk);
  await shot(desk, `${name}-desktop`);
}

/** The next question to this waits until the answered function is called. */
async function held(what: string): Promise<() => void> {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const wait = async (route: Route) => {
    await released;
    await route.continue();
  };
  await page.route(what, wait, { times: 1 });
  return release;
}

test('who is affected is seen before anything is asked', async () => {
  await page.goto(`${owned.box.origin}/settings`);
  await page.getByRole('link', { name: 'What is asked' }).click();
  await expect(page.getByText('Off. A password alone opens what you share.')).toBeVisible();
  await seen('policy-off');
  await page.getByRole('button', { name: 'Switch on', exact: true }).click();
  await seen('policy-form');
  await dialog().getByText('Another number').click();
  await dialog().getByLabel('Days, 0 to 90').fill('91');
  await dialog().getByRole('button', { name: 'See who is affected' }).click();
  await expect(dialog().getByRole('alert')).toContainText('0 to 90 days');
  await expect(dialog().getByLabel('Days, 0 to 90')).toBeFocused();
  await dialog().getByText('14 days', { exact: true }).click();
  await dialog().getByRole('button', { name: 'See who is affected' }).click();
  await expect(dialog().getByRole('row').filter({ hasText: MEMBER })).toContainText('14 days left');
  await seen('policy-preview');
  await dialog().getByRole('button', { name: 'Back' }).click();
  await expect(dialog().getByRole('radio', { name: /^A second factor/ })).toBeChecked();
  await page.keyboard.press('Escape');
  await page.reload();
  await expect(page.getByText('Off. A password alone'), 'looking changes nothing').toBeVisible();
});

test('a passkey is not asked for where nobody could make one', async () => {
  await page.getByRole('button', { name: 'Switch on', exact: true }).click();
  await dialog().getByRole('radio', { name: /^A passkey/ }).check();
  await expect(dialog().getByRole('status')).not.toBeEmpty();
  const look = dialog().getByRole('button', { name: 'See who is affected' });
  await expect(look).toHaveAttribute('aria-disabled', 'true');
  await seen('policy-barred');
  await page.keyboard.press('Escape');
});

test('it is switched on after the factor was shown again, and can be changed', async () => {
  await owned.box.pass(16 * 60);
  await page.getByRole('button', { name: 'Switch on', exact: true }).click();
  const letLook = await held('**/api/v1/policy/preview');
  await dialog().getByRole('button', { name: 'See who is affected' }).click();
  await dialog().getByText('7 days', { exact: true }).click();
  letLook();
  await expect(dialog().getByRole('row').filter({ hasText: MEMBER })).toContainText('14 days left');
  const asked = page.waitForRequest('**/api/v1/policy/requirements');
  await dialog().getByRole('button', { name: 'Switch it on' }).click();
  expect((await asked).postDataJSON(), 'what was seen is what is set').toMatchObject({ grace_days: 14 });
  await showFactor(page, owned.box, owned.keys.secret);
  await expect(page.getByText('On since')).toBeVisible();
  await expect(dialog()).toBeHidden();
  await page.getByRole('button', { name: /^Change/ }).click();
  await dialog().getByText('30 days', { exact: true }).click();
  await dialog().getByLabel('Shown again').selectOption({ label: 'every 30 days' });
  await dialog().getByRole('button', { name: 'See who is affected' }).click();
  await expect(dialog()).toContainText('has to be let in anew');
  await look(page);
  await dialog().getByRole('button', { name: 'Change it' }).click();
  await expect(page.getByText('every 30 days')).toBeVisible();
  await seen('policy-on');
  await seenAtDesk('policy', 'policy-on');
});

test('the board says how everybody stands, and finds and orders them', async () => {
  await open('board', 'Who stands how');
  await expect(card(MEMBER)).toContainText('30 days left');
  await seen('board');
  await page.getByRole('button', { name: /^Kept out/ }).click();
  await expect(page.getByText('Nobody is like this.')).toBeVisible();
  await page.getByRole('button', { name: /^Everybody/ }).click();
  await page.getByLabel('Name', { exact: true }).fill(MEMBER.slice(0, 2));
  await expect(page.getByRole('status').filter({ hasText: '1 person' })).toBeVisible();
  await expect(page.locator('li.card h2')).toHaveText([MEMBER]);
  await expect(page.getByText('It begins tomorrow')).toBeVisible();
  // A chip that is pressed while a word is still being typed leaves the word as it is.
  await page.getByLabel('Name', { exact: true }).fill('nobody of this name');
  await page.getByRole('button', { name: /^Everybody/ }).click();
  await expect(page.getByText('Nobody is like this.')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill(MEMBER.slice(0, 2));
  await expect(page.locator('li.card h2')).toHaveText([MEMBER]);
  await seenAtDesk('board', 'board');
  await desk.getByRole('button', { name: 'Person' }).click();
  await expect(desk.getByRole('columnheader', { name: 'Person' })).toHaveAttribute('aria-sort', 'ascending');
  const names = desk.locator('tbody th > span:first-child');
  const upwards = (await names.allInnerTexts()).toSorted((one, other) => one.localeCompare(other));
  // The column says its order at once, the rows follow with the answer.
  await expect(names).toHaveText(upwards);
  await desk.getByRole('button', { name: 'Person' }).click();
  await expect(names).toHaveText(upwards.toReversed());
});

test('somebody is reminded once a day, given time, and exempted with a reason', async () => {
  await page.getByRole('button', { name: `Details ${MEMBER}` }).click();
  await seen('board-person');
  await dialog().getByRole('button', { name: 'Remind' }).click();
  await expect(page.getByText(`${MEMBER} is reminded`)).toBeVisible();
  await dialog().getByRole('button', { name: 'Remind' }).click();
  await expect(dialog().getByRole('alert')).toContainText('less than a day ago');
  await dialog().getByRole('button', { name: 'Give time' }).click();
  await seen('board-grace');
  await dialog().getByRole('button', { name: 'Give it' }).click();
  await expect(dialog()).toContainText(/[78] days left/);
  await dialog().getByRole('button', { name: 'Exempt', exact: true }).click();
  await dialog().getByLabel('For how many days').fill('367');
  await dialog().getByLabel('Why').fill('Comes for Christmas, has no phone');
  await seen('board-exempt');
  await dialog().getByRole('button', { name: 'Exempt', exact: true }).click();
  await expect(dialog().getByRole('alert')).toContainText('1 to 366 days');
  await dialog().getByLabel('For how many days').fill('180');
  await dialog().getByRole('button', { name: 'Exempt', exact: true }).click();
  await expect(page.getByText(`${MEMBER} is exempt`)).toBeVisible();
  await expect(dialog()).toContainText('Exempt');
});

test('the table is saved as a file, once the factor was shown', async () => {
  await page.keyboard.press('Escape');
  await owned.box.pass(16 * 60);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as a table' }).click();
  await showFactor(page, owned.box, owned.keys.secret);
  const file = await (await saved).path();
  expect(readFileSync(file, 'utf8')).toContain(MEMBER);
});

test('exemptions stand in a list, and end there', async () => {
  await open('exemptions', 'Exemptions');
  await expect(page.getByRole('listitem').filter({ hasText: MEMBER })).toContainText('180 days left');
  await seen('exemptions');
  await seenAtDesk('exemptions', 'exemptions');
  await page.getByRole('button', { name: `End ${MEMBER}` }).click();
  await look(page);
  await dialog().getByRole('button', { name: 'End', exact: true }).click();
  await expect(page.getByText('Nobody is exempt.')).toBeVisible();
});

test('a group is made, filled and asked, and is not removed while it is asked', async () => {
  await open('groups', 'Groups');
  await expect(page.getByText('No groups yet.')).toBeVisible();
  await page.getByRole('button', { name: 'Make a group' }).click();
  await dialog().getByLabel('Name', { exact: true }).fill('Neighbours');
  await dialog().getByLabel('Profiles of its members need a PIN').check();
  await look(page);
  await dialog().getByRole('button', { name: 'Make it' }).click();
  await expect(card('Neighbours')).toContainText('nobody');
  await page.getByRole('button', { name: 'Members Neighbours' }).click();
  await dialog().getByLabel(MEMBER).check();
  await expect(dialog().getByLabel(MEMBER)).toBeChecked();
  await seen('groups-members');
  await dialog().getByRole('button', { name: 'Close' }).click();
  await expect(card('Neighbours')).toContainText('1 member');
  await page.getByRole('button', { name: 'Change Neighbours' }).click();
  await dialog().getByLabel('Name', { exact: true }).fill('Second floor');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await expect(card('Second floor')).toBeVisible();
  await seen('groups');

  await open('policy', 'What is asked');
  await page.getByRole('button', { name: 'Ask a group' }).click();
  await dialog().getByLabel('Group').selectOption({ label: 'Second floor' });
  await dialog().getByText('7 days', { exact: true }).click();
  await look(page);
  await dialog().getByRole('button', { name: 'See who is affected' }).click();
  await dialog().getByRole('button', { name: 'Switch it on' }).click();
  await expect(page.getByRole('heading', { name: 'Group Second floor' })).toBeVisible();

  await open('groups', 'Groups');
  await expect(card('Second floor')).toContainText('Something is asked of it');
  await page.getByRole('button', { name: 'Remove Second floor' }).click();
  await dialog().getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(dialog().getByRole('alert')).toContainText('Switch that off first');
  await dialog().getByRole('link', { name: 'To what is asked' }).click();
  await page.getByRole('button', { name: 'Switch off Group Second floor' }).click();
  await look(page);
  await dialog().getByRole('button', { name: 'Switch off', exact: true }).click();
  await expect(page.getByText('Switched off', { exact: true })).toBeVisible();
  await open('groups', 'Groups');
  await page.getByRole('button', { name: 'Remove Second floor' }).click();
  await dialog().getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByText('No groups yet.')).toBeVisible();
});

test('the log tells all of it in words, is searched by name and day, and saved', async () => {
  await open('log', 'Log');
  for (const words of ['Something was asked for', 'Somebody was reminded', 'Somebody was exempted']) {
    await expect(page.getByText(words).first()).toBeVisible();
  }
  await seen('log');
  await seenAtDesk('log', 'log');
  await page.getByLabel('What', { exact: true }).selectOption({ label: 'Exemptions' });
  await expect(page.getByText('An exemption was ended')).toBeVisible();
  await expect(page.getByText('Something was asked for')).toHaveCount(0);
  await page.getByLabel('Name or word in it').fill(MEMBER.toLowerCase());
  await expect(page.locator('ol li')).toHaveCount(2);
  await expect(page.locator('ol li').first()).toContainText(MEMBER);
  await page.getByLabel('To day').fill('2020-01-01');
  await expect(page.getByText('Nothing like this is in the log.')).toBeVisible();
  await page.getByLabel('To day').fill('');
  await expect(page.locator('ol li')).toHaveCount(2);
  // A name is known as such also where the names come after it was typed.
  const letKnow = await held('**/api/v1/people');
  await open('log', 'Log');
  await page.getByLabel('What', { exact: true }).selectOption({ label: 'Exemptions' });
  await page.getByLabel('Name or word in it').fill(MEMBER.toLowerCase());
  await expect(page.getByText('Nothing like this is in the log.')).toBeVisible();
  letKnow();
  await expect(page.locator('ol li')).toHaveCount(2);
  await owned.box.pass(16 * 60);
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as JSON lines' }).click();
  await showFactor(page, owned.box, owned.keys.secret);
  const lines = readFileSync(await (await saved).path(), 'utf8').trim().split('\n');
  const kinds = lines.map((line) => (JSON.parse(line) as { kind: string; hash: string }).kind);
  expect(kinds).toEqual(['exemption.given', 'exemption.ended']);
  // What the browser itself says about refusals that the page told.
  expect(complaints().filter((line) => !/\b(401|409|422)\b/.test(line))).toEqual([]);
});
