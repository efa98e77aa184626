// Claims that go wrong: each says what happened in a sentence, and loses nothing.
import { expect, test, type Page } from '@playwright/test';
import { Box } from './box.ts';
import { openBrowser, PHONE, type OwnBrowser } from './browser.ts';
import { look } from './checks.ts';
import { claim, confirmTotp, nameOwner, openSetupFile, goOn } from './person.ts';

let box: Box;
let own: OwnBrowser;
let page: Page;

test.beforeEach(async () => {
  box = await Box.start();
  own = await openBrowser(box, 'trusts');
  page = await (await own.device(PHONE)).newPage();
});

test.afterEach(async () => {
  await own.close();
  await box.stop();
});

test('a wrong code says where the right one is', async () => {
  await page.goto(`${box.origin}/claim`);
  await page.getByLabel('Set-up code').fill('WRNG-CDEF');
  await goOn(page).click();
  await expect(page.getByRole('alert')).toContainText('Setup Stead.html');
  await look(page);
});

test('a link that is not of this box leads to the code, and says why', async () => {
  await page.goto(`${box.origin}/claim#s=not-the-secret-of-this-box`);
  await expect(page.getByRole('alert')).toContainText('prove that the box is yours');
  await expect(page.getByLabel('Set-up code')).toBeVisible();
  expect(page.url(), 'the secret does not stay in the address').not.toContain('#');
});

test('a second phone continues, and the first is told', async () => {
  await openSetupFile(page, box);
  await expect(page.getByRole('heading', { name: 'You are the owner' })).toBeVisible();
  const second = await (await own.device(PHONE)).newPage();
  await openSetupFile(second, box);
  await expect(second.getByRole('heading', { name: 'in another browser' })).toBeVisible();
  await look(second);
  await second.getByRole('button', { name: 'Continue here' }).click();
  await expect(second.getByRole('heading', { name: 'You are the owner' })).toBeVisible();
  await nameOwner(page);
  await expect(page.getByRole('heading', { name: 'This set-up is over' })).toBeVisible();
  await look(page);
  await claim(second, box);
});

test('a claim in another browser tells how long ago it began', async () => {
  await page.route('**/api/v1/claim/begin', (route) =>
    route.fulfill({
      status: 409,
      contentType: 'application/problem+json',
      json: { code: 'claim_in_progress', detail: '', can_take_over: true, started_s_ago: 180 },
    }),
  );
  await openSetupFile(page, box);
  await expect(page.getByText('3 minutes ago')).toBeVisible();
});

test('a reload comes back to the same screen, as after a visit to the authenticator app', async () => {
  await openSetupFile(page, box);
  // A browser that goes before it has its answer holds no claim: it is told, and may continue.
  await expect(page.getByLabel('Your name')).toBeVisible();
  await page.reload();
  await nameOwner(page);
  await expect(page.getByRole('heading', { name: 'A second lock' })).toBeVisible();
  const secret = await page.locator('code').innerText();
  await page.reload();
  await expect(page.locator('code')).toHaveText(secret);
  await confirmTotp(page, box);
  const codes = await page.locator('ol li').allInnerTexts();
  await page.reload();
  await expect(page.locator('ol li')).toHaveText(codes);
});

test('wrong answers in the wizard are told at their fields', async () => {
  await openSetupFile(page, box);
  await page.getByLabel('Your name').fill('Maria');
  await page.locator('input[name=password]').fill('12345678');
  await goOn(page).click();
  await expect(page.getByText('one of the first that would be tried')).toBeVisible();
  await nameOwner(page);
  await page.getByLabel('Code from the app').fill('000000');
  await goOn(page).click();
  await expect(page.getByText('This code is wrong')).toBeVisible();
  await confirmTotp(page, box);
  await goOn(page).click({ force: true });
  await expect(page.getByText('First share, save or copy the codes')).toBeVisible();
  await page.getByLabel('I wrote them down').check();
  await goOn(page).click();
  await page.getByLabel('Last four characters').fill('????');
  await page.getByRole('button', { name: 'Finish set-up' }).click();
  await expect(page.getByText('None of your recovery codes ends like that')).toBeVisible();
});

test('a claim that waited too long begins again with the same link', async () => {
  await openSetupFile(page, box);
  await expect(page.getByRole('heading', { name: 'You are the owner' })).toBeVisible();
  await box.pass(16 * 60);
  await nameOwner(page);
  await expect(page.getByRole('heading', { name: 'This set-up is over' })).toBeVisible();
  await page.getByRole('button', { name: 'Start again' }).click();
  await claim(page, box);
});

test('a used link leads to the sign-in page, which says why', async () => {
  await openSetupFile(page, box);
  const link = await page.evaluate(() => sessionStorage.getItem('stead.claim') ?? '');
  const { proof } = JSON.parse(link) as { proof: { secret: string } };
  await claim(page, box);
  const late = await (await own.device(PHONE)).newPage();
  await late.goto(`${box.origin}/claim#s=${proof.secret}`);
  await expect(late.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expect(late.getByText('This Stead has an owner by now')).toBeVisible();
});
