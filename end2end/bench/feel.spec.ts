// How the chat feels in a browser, as figures: started by `cargo xtask bench`, which has seeded the place.
import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';

interface Seed {
  pages: { id: string }[];
  accounts: { cookie: string }[];
}

const address = process.env.STOA_ADDRESS ?? '';
const seed = JSON.parse(readFileSync(process.env.STOA_SEED ?? '', 'utf8')) as Seed;
const page = seed.pages[0]?.id ?? '';

async function enter(browserPage: Page): Promise<void> {
  const [name, value] = (seed.accounts[0]?.cookie ?? '').split('=') as [string, string];
  await browserPage.context().addCookies([{ name, value, url: `http://${address}` }]);
  await browserPage.goto(`http://${address}/p/${page}`);
  await browserPage.waitForSelector('html[data-hydrated]', { state: 'attached' });
}

const tell = (figures: object) => console.log(`BENCH ${JSON.stringify(figures)}`);

test('5,000 messages up', async ({ page: browserPage }) => {
  test.setTimeout(120_000);
  await enter(browserPage);
  const figures = await browserPage.evaluate(async () => {
    const log = document.querySelector('.log') as HTMLElement;
    const frame = () => new Promise<number>(requestAnimationFrame);
    const first = () => document.querySelector('[role=log] article')?.getAttribute('data-id');
    let [long, worst, frames, last, seen] = [0, 0, 0, await frame(), first()];
    const start = performance.now();
    let still = performance.now();
    while (performance.now() - still < 3_000 && performance.now() - start < 90_000) {
      log.scrollBy(0, -400);
      const now = await frame();
      frames += 1;
      worst = Math.max(worst, now - last);
      if (now - last > 50) long += 1;
      last = now;
      if (first() !== seen) [seen, still] = [first(), performance.now()];
    }
    const rows = document.querySelectorAll('[role=log] article').length;
    return { frames, long, worst: Math.round(worst), rows, seconds: Math.round((performance.now() - start) / 1000) };
  });
  await expect(browserPage.getByText('Loading older messages…')).toHaveCount(0);
  tell({ scroll: figures });
});

test('typing under a flood of 50 messages a second', async ({ page: browserPage }) => {
  test.setTimeout(60_000);
  await enter(browserPage);
  let over = false;
  let posted = 0;
  const flood = (async () => {
    while (!over) {
      const cookie = seed.accounts[1 + (posted % 4)]?.cookie ?? '';
      const time = Date.now().toString(16).padStart(12, '0');
      const id = `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
      void fetch(`http://${address}/api/post_message`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', cookie },
        body: JSON.stringify({ page, id, body: `Flood ${posted}` }),
      }).catch(() => {});
      posted += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  await browserPage.evaluate(() => {
    const delays: number[] = [];
    Object.assign(window, { delays });
    document.addEventListener(
      'keydown',
      () => {
        const start = performance.now();
        requestAnimationFrame(() => setTimeout(() => delays.push(performance.now() - start)));
      },
      true,
    );
  });
  await browserPage.getByRole('textbox', { name: 'Message', exact: true }).focus();
  await browserPage.keyboard.type('The quick brown fox jumps over the lazy dog. '.repeat(3), { delay: 60 });
  over = true;
  await flood;
  const delays = await browserPage.evaluate(() => (window as unknown as { delays: number[] }).delays.sort((a, b) => a - b));
  const at = (part: number) => Math.round(delays[Math.floor(delays.length * part)] ?? -1);
  tell({ typing: { keys: delays.length, p50: at(0.5), p95: at(0.95), posted } });
});
