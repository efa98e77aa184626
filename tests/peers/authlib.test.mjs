// The account service as Authlib meets it: a client that is not of the family of the other ones.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Stead } from './lib/stead.mjs';

let stead;
let owner;

before(async () => {
  stead = await Stead.start();
  owner = await stead.claim();
});
after(() => stead?.stop());

test('Authlib signs in by code and PKCE, refreshes and revokes', async () => {
  const { token } = await owner.post('/api/v1/provider/registrations');
  const registered = await stead.fetch(`${stead.issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      client_name: 'Cellar',
      redirect_uris: ['https://cellar.example/signin/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
    }),
  });
  assert.equal(registered.status, 201);
  const { client_id, client_secret } = await registered.json();
  const ca_file = join(stead.folder, 'ca.pem');
  writeFileSync(ca_file, stead.ca);
  const cookie = [...owner.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const facts = { issuer: stead.issuer, client_id, client_secret, ca_file, cookie };
  const python = process.env.STEAD_PYTHON;
  assert.ok(python, 'STEAD_PYTHON names no Python: run scripts/peers');
  const script = join(import.meta.dirname, 'authlib_client.py');
  const ran = spawnSync(python, ['-B', script], { input: JSON.stringify(facts), encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stderr);
  assert.deepEqual(JSON.parse(ran.stdout), {
    acr: 'mfa',
    same_person: true,
    name: 'Robin',
    renewed: true,
    revoked: 200,
    after: 401,
  });
});
