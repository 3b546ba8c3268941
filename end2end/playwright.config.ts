import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { defineConfig } from '@playwright/test';

function onPath(program: string): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return join(folder, program);
    } catch {
      // The next folder may have it.
    }
  }
  throw new Error(`${program} is not on the PATH`);
}

export default defineConfig({
  testDir: 'specs',
  outputDir: 'test-results/files',
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  // Where one run decides; what passes only the second time is reported as flaky, and is a bug to be found.
  retries: process.env.CI ? 1 : 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  projects: [
    // A call fills the machine: one at a time, and by `cargo xtask test` after the rest.
    { name: 'calls', testMatch: /beam[^/]*\.spec\.ts$/, workers: 1 },
    { name: 'rest', testIgnore: /beam[^/]*\.spec\.ts$/ },
  ],
  reporter: [['list'], ['json', { outputFile: 'test-results/results.json' }]],
  use: {
    browserName: 'chromium',
    locale: 'en-GB',
    timezoneId: 'Europe/Amsterdam',
    actionTimeout: 10_000,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: onPath('chromium'),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        '--use-fake-ui-for-media-stream',
        // Two cores are enough for five cameras with three layers each, if they are slow ones.
        '--use-fake-device-for-media-stream=fps=10',
        '--disable-features=WebRtcHideLocalIpsWithMdns',
      ],
    },
  },
});
