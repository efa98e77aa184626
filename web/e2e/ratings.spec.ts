// The owner rates a film and limits a member: the film is in no list, no search and no link of theirs
// any more. A profile is limited by its person.
import { expect, test, type Page } from '@playwright/test';
import { PHONE } from './browser.ts';
import { look, watchLog } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { shot } from './shots.ts';

test.describe.configure({ mode: 'serial' });

const PASSWORD = 'four slow wooden ferries';

let owned: Owned;
let page: Page;
let sam: Page;
let films: { id: string; title: string }[] = [];
const film = () => films[0] ?? { id: '', title: '' };
const other = () => films[1] ?? { id: '', title: '' };

const heading = (on: Page, name: string | RegExp) => on.getByRole('heading', { name });
const dialog = (on: Page) => on.getByRole('dialog');
const person = (name: string) => page.locator('li.card').filter({ has: heading(page, name) });

test.beforeAll(async () => {
  owned = await ownedBox({ Films: 2 });
  page = owned.page;
  sam = await (await owned.own.device(PHONE)).newPage();
  await page.goto(`${owned.box.origin}/settings/invitations`);
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await dialog(page).getByLabel('Name', { exact: true }).fill('Sam');
  await dialog(page).getByLabel('Films').check();
  await dialog(page).getByRole('button', { name: 'Make the link' }).click();
  const link = await dialog(page).locator('.text').innerText();
  await dialog(page).getByRole('button', { name: 'Close' }).click();
  await sam.goto(link);
  await sam.locator('input[name=password]').fill(PASSWORD);
  await sam.getByRole('button', { name: 'Come in' }).click();
  await expect(heading(sam, 'You are in')).toBeVisible();
  await sam.getByRole('button', { name: 'Look around' }).click();
  await sam.waitForURL(`${owned.box.origin}/`);
  films = await sam.evaluate(async () => {
    const read = async (path: string) => (await fetch(`/api/v1${path}`)).json() as Promise<unknown>;
    const { libraries } = (await read('/libraries')) as { libraries: { id: string }[] };
    const id = libraries[0]?.id ?? '';
    const page = await read(`/items?library=${id}&kind=film`);
    return (page as { items: { id: string; title: string }[] }).items;
  });
  expect(films).toHaveLength(2);
});

test.afterAll(async () => {
  await owned.close();
});

async function rate(title: { id: string }, age: string): Promise<void> {
  await page.goto(`${owned.box.origin}/item/${title.id}`);
  await page.getByText('Age rating').click();
  await page.getByLabel('For whom it is').selectOption(age);
  await page.getByRole('button', { name: 'Save the rating' }).click();
}

test('the owner decides for whom a film is', async () => {
  const complaints = watchLog(page);
  await page.goto(`${owned.box.origin}/item/${film().id}`);
  await page.getByText('Age rating').click();
  await expect(page.getByText('Its files say nothing.')).toBeVisible();
  await look(page);
  await shot(page, 'rating-phone');
  await rate(film(), 'From 16');
  await expect(page.getByText('From 16: decided here.')).toBeVisible();
  await rate(other(), 'From 6');
  await expect(page.getByText('From 6: decided here.')).toBeVisible();
  expect(complaints()).toEqual([]);
});

test('a member without a limit sees it and decides nothing', async () => {
  await sam.goto(`${owned.box.origin}/item/${film().id}`);
  await expect(heading(sam, film().title)).toBeVisible();
  await expect(sam.getByText('From 16')).toBeVisible();
  await expect(sam.getByText('Age rating')).toHaveCount(0);
});

test('up to 12 it is in no list, in no search, and behind no link', async () => {
  await page.goto(`${owned.box.origin}/settings/people`);
  await person('Sam').getByRole('button', { name: 'Titles by age' }).click();
  await dialog(page).getByLabel('Sam').selectOption('Up to 12');
  await expect(dialog(page).getByLabel('Films and series without a rating')).toBeChecked();
  await look(page);
  await shot(page, 'limit-phone');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await expect(person('Sam')).toContainText('Up to 12, and none without a rating');
  await look(page);
  await shot(page, 'people-limited-phone');
  await page.setViewportSize({ width: 1280, height: 900 });
  await shot(page, 'people-limited-desktop');
  await page.setViewportSize({ width: 390, height: 780 });
  await sam.goto(owned.box.origin);
  await expect(sam.getByText(other().title).first()).toBeVisible();
  await expect(sam.getByText(film().title)).toHaveCount(0);
  await sam.goto(`${owned.box.origin}/item/${film().id}`);
  await expect(heading(sam, 'There is nothing here')).toBeVisible();
  const word = film().title.split(' ').at(-1) ?? '';
  await sam.goto(`${owned.box.origin}/search?q=${encodeURIComponent(word)}`);
  await expect(sam.getByText('Nothing found')).toBeVisible();
  await expect(sam.getByText(film().title)).toHaveCount(0);
  const status = await sam.evaluate(async (id) => (await fetch(`/api/v1/items/${id}`)).status, film().id);
  expect(status).toBe(404);
});

test('a profile is limited by its person', async () => {
  await page.goto(`${owned.box.origin}/settings/household`);
  await page.getByRole('button', { name: 'Add a profile' }).click();
  await dialog(page).getByLabel('Name').fill('Kim');
  await dialog(page).getByLabel('Sees titles').selectOption('Up to 6');
  await look(page);
  await shot(page, 'profile-limit-phone');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Kim' })).toContainText('Up to 6');
  await look(page);
  await page.goto(`${owned.box.origin}/profiles`);
  await page.getByRole('button', { name: 'Kim' }).click();
  await page.waitForURL(`${owned.box.origin}/`);
  await expect(page.getByText(other().title).first()).toBeVisible();
  await expect(page.getByText(film().title)).toHaveCount(0);
  await page.goto(`${owned.box.origin}/item/${other().id}`);
  await expect(heading(page, other().title)).toBeVisible();
  await expect(page.getByText('Age rating')).toHaveCount(0);
});
