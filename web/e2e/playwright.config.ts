// The browser tests: Debian's Chromium at phone size against a real server of this repository.
import { defineConfig } from '@playwright/test';

const pictures = process.env.STEAD_SCREENSHOTS !== undefined;

export default defineConfig({
  testDir: '.',
  outputDir: './results',
  // A page that waits leaves its core to another box.
  workers: 2,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  // Pictures are made by `make screenshots` alone.
  grep: pictures ? /@screenshots/ : /.*/,
  grepInvert: pictures ? [] : /@screenshots/,
});
