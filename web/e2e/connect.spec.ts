// Another program asks who somebody is: who asks is shown, the person decides, and nothing is sent
// anywhere that was not registered.
import { createHash } from 'node:crypto';
import { expect, test, type Page } from '@playwright/test';
import { look, watchLog } from './checks.ts';
import { ownedBox, type Owned } from './owned.ts';
import { NAME, PASSWORD } from './person.ts';
import { totp } from './totp.ts';

const REDIRECT = 'https://cellar.example/callback';
const CHALLENGE = createHash('sha256').update('a-verifier-of-this-test-alone-0123456789-abc').digest('base64url');

let owned: Owned;

test.beforeEach(async () => {
  owned = await ownedBox({});
});
test.afterEach(async () => owned.close());

/** Registers a program by a token of the owner's, and answers its id. */
async function register(page: Page): Promise<string> {
  return page.evaluate(async (redirect) => {
    const json = { 'content-type': 'application/json' };
    const invited = await fetch('/api/v1/provider/registrations', { method: 'POST', headers: json, body: '{}' });
    const { token } = (await invited.json()) as { token: string };
    const made = await fetch('/oauth/register', {
      method: 'POST',
      headers: { ...json, authorization: `Bearer ${token}` },
      body: JSON.stringify({ client_name: 'Cellar', redirect_uris: [redirect] }),
    });
    return ((await made.json()) as { client_id: string }).client_id;
  }, REDIRECT);
}

function request(client: string, more: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_id: client,
    redirect_uri: REDIRECT,
    response_type: 'code',
    scope: 'openid profile',
    state: 'kept',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...more,
  });
  return `${owned.box.origin}/authorize?${query}`;
}

/** What arrives at the program. */
async function arriving(page: Page): Promise<() => URLSearchParams | undefined> {
  let came: URLSearchParams | undefined;
  await page.context().route('https://cellar.example/**', async (route) => {
    came = new URL(route.request().url()).searchParams;
    await route.fulfill({ contentType: 'text/html', body: '<title>Cellar</title>' });
  });
  return () => came;
}

test('a person sees who asks and where the answer goes, agrees once, and may refuse', async () => {
  const { page } = owned;
  const complaints = watchLog(page);
  const client = await register(page);
  const came = await arriving(page);
  await page.goto(request(client));
  await expect(page.getByRole('heading', { name: 'Connect Cellar?' })).toBeVisible();
  await expect(page.getByText('cellar.example')).toBeVisible();
  await expect(page.getByText(NAME)).toBeVisible();
  await look(page);
  expect(complaints()).toEqual([]);
  await page.getByRole('button', { name: 'Do not connect' }).click();
  await page.waitForURL('https://cellar.example/**');
  expect(came()?.get('error')).toBe('access_denied');

  await page.goto(request(client));
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.waitForURL('https://cellar.example/**');
  expect(came()?.get('code')).toBeTruthy();
  expect(came()?.get('state')).toBe('kept');
  expect(came()?.get('iss')).toBe(owned.box.origin);

  // Agreed: the next time nothing is asked.
  await page.goto(request(client, { state: 'again' }));
  await page.waitForURL('https://cellar.example/**');
  expect(came()?.get('state')).toBe('again');
});

test('who is not signed in does that first, in place', async () => {
  const client = await register(owned.page);
  const stranger = await (await owned.own.device({})).newPage();
  const came = await arriving(stranger);
  await stranger.goto(request(client));
  await stranger.getByLabel('Name').fill(NAME);
  await stranger.locator('input[name=password]').fill(PASSWORD);
  await stranger.getByRole('button', { name: 'Sign in', exact: true }).click();
  await owned.box.pass(60);
  await stranger.getByLabel('Code from the app').fill(totp(owned.keys.secret, owned.box.now()));
  await stranger.getByRole('button', { name: 'Sign in', exact: true }).click();
  await stranger.getByRole('button', { name: 'Connect', exact: true }).click();
  await stranger.waitForURL('https://cellar.example/**');
  expect(came()?.get('code')).toBeTruthy();
});

test('an address that is not registered is told of and never gone to', async () => {
  const { page } = owned;
  const client = await register(page);
  const came = await arriving(page);
  await page.goto(request(client, { redirect_uri: 'https://cellar.example/elsewhere' }));
  await expect(page.getByRole('alert')).toContainText('not registered');
  await look(page);
  expect(came()).toBeUndefined();
});

test('signing out at a program’s wish is asked for', async () => {
  const { page } = owned;
  await page.goto(`${owned.box.origin}/signout`);
  await expect(page.getByRole('heading', { name: 'Sign out here too?' })).toBeVisible();
  await look(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  await look(page);
});
