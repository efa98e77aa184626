// The account service as openid-client meets it, a certified relying party: discovery, registration,
// code with PKCE, ID token, userinfo, refresh, introspection, revocation, signing out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as oidc from 'openid-client';
import { Stead } from './lib/stead.mjs';

const REDIRECT = 'https://cellar.example/signin/callback';
const BYE = 'https://cellar.example/bye';

let stead;
let owner;
let config;

/** Takes the address that a client sends a browser to through the page's own calls. */
async function walk(browser, url) {
  assert.equal(url.origin + url.pathname, `${stead.issuer}/authorize`);
  const query = url.search.slice(1);
  let step = await browser.post('/api/v1/oauth/authorize', { query });
  if (step.step === 'consent') {
    step = await browser.post('/api/v1/oauth/consent', { query, agree: true });
  }
  assert.equal(step.step, 'redirect');
  return new URL(step.to);
}

/** A whole sign-in at the client: what it was given. */
async function signIn(scope) {
  const verifier = oidc.randomPKCECodeVerifier();
  const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope,
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const back = await walk(owner, url);
  return oidc.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
}

before(async () => {
  stead = await Stead.start();
  owner = await stead.claim();
  const { token } = await owner.post('/api/v1/provider/registrations');
  config = await oidc.dynamicClientRegistration(
    new URL(stead.issuer),
    {
      client_name: 'Cellar',
      redirect_uris: [REDIRECT],
      post_logout_redirect_uris: [BYE],
      grant_types: ['authorization_code', 'refresh_token'],
      id_token_signed_response_alg: 'ES256',
    },
    oidc.ClientSecretBasic(),
    { initialAccessToken: token, [oidc.customFetch]: stead.fetch },
  );
  config[oidc.customFetch] = stead.fetch;
});

after(() => stead?.stop());

test('discovery says where everything is, and that answers name their issuer', () => {
  const metadata = config.serverMetadata();
  assert.equal(metadata.issuer, stead.issuer);
  assert.equal(metadata.authorization_response_iss_parameter_supported, true);
  assert.ok(metadata.supportsPKCE());
  assert.ok(config.clientMetadata().client_secret);
});

test('the document of RFC 8414 says the same', async () => {
  const other = await oidc.discovery(new URL(stead.issuer), config.clientMetadata().client_id, undefined, undefined, {
    algorithm: 'oauth2',
    [oidc.customFetch]: stead.fetch,
  });
  assert.deepEqual({ ...other.serverMetadata() }, { ...config.serverMetadata() });
});

test('a sign-in by code and PKCE, an ID token that holds, and userinfo', async () => {
  const given = await signIn('openid profile');
  const claims = given.claims();
  assert.equal(claims.iss, stead.issuer);
  assert.equal(claims.acr, 'mfa');
  assert.deepEqual(claims.amr, ['pwd', 'otp', 'mfa']);
  assert.equal(claims.name, 'Robin');
  assert.equal(given.refresh_token, undefined);
  const person = await oidc.fetchUserInfo(config, given.access_token, claims.sub);
  assert.deepEqual(person, { sub: claims.sub, name: 'Robin' });
});

test('a refresh token is good once, and its reuse ends the family', async () => {
  const first = await signIn('openid offline_access');
  const second = await oidc.refreshTokenGrant(config, first.refresh_token);
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.equal(second.claims().sub, first.claims().sub);
  await assert.rejects(oidc.refreshTokenGrant(config, first.refresh_token), { error: 'invalid_grant' });
  await assert.rejects(oidc.refreshTokenGrant(config, second.refresh_token), { error: 'invalid_grant' });
});

test('introspection tells of a token until it is taken back', async () => {
  const { access_token } = await signIn('openid');
  const known = await oidc.tokenIntrospection(config, access_token);
  assert.equal(known.active, true);
  assert.equal(known.client_id, config.clientMetadata().client_id);
  await oidc.tokenRevocation(config, access_token);
  assert.deepEqual(await oidc.tokenIntrospection(config, access_token), { active: false });
  await assert.rejects(oidc.fetchUserInfo(config, access_token, oidc.skipSubjectCheck));
});

test('an answer of another issuer is refused by the client (mix-up)', async () => {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: 'openid',
    state,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const back = await walk(owner, url);
  assert.equal(back.searchParams.get('iss'), stead.issuer);
  back.searchParams.set('iss', 'https://attacker.example');
  await assert.rejects(
    oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state }),
  );
});

test('keys turn while people are signed in, and nothing breaks', async () => {
  await signIn('openid');
  await owner.post('/api/v1/provider/keys/rotate', {}, 204);
  await signIn('openid');
});

test('signing out at the wish of the client leads back to it, and ends its tokens', async () => {
  const given = await signIn('openid');
  const url = oidc.buildEndSessionUrl(config, { id_token_hint: given.id_token, post_logout_redirect_uri: BYE, state: 's' });
  assert.equal(url.origin + url.pathname, `${stead.issuer}/signout`);
  const { to } = await owner.post('/api/v1/oauth/signout', { query: url.search.slice(1) });
  assert.equal(to, `${BYE}?state=s`);
  assert.deepEqual(await oidc.tokenIntrospection(config, given.access_token), { active: false });
});
