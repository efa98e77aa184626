// Debian's Chromium with a home of its own, in which the box's CA may be trusted. Certificate errors
// are never ignored: what the store does not know, the browser refuses.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium } from '@playwright/test';
import type { Box } from './box.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A film starts by itself where its page was opened by a tap; tests reload the page, too.
  '--autoplay-policy=no-user-gesture-required',
];

/** A phone of middling size. */
export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 780 },
  isMobile: true,
  hasTouch: true,
  deviceScaleFactor: 2,
  locale: 'en-GB',
  reducedMotion: 'reduce',
};

export const DESKTOP: BrowserContextOptions = {
  viewport: { width: 1280, height: 800 },
  locale: 'en-GB',
  reducedMotion: 'reduce',
};

function certutil(home: string, ...words: string[]): void {
  execFileSync('certutil', ['-d', `sql:${join(home, '.pki/nssdb')}`, ...words]);
}

/** The store a person fills when they follow the wizard's last screen. */
function trust(home: string, caFile: string): void {
  mkdirSync(join(home, '.pki/nssdb'), { recursive: true });
  certutil(home, '-N', '--empty-password');
  certutil(home, '-A', '-n', 'Stead', '-t', 'C,,', '-i', caFile);
}

export interface OwnBrowser {
  /** A device of its own: fresh storage, no cookies. */
  device: (options: BrowserContextOptions) => Promise<BrowserContext>;
  close: () => Promise<void>;
}

/** Longer than anything a person would wait for. */
const ACTION_MAX_MS = 15_000;

/** Starts a browser that finds the box by its name, and trusts it or does not. */
export async function openBrowser(box: Box, trusts: 'trusts' | 'distrusts'): Promise<OwnBrowser> {
  const home = mkdtempSync(join(tmpdir(), 'stead-home-'));
  if (trusts === 'trusts') trust(home, box.facts.ca_file);
  const browser = await chromium.launch({
    executablePath: process.env.STEAD_CHROMIUM ?? '/usr/bin/chromium',
    args: [...FLAGS, `--host-resolver-rules=MAP ${box.facts.host_name} 127.0.0.1`],
    env: { ...process.env, HOME: home },
  });
  const device = async (options: BrowserContextOptions) => {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(ACTION_MAX_MS);
    return context;
  };
  const close = async () => {
    await browser.close();
    rmSync(home, { recursive: true, force: true });
  };
  return { device, close };
}
