// A `stead serve` of one test's own, its owner, and a way to it over TLS that trusts the box's own
// authority and nothing else.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, fetch as undiciFetch } from 'undici';

const BINARY = process.env.STEAD_BIN;
const PATIENCE_MS = 60_000;

/** A port that nobody listens on at this moment. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** RFC 6238 with SHA-1, six digits and thirty seconds. */
export function totp(secretBase32, seconds = Math.floor(Date.now() / 1000)) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secretBase32].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(seconds / 30)));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/** A browser as far as the API is concerned: it keeps cookies. */
export class Browser {
  constructor(origin, fetch) {
    this.origin = origin;
    this.fetch = fetch;
    this.cookies = new Map();
  }

  async post(path, body = {}, expected = 200) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await this.fetch(this.origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.origin, cookie },
      body: JSON.stringify(body),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split('=');
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const text = await answer.text();
    if (answer.status !== expected) throw new Error(`${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }
}

/** A running server that is its own account service. */
export class Stead {
  /** Starts a server; `more` is put at the end of its config. */
  static async start({ more = '', accounts = '' } = {}) {
    if (!BINARY) throw new Error('STEAD_BIN names no server: run scripts/peers');
    const one = new Stead();
    one.folder = mkdtempSync(join(tmpdir(), 'stead-peers-'));
    const [https, http] = [await freePort(), await freePort()];
    one.issuer = `https://localhost:${https}`;
    one.plain = `http://127.0.0.1:${http}`;
    const config = join(one.folder, 'stead.toml');
    writeFileSync(config, `
[paths]
data_dir = '${one.folder}/data'
[net]
https_listen = '127.0.0.1:${https}'
http_listen = '127.0.0.1:${http}'
[discovery]
mdns = false
[log]
format = 'text'
[accounts]
issuer = '${one.issuer}'
${accounts}
${more}
`);
    one.process = spawn(BINARY, ['serve', '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
    one.log = '';
    for (const stream of [one.process.stdout, one.process.stderr]) {
      stream.on('data', (chunk) => (one.log += chunk));
    }
    await one.#answers();
    one.ca = await (await undiciFetch(`${one.plain}/api/v1/ca.pem`)).text();
    one.agent = new Agent({ connect: { ca: one.ca } });
    one.fetch = (url, init) => undiciFetch(url, { ...init, dispatcher: one.agent });
    return one;
  }

  async #answers() {
    const until = Date.now() + PATIENCE_MS;
    while (Date.now() < until) {
      if (this.process.exitCode !== null) throw new Error(`the server stopped by itself:\n${this.log}`);
      const answer = await undiciFetch(`${this.plain}/health`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`the server gave no answer:\n${this.log}`);
  }

  /** The whole claim, as the wizard does it; answers the owner's browser. */
  async claim() {
    const page = readFileSync(join(this.folder, 'data', 'Setup Stead.html'), 'utf8');
    const secret = /\/claim#s=([\w-]+)/.exec(page)[1];
    const browser = new Browser(this.issuer, this.fetch);
    const proof = { kind: 'link', secret };
    await browser.post('/api/v1/claim/begin', { proof, browser_time_ms: Date.now() });
    const who = { name: 'Robin', password: 'seven green kettles' };
    const { secret_base32 } = await browser.post('/api/v1/claim/owner', who);
    const { recovery_codes } = await browser.post('/api/v1/claim/totp', { code: totp(secret_base32) });
    await browser.post('/api/v1/claim/finish', { code_tail: recovery_codes[0].replaceAll('-', '').slice(-4) });
    this.totpSecret = secret_base32;
    this.recoveryCodes = recovery_codes;
    return browser;
  }

  async stop() {
    if (this.process.exitCode === null) {
      this.process.kill('SIGTERM');
      await once(this.process, 'exit');
    }
    await this.agent?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
