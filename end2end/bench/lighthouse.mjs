// Lighthouse (mobile preset) on sign-in and on a page with history, three times each; prints the median of each score.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { default: lighthouse } = await import(pathToFileURL(join(process.cwd(), 'node_modules/lighthouse/core/index.js')).href);
const { STOA_ADDRESS, STOA_SEED, STOA_CHROMIUM = 'chromium' } = process.env;
const { pages, accounts } = JSON.parse(readFileSync(STOA_SEED, 'utf8'));
const profile = mkdtempSync(join(tmpdir(), 'lighthouse'));
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--disable-quic'];
const chromium = spawn(STOA_CHROMIUM, ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0', ...quiet, `--user-data-dir=${profile}`, 'about:blank'], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
try {
  let port;
  for await (const line of createInterface(chromium.stderr)) {
    port = Number(/DevTools listening on ws:\/\/[^:]+:(\d+)/.exec(line)?.[1]);
    if (port) break;
  }
  const onlyCategories = ['performance', 'accessibility', 'best-practices'];
  const views = [
    ['sign-in', '/sign-in', {}],
    ['page', `/p/${pages[0].id}`, { Cookie: accounts[1].cookie }],
  ];
  for (const [view, path, extraHeaders] of views) {
    const runs = [];
    for (let run = 0; run < 3; run += 1) {
      const { lhr } = await lighthouse(`http://${STOA_ADDRESS}${path}`, { port, onlyCategories, extraHeaders, logLevel: 'error' });
      if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
      runs.push(onlyCategories.map((name) => Math.round(lhr.categories[name].score * 100)));
    }
    const median = onlyCategories.map((_, at) => runs.map((run) => run[at]).sort((a, b) => a - b)[1]);
    console.log(`BENCH ${JSON.stringify({ [view]: median })}`);
  }
} finally {
  const gone = new Promise((done) => chromium.once('exit', done));
  chromium.kill();
  await gone;
  rmSync(profile, { recursive: true, force: true });
}
