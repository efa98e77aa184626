// Mail: somebody leaves an address, and the owner sees how the mail of the server stands. The mail
// server is a real one of another make.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from '@playwright/test';
import { look } from './checks.ts';
import { ownedBox } from './owned.ts';
import { shot } from './shots.ts';

const PYTHON = process.env.STEAD_PYTHON ?? 'python3';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A mail server that says what it took; with all that it said. */
function mailServer(port: number): { child: ChildProcess; said: () => string } {
  const words = ['-u', '-m', 'aiosmtpd', '-n', '-l', `127.0.0.1:${port}`, '-c', 'aiosmtpd.handlers.Debugging', 'stdout'];
  const child = spawn(PYTHON, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { child, said: () => said };
}

test('mail goes to the address that was left, and waits while the mail server is away', async () => {
  test.setTimeout(120_000);
  const { box, page, close } = await ownedBox({});
  await page.goto(`${box.origin}/settings`);
  await expect(page.getByText('No mail goes out from this server.')).toBeVisible();
  await page.goto(`${box.origin}/settings/security`);
  await expect(page.getByRole('heading', { name: 'Password' })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Mail address' })).toHaveCount(0);

  const port = await freePort();
  await box.configured(
    `[mail]\nserver = "127.0.0.1"\nport = ${port}\nsecurity = "none"\nfrom = "Attic <attic@example.net>"\n`,
  );
  await page.reload();
  const address = page.getByRole('textbox', { name: 'Mail address' });
  const save = page.getByRole('button', { name: 'Save', exact: true });
  await address.fill('robin');
  await save.click();
  await expect(page.getByText('This is no mail address.')).toBeVisible();
  await address.fill('robin@example.net');
  await save.click();
  await expect(page.getByText('Mail goes to robin@example.net from now on.')).toBeVisible();
  await look(page);
  await shot(page, 'mail-address-phone');

  await page.goto(`${box.origin}/settings`);
  await expect(page.getByText('Mail goes out from Attic')).toBeVisible();
  const trial = page.getByRole('button', { name: 'Send a message to me' });
  await trial.click();
  await expect(page.getByText('1 message waits, since')).toBeVisible();
  await expect(page.getByText('The mail server did not take one')).toBeVisible();
  await look(page);
  await shot(page, 'mail-away-phone');

  const { child, said } = mailServer(port);
  try {
    await expect(async () => {
      await trial.click();
      await expect(page.getByText('The last message was taken')).toBeVisible();
    }).toPass();
    await expect(page.getByText('The mail server did not take one')).toHaveCount(0);
    await expect.poll(said).toContain('To: robin@example.net');
    await look(page);
    await shot(page, 'mail-phone');
  } finally {
    child.kill();
  }

  await page.goto(`${box.origin}/settings/security`);
  await expect(address).toHaveValue('robin@example.net');
  await address.fill('');
  await save.click();
  await expect(page.getByText('You get no mail from this server.')).toBeVisible();
  await close();
});
