// A computer is let in by the phone that is signed in: a number there, three here.
import { expect, test, type Page } from '@playwright/test';
import { DESKTOP } from './browser.ts';
import { look } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { nameOneself } from './person.ts';
import { shot } from './shots.ts';

let owned: Owned;
test.beforeAll(async () => {
  owned = await ownedBox({});
});
test.afterAll(() => owned.close());

/** A computer where name and password were right, and the number that it shows then. */
async function askFromComputer(): Promise<{ page: Page; number: string }> {
  const computer = await owned.own.device(DESKTOP);
  const page = await computer.newPage();
  await page.goto(`${owned.box.origin}/signin`);
  await nameOneself(page);
  await page.getByRole('button', { name: 'Approve on another device' }).click();
  const number = page.locator('.number');
  await expect(number).toBeVisible();
  await look(page);
  return { page, number: await number.innerText() };
}

test('the number that the computer shows, tapped on the phone, lets it in', async () => {
  const phone = owned.page;
  await phone.goto(owned.box.origin);
  const { page, number } = await askFromComputer();
  const question = phone.getByRole('dialog', { name: 'Is this you?' });
  await expect(question, 'it comes without a reload').toBeVisible();
  await expect(question).toContainText('127.0.0.1');
  await look(phone);
  await question.getByRole('button', { name: number, exact: true }).click();
  await expect(question).toBeHidden();
  await page.waitForURL(`${owned.box.origin}/`);
});

test('a guarded act on the computer is approved on the phone', async () => {
  const phone = owned.page;
  await phone.goto(owned.box.origin);
  const { page, number } = await askFromComputer();
  const question = phone.getByRole('dialog', { name: 'Is this you?' });
  await question.getByRole('button', { name: number, exact: true }).click();
  await page.waitForURL(`${owned.box.origin}/`);
  await owned.box.pass(16 * 60);
  await page.goto(`${owned.box.origin}/settings/security`);
  await page.getByRole('button', { name: 'Add authenticator' }).click();
  const asked = page.getByRole('dialog', { name: 'Is it still you?' });
  await asked.getByRole('button', { name: 'Approve on another device' }).click();
  const told = asked.locator('.number');
  await expect(told).toBeVisible();
  await look(page);
  await shot(page, 'stepup-approval-desktop');
  await phone.goto(owned.box.origin);
  await expect(question).toContainText('wants to do something guarded');
  await question.getByRole('button', { name: await told.innerText(), exact: true }).click();
  await expect(asked).toBeHidden();
  await expect(page.getByRole('dialog', { name: 'Add an authenticator' })).toBeVisible();
});

test('"it was not me" ends it on both', async () => {
  const phone = owned.page;
  await phone.goto(owned.box.origin);
  const { page } = await askFromComputer();
  const question = phone.getByRole('dialog', { name: 'Is this you?' });
  await question.getByRole('button', { name: 'It was not me' }).click();
  await expect(question).toBeHidden();
  await expect(page.getByRole('alert').filter({ hasText: 'was refused' })).toBeVisible();
});
