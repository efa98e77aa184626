// The browser tests: Debian's Chromium at phone size against a real server of this repository.
import { defineConfig } from '@playwright/test';

const pictures = process.env.STEAD_SCREENSHOTS !== undefined;

export default defineConfig({
  testDir: '.',
  outputDir: './results',
  // One box after the other: they share two cores with the server and its worker.
  workers: 1,
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
