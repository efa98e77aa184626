// Accounts elsewhere: a box is claimed by who signs in at another one, and "Continue with …" signs in
// there. The issuer is a second box, at literal loopback, so that the browser needs no second CA.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { Box } from './box.ts';
import { openBrowser, PHONE, type OwnBrowser } from './browser.ts';
import { look, watchLog } from './checks.ts';
import { confirmTotp, keepCodes, NAME, openSetupFile, PASSWORD } from './person.ts';
import { shot } from './shots.ts';
import { totp } from './totp.ts';

const ISSUER = 'Attic accounts';

let issuer: Box;
let at: string;
let issuerSecret: string;
let box: Box;
let own: OwnBrowser;

interface Made {
  secret_base32: string;
  recovery_codes: string[];
  token: string;
  client_id: string;
  client_secret: string;
}

/** A program's way to the issuer: its owner's cookies go along. */
class Owner {
  #cookies = new Map<string, string>();

  async post(path: string, body: unknown = {}, bearer?: string): Promise<Made> {
    const answer = await fetch(at + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      body: JSON.stringify(body),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';', 1)[0]?.split('=') ?? [];
      this.#cookies.set(name, value);
    }
    const text = await answer.text();
    expect(answer.ok, `${path}: ${text}`).toBe(true);
    return (text === '' ? {} : JSON.parse(text)) as Made;
  }
}

/** An issuer with an account, at which `box` is registered. */
async function makeIssuer(): Promise<Made> {
  issuer = await Box.start();
  at = `http://127.0.0.1:${issuer.facts.http_port}`;
  await issuer.configured(`[accounts]\nissuer = "${at}"\n`);
  const owner = new Owner();
  const [, secret] = /\/claim#s=([\w-]+)/.exec(readFileSync(issuer.facts.setup_file, 'utf8')) ?? [];
  await owner.post('/api/v1/claim/begin', { proof: { kind: 'link', secret }, browser_time_ms: issuer.now() });
  const factor = await owner.post('/api/v1/claim/owner', { name: NAME, password: PASSWORD });
  issuerSecret = factor.secret_base32;
  const codes = await owner.post('/api/v1/claim/totp', { code: totp(issuerSecret, issuer.now()) });
  await owner.post('/api/v1/claim/finish', { code_tail: codes.recovery_codes[0]?.slice(-4) });
  const { token } = await owner.post('/api/v1/provider/registrations');
  const client = { client_name: 'Box', redirect_uris: [`${box.origin}/signin/callback`] };
  return owner.post('/oauth/register', client, token);
}

/** Name, password and factor at the issuer's own pages, and its question whether to go on. */
async function signInThere(page: Page): Promise<void> {
  await page.waitForURL(`${at}/**`);
  await page.getByLabel('Name').fill(NAME);
  await page.locator('input[name=password]').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  // At both alike: what is dated ahead is not believed.
  for (const one of [issuer, box]) await one.pass(60);
  await page.getByLabel('Code from the app').fill(totp(issuerSecret, issuer.now()));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test.beforeEach(async () => {
  box = await Box.start();
  const client = await makeIssuer();
  const secret = join(box.facts.data_dir, '..', 'issuer-secret');
  writeFileSync(secret, client.client_secret);
  await box.configured(
    `[issuer]\nurl = "${at}"\nname = "${ISSUER}"\nclient_id = "${client.client_id}"\nclient_secret_file = "${secret}"\n`,
  );
  own = await openBrowser(box, 'trusts');
});
test.afterEach(async () => {
  await own.close();
  await box.stop();
  await issuer.stop();
});

test('a box is claimed, and opened again, by who signs in at the issuer', async () => {
  const page = await (await own.device(PHONE)).newPage();
  const complaints = watchLog(page);
  await openSetupFile(page, box);
  await expect(page.getByRole('heading', { name: 'Who will own this Stead?' })).toBeVisible();
  await expect(page.locator('input')).toHaveCount(0);
  await look(page);
  await shot(page, 'claim-external');
  expect(complaints()).toEqual([]);
  await page.getByRole('button', { name: `Continue with ${ISSUER}` }).click();
  await signInThere(page);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.waitForURL(`${box.origin}/claim`);
  const secret = await confirmTotp(page, box);
  const codes = await keepCodes(page);
  await page.getByLabel('Last four characters').fill(codes[0]?.slice(-4) ?? '');
  await page.getByRole('button', { name: 'Finish set-up' }).click();
  await expect(page.getByRole('heading', { name: 'It is yours' })).toBeVisible();

  const other = await (await own.device(PHONE)).newPage();
  const told = watchLog(other);
  await other.goto(`${box.origin}/settings`);
  const button = other.getByRole('button', { name: `Continue with ${ISSUER}` });
  await expect(button).toBeVisible();
  await expect(other.locator('input')).toHaveCount(0);
  await expect(other.getByRole('button', { name: 'Sign in with an account of this server' })).toHaveCount(0);
  await look(other);
  await shot(other, 'signin-external');
  told();
  await button.click();
  await signInThere(other);
  await other.waitForURL(`${box.origin}/signin**`);
  await expect(other.getByLabel('Code from the app')).toBeVisible();
  expect(new URL(other.url()).search, 'no code stays in the address').toBe('');
  await look(other);
  await other.getByLabel('Code from the app').fill(totp(secret, box.now()));
  await other.getByRole('button', { name: 'Sign in', exact: true }).click();
  await other.waitForURL(`${box.origin}/settings`);
});

test('who comes back without having signed in there is told so, and the wizard stands where it stood', async () => {
  const page = await (await own.device(PHONE)).newPage();
  await openSetupFile(page, box);
  await page.getByRole('button', { name: `Continue with ${ISSUER}` }).click();
  await page.waitForURL(`${at}/**`);
  await page.goto(`${box.origin}/signin/callback?state=claim.made-up&error=access_denied`);
  await page.waitForURL(`${box.origin}/claim`);
  await expect(page.getByRole('alert')).toBeVisible();
  await look(page);
  await shot(page, 'claim-external-refused');
});
