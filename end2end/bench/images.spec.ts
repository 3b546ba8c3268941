// Images as figures: started by `cargo xtask bench`, which has seeded the place.
import { readFileSync } from 'node:fs';
import { type Browser, expect, type Page, test } from '@playwright/test';
import { noise } from '../fixtures/picture.ts';
import { Images } from '../pages/images.ts';

interface Seed {
  pages: { id: string }[];
  accounts: { cookie: string }[];
}

const address = process.env.STOA_ADDRESS ?? '';
const seed = JSON.parse(readFileSync(process.env.STOA_SEED ?? '', 'utf8')) as Seed;
const tell = (figures: object) => console.log(`BENCH ${JSON.stringify(figures)}`);

async function enter(browser: Browser, number: number): Promise<Page> {
  const context = await browser.newContext();
  const [name, value] = (seed.accounts[number]?.cookie ?? '').split('=') as [string, string];
  await context.addCookies([{ name, value, url: `http://${address}` }]);
  const page = await context.newPage();
  await page.goto(`http://${address}/p/${seed.pages[0]?.id}`);
  await page.waitForSelector('html[data-hydrated]', { state: 'attached' });
  // What is loaded late is there, as it is for whoever has touched the page.
  await page.keyboard.press('Shift');
  await page.waitForLoadState('networkidle');
  return page;
}

/** What the server holds, in megabytes. */
function memory(): number {
  const status = readFileSync(`/proc/${process.env.STOA_PID}/smaps_rollup`, 'utf8');
  return Number(/Rss:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** A JPEG of about this many bytes, from a photo-like canvas. */
async function jpeg(page: Page, bytes: number): Promise<Buffer> {
  const base64 = await page.evaluate(async (wanted) => {
    const canvas = new OffscreenCanvas(1800, 1350);
    const paper = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
    const sky = paper.createLinearGradient(0, 0, 1800, 1350);
    sky.addColorStop(0, '#a7c8e8');
    sky.addColorStop(1, '#54713a');
    paper.fillStyle = sky;
    paper.fillRect(0, 0, 1800, 1350);
    let blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
    while (blob.size < wanted) {
      for (let i = 0; i < 1500; i++) {
        paper.fillStyle = `hsl(${Math.random() * 360} 60% 50% / 0.6)`;
        paper.fillRect(Math.random() * 1800, Math.random() * 1350, Math.random() * 40, Math.random() * 40);
      }
      blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
    }
    const data = new Uint8Array(await blob.arrayBuffer());
    let text = '';
    for (const byte of data) text += String.fromCharCode(byte);
    return btoa(text);
  }, bytes);
  return Buffer.from(base64, 'base64');
}

test('a JPEG of 500 KB, from its drop to the thumbnail on the other screen', async ({ browser }) => {
  const [sender, reader] = [await enter(browser, 1), await enter(browser, 2)];
  const delays: number[] = [];
  let bytes = 0;
  for (let round = 0; round < 7; round++) {
    const photo = await jpeg(sender, 500_000);
    bytes = photo.length;
    const images = new Images(sender);
    const seen = reader.evaluate(
      (before) =>
        new Promise<number>((found) => {
          const look = () => {
            const all = [...document.querySelectorAll<HTMLImageElement>('[role=log] img.sharp')];
            if (all.length > before && all.at(-1)?.complete && (all.at(-1)?.naturalWidth ?? 0) > 0) found(Date.now());
            else requestAnimationFrame(look);
          };
          look();
        }),
      await reader.locator('[role=log] img.sharp').count(),
    );
    const data = await images.transfer([{ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: photo }]);
    // Dropped and sent at once: both browsers run on one machine, so their clocks agree.
    const start = await sender.evaluate((data) => {
      const start = Date.now();
      document.querySelector('main')?.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
      (document.querySelector('[aria-label=Send]') as HTMLElement).click();
      return start;
    }, data);
    delays.push((await seen) - start);
  }
  delays.sort((a, b) => a - b);
  tell({ jpeg: { p50: delays[3], most: delays.at(-1), kilobytes: Math.round(bytes / 1000) } });
});

test('twelve photos of 5 MB at once', async ({ browser }) => {
  test.setTimeout(120_000);
  const [sender, reader] = [await enter(browser, 3), await enter(browser, 4)];
  const half = () => Array.from({ length: 6 }, (_, at) => noise(`${at}.png`, 1500, 1111));
  const halves = [half(), half()];
  const idle = memory();
  let most = idle;
  const watching = setInterval(() => (most = Math.max(most, memory())), 50);
  const start = Date.now();
  for (const photos of halves) await new Images(sender).pick(...photos);
  await new Images(sender).send();
  await expect(reader.locator('[role=log]').getByText('+7').last()).toBeVisible({ timeout: 100_000 });
  clearInterval(watching);
  tell({ twelve: { seconds: (Date.now() - start) / 1000, over: Math.round(most - idle) } });
});
