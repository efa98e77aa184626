// A server whose accounts are at a certified OpenID provider (npm oidc-provider), over TLS on both sides:
// the claim, signing in, a step-up by acr_values and max_age, new keys, and a provider that is gone.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { errors, Provider } from 'oidc-provider';
import { Agent, fetch } from 'undici';
import { freePort, totp } from './lib/stead.mjs';

const STEAD = process.env.STEAD_BIN;
const OWNER = 'account-1';

const folder = mkdtempSync(join(tmpdir(), 'stead-issuer-'));
const file = (name) => join(folder, name);

function openssl(...args) {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

/** A certificate authority, and a certificate for 127.0.0.1 by it. */
function makeCertificates() {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test authority');
  openssl('req', ...key, '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', '/CN=issuer');
  writeFileSync(file('leaf.ext'), 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n');
  openssl('x509', '-req', '-in', 'leaf.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '2', '-out', 'leaf.pem', '-extfile', 'leaf.ext');
}

function newKey(kid) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' };
}

/** The provider; at its pages the person `who.sub` signs in by `who.amr` and `who.acr` without a word. */
class Issuer {
  who = { sub: OWNER, amr: ['pwd'], acr: undefined };
  /** Whose codes it redeems for nobody. */
  shutOut = new Set();
  /** What its token endpoint says in the place of what it would say. */
  repeats = undefined;

  async listen(port, redirectUris) {
    this.url = `https://127.0.0.1:${port}`;
    this.redirectUris = redirectUris;
    this.keys = [newKey('first'), newKey('second')];
    this.serve(...this.keys);
    this.server = createServer({ key: readFileSync(file('leaf.key')), cert: readFileSync(file('leaf.pem')) }, (req, res) =>
      req.url.startsWith('/interaction/') ? this.interact(req, res) : this.callback(req, this.heard(req, res)),
    );
    this.server.listen(port, '127.0.0.1');
    await new Promise((resolve) => this.server.once('listening', resolve));
  }

  /** Signs by the first of these and publishes all: another order is another provider behind the same address. */
  serve(...keys) {
    this.provider = new Provider(this.url, {
      clients: [
        {
          client_id: 'stead',
          redirect_uris: this.redirectUris,
          response_types: ['code'],
          grant_types: ['authorization_code'],
          token_endpoint_auth_method: 'none',
          id_token_signed_response_alg: 'ES256',
        },
      ],
      jwks: { keys },
      cookies: { keys: ['a secret of this test'] },
      acrValues: ['two'],
      claims: { openid: ['sub', 'acr', 'amr'], profile: ['name'] },
      conformIdTokenClaims: false,
      features: { devInteractions: { enabled: false }, claimsParameter: { enabled: true } },
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      findAccount: (ctx, id) => {
        if (this.shutOut.has(id) && ctx.oidc.route === 'token') throw new errors.AccessDenied();
        return { accountId: id, claims: () => ({ sub: id, name: 'Robin' }) };
      },
    });
    this.callback = this.provider.callback();
  }

  /** Hears what the token endpoint says, and has it repeat what was said before. */
  heard(req, res) {
    if (req.url !== '/token') return res;
    const end = res.end.bind(res);
    res.end = (body, ...rest) => {
      this.said = this.repeats ?? body;
      res.removeHeader('content-length');
      return end(this.said, ...rest);
    };
    return res;
  }

  async interact(req, res) {
    const { params, prompt } = await this.provider.interactionDetails(req, res);
    if (prompt.name === 'login') {
      this.asked = params;
      const { sub, amr, acr } = this.who;
      const login = { accountId: sub, amr, ...(acr ? { acr } : {}) };
      return this.provider.interactionFinished(req, res, { login });
    }
    const grant = new this.provider.Grant({ accountId: this.who.sub, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    return this.provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } });
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

/** A browser: cookies by site, trust in both authorities. */
class Browser {
  jar = new Map();

  async send(url, init = {}) {
    const { origin } = new URL(url);
    const cookies = this.jar.get(origin) ?? new Map();
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...init.headers, ...(cookie ? { cookie } : {}) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual', dispatcher });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    this.jar.set(origin, cookies);
    return response;
  }

  async post(path, body = {}) {
    const response = await this.send(stead + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
  }

  /** Goes to the issuer's pages and on, until it is sent back: what is sent along. */
  async visit(url) {
    for (let hops = 0; hops < 20 && !url.startsWith(`${stead}/signin/callback`); hops += 1) {
      const response = await this.send(url);
      const location = response.headers.get('location');
      assert.ok(location, `${response.status} at ${url}: ${await response.text()}`);
      url = new URL(location, url).href;
    }
    const query = Object.fromEntries(new URL(url).searchParams);
    return { state: query.state, code: query.code, iss: query.iss, error: query.error };
  }

  /** There and back. */
  async signIn(kind) {
    const sent = await this.post(`/api/v1/${kind}/external`);
    assert.equal(sent.status, 200, JSON.stringify(sent.body));
    this.sentTo = sent.body.redirect;
    return this.post(`/api/v1/${kind}/external/finish`, await this.visit(this.sentTo));
  }
}

let stead;
let dispatcher;
let server;
let issuer;

async function start(config) {
  const [https, http, at] = [await freePort(), await freePort(), await freePort()];
  stead = `https://127.0.0.1:${https}`;
  issuer = new Issuer();
  await issuer.listen(at, [`${stead}/signin/callback`]);
  const text = `[discovery]\nmdns = false\n[paths]\ndata_dir = "data"\n[net]
https_listen = "127.0.0.1:${https}"\nhttp_listen = "127.0.0.1:${http}"\n[issuer]\nurl = "${issuer.url}"
name = "Home ID"\nclient_id = "stead"\nca = "ca.pem"\n${config}`;
  writeFileSync(file('stead.toml'), text);
  server = spawn(STEAD, ['serve', '--config', file('stead.toml')], { stdio: ['ignore', 'ignore', 'inherit'] });
  const authority = await answerOf(`http://127.0.0.1:${http}/api/v1/ca.pem`);
  dispatcher = new Agent({ connect: { ca: [authority, readFileSync(file('ca.pem'), 'utf8')] } });
}

/** What a server that is just starting says, once it does. */
async function answerOf(url) {
  for (let tries = 0; tries < 150; tries += 1) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return answer.text();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the server does not answer');
}

async function stop() {
  await dispatcher.close();
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
  await issuer.close();
  rmSync(file('data'), { recursive: true, force: true });
}

async function begin() {
  const browser = new Browser();
  const page = readFileSync(file('data/Setup Stead.html'), 'utf8');
  const [, secret] = /\/claim#s=([\w-]+)/.exec(page);
  const proof = { kind: 'link', secret };
  const begun = await browser.post('/api/v1/claim/begin', { proof, browser_time_ms: Date.now() });
  assert.equal(begun.status, 200);
  return browser;
}

async function finish(browser, codes) {
  const done = await browser.post('/api/v1/claim/finish', { code_tail: codes[0].slice(-4) });
  assert.equal(done.status, 200, JSON.stringify(done.body));
}

async function standing(browser) {
  const answer = await browser.send(`${stead}/api/v1/server`);
  return (await answer.json()).state;
}

before(() => {
  assert.ok(STEAD, 'STEAD_BIN names no server: run scripts/peers');
  makeCertificates();
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('whoever signs in at a certified provider claims, and signs in with a factor of the server', async () => {
  await start('');
  try {
    const browser = await begin();
    const step = await browser.signIn('claim');
    assert.equal(step.body.step, 'totp', JSON.stringify(step.body));
    assert.equal(issuer.asked.prompt, 'login');
    const secret = step.body.secret_base32;
    const codes = await browser.post('/api/v1/claim/totp', { code: totp(secret) });
    await finish(browser, codes.body.recovery_codes);

    const again = new Browser();
    const first = await again.signIn('signin');
    assert.equal(first.body.step, 'factor');
    const recovery = codes.body.recovery_codes[1];
    const { ticket } = first.body;
    const factor = { ticket, method: 'recovery', code: recovery, browser_time_ms: Date.now() };
    assert.equal((await again.post('/api/v1/signin/factor', factor)).status, 200);
    assert.equal((await again.send(`${stead}/api/v1/me`)).status, 200);

    issuer.who.sub = 'account-2';
    const stranger = await new Browser().signIn('signin');
    assert.equal(stranger.body.code, 'issuer_unknown_person');
    issuer.who.sub = OWNER;

    // Keys turn while somebody is on the way: the next one was published before it signs.
    const there = new Browser();
    const sent = await there.post('/api/v1/signin/external');
    assert.equal(sent.status, 200);
    issuer.serve(...issuer.keys.reverse());
    const late = await there.post('/api/v1/signin/external/finish', await there.visit(sent.body.redirect));
    assert.equal(late.body.step, 'factor', JSON.stringify(late.body));
    // A key of somebody else's under a name that is known signs nothing.
    issuer.serve(newKey('first'));
    assert.equal((await new Browser().signIn('signin')).body.code, 'issuer_not_believed');
    issuer.serve(...issuer.keys);

    // Gone: nobody new comes in, and who is in stays.
    await issuer.close();
    const gone = new Browser();
    const back = await gone.post('/api/v1/signin/external');
    assert.equal(back.status, 200, 'what the provider said of itself is known');
    const state = new URL(back.body.redirect).searchParams.get('state');
    const answer = { state, code: 'x', iss: issuer.url };
    const refused = await gone.post('/api/v1/signin/external/finish', answer);
    assert.equal(refused.body.code, 'issuer_unavailable');
    assert.equal((await again.send(`${stead}/api/v1/me`)).status, 200);
    await issuer.listen(Number(new URL(issuer.url).port), [`${stead}/signin/callback`]);
  } finally {
    await stop();
  }
});

test('a provider whose acr counts vouches for the claim and steps a session up', async () => {
  await start('assurance = "claims"\nacr = ["two"]\n');
  try {
    issuer.who = { sub: OWNER, amr: ['pwd', 'otp'], acr: 'two' };
    const browser = await begin();
    const step = await browser.signIn('claim');
    assert.equal(step.body.step, 'codes', JSON.stringify(step.body));
    assert.equal(issuer.asked.acr_values, 'two');
    await finish(browser, step.body.recovery_codes);

    const before = await browser.send(`${stead}/api/v1/me`);
    assert.equal(before.status, 200);
    const raised = await browser.signIn('stepup');
    assert.equal(raised.status, 204, JSON.stringify(raised.body));
    assert.match(browser.sentTo, /prompt=login&max_age=0&acr_values=two/);
    assert.equal(issuer.asked.prompt, 'login');
    assert.equal((await browser.post('/api/v1/settings', { name: 'Attic' })).status, 204);

    issuer.who = { sub: OWNER, amr: ['pwd'], acr: undefined };
    assert.equal((await browser.signIn('stepup')).body.code, 'issuer_no_factor');
  } finally {
    await stop();
  }
});

test('a provider that refuses the owner takes the owner from the server, until they are let in again', async () => {
  await start('assurance = "claims"\nacr = ["two"]\n');
  try {
    issuer.who = { sub: OWNER, amr: ['pwd', 'otp'], acr: 'two' };
    const browser = await begin();
    const step = await browser.signIn('claim');
    await finish(browser, step.body.recovery_codes);

    // Somebody else who is refused, and what a browser says by itself, take nothing.
    issuer.shutOut.add('account-2');
    const sent = await browser.post('/api/v1/stepup/external');
    const state = new URL(sent.body.redirect).searchParams.get('state');
    const made = { state, error: 'access_denied', iss: issuer.url };
    assert.equal((await browser.post('/api/v1/stepup/external/finish', made)).body.code, 'issuer_refused');
    assert.equal(await standing(browser), 'claimed');

    issuer.shutOut.add(OWNER);
    assert.equal((await browser.signIn('stepup')).body.code, 'issuer_shut_out');
    assert.deepEqual(JSON.parse(issuer.asked.claims), { id_token: { sub: { value: OWNER } } });
    assert.equal(await standing(browser), 'orphaned');
    assert.equal((await browser.send(`${stead}/api/v1/me`)).status, 401, 'the session ended with it');
    assert.equal((await new Browser().signIn('signin')).body.code, 'issuer_refused');

    issuer.shutOut.delete(OWNER);
    const back = new Browser();
    const opened = await back.signIn('signin');
    assert.equal(opened.status, 200, JSON.stringify(opened.body));
    assert.equal((await back.send(`${stead}/api/v1/me`)).status, 200);
    assert.equal((await back.post('/api/v1/unlock')).status, 204);
    assert.equal(await standing(back), 'claimed');
  } finally {
    await stop();
  }
});

test('a key that nobody had seen before is asked for on the way, and a token of before is believed by nobody', async () => {
  await start('assurance = "asserted"\n');
  try {
    const browser = await begin();
    const step = await browser.signIn('claim');
    await finish(browser, step.body.recovery_codes);

    // The token of another sign-in of the same person: its signature is right, its nonce is not.
    const before = issuer.said;
    issuer.repeats = before;
    assert.equal((await new Browser().signIn('signin')).body.code, 'issuer_not_believed');
    issuer.repeats = undefined;

    // Keys are asked for once a minute at most.
    await new Promise((resolve) => setTimeout(resolve, 61_000));
    const there = new Browser();
    const sent = await there.post('/api/v1/signin/external');
    assert.equal(sent.status, 200);
    issuer.serve(newKey('never seen'));
    const late = await there.post('/api/v1/signin/external/finish', await there.visit(sent.body.redirect));
    assert.equal(late.body.step, 'done', JSON.stringify(late.body));
  } finally {
    await stop();
  }
});
