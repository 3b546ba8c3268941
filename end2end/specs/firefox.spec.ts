// The most important of the chat in Firefox.
import type { Page } from 'puppeteer-core';
import { open, test } from '../fixtures/firefox.ts';
import type { Person } from '../fixtures/person.ts';
import { expect } from '../fixtures/test.ts';

async function say(page: Page, body: string): Promise<void> {
  await page.focus('textarea[aria-label="Message"]');
  await page.keyboard.type(body);
  await page.keyboard.press('Enter');
}

const shown = (page: Page) =>
  page.$$eval('[role=log] article', (articles) => articles.map((article) => article.querySelector('.text')?.firstChild?.textContent ?? ''));

const tick = (page: Page, body: string) =>
  page.$$eval(
    '[role=log] article',
    (articles, body) =>
      articles
        .filter((article) => article.querySelector('.text')?.firstChild?.textContent === body)
        .map((article) => article.querySelector('.tick')?.getAttribute('aria-label'))
        .pop(),
    body,
  );

async function two(dana: Person, somebody: (name: string) => Promise<Person>) {
  const garden = await dana.createPage('Garden renovation');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  return { garden, mila };
}

test('Firefox, chat 1 and 14: a message is ticked, arrives live, and is read', async ({ fox, dana, somebody }) => {
  const { garden, mila } = await two(dana, somebody);
  const page = await open(fox, mila, `/p/${garden.id}`);
  await dana.open(`/p/${garden.id}`);
  await say(page, 'From Firefox');
  await expect(dana.page.getByText('From Firefox').first()).toBeVisible();
  await expect.poll(() => tick(page, 'From Firefox')).toBe('Read');
  await dana.post(garden, 'From Chromium');
  await expect.poll(() => shown(page)).toEqual(['From Firefox', 'From Chromium']);
  await page.close();
});

test('Firefox, chat 4: it opens at the first unread, with the divider', async ({ fox, dana, somebody }) => {
  const { garden, mila } = await two(dana, somebody);
  for (let number = 1; number <= 60; number += 1) await dana.post(garden, `Line ${number}`);
  await mila.call('mark', { page: garden.id, delivered: 30, read: 30 });
  const page = await open(fox, mila, `/p/${garden.id}`);
  const inView = () =>
    page.$eval('.unread', (divider) => {
      const [log, box] = [divider.closest('.log')!.getBoundingClientRect(), divider.getBoundingClientRect()];
      return box.top >= log.top && box.bottom <= log.bottom;
    });
  await expect.poll(inView).toBe(true);
  await page.close();
});

test('Firefox, chat 6: history loads upward without moving what one reads', async ({ fox, dana, somebody }) => {
  const { garden, mila } = await two(dana, somebody);
  for (let number = 1; number <= 150; number += 1) await dana.post(garden, `Line ${number}`);
  await mila.call('mark', { page: garden.id, delivered: 150, read: 150 });
  const page = await open(fox, mila, `/p/${garden.id}`);
  await page.$eval('.log', (log) => log.scrollTo(0, -log.scrollHeight + log.clientHeight + 700));
  const place = () =>
    page.$$eval('[role=log] article', (articles) => {
      const found = articles.find((article) => article.querySelector('.text')?.firstChild?.textContent === 'Line 112');
      return Math.round(found?.getBoundingClientRect().top ?? -1);
    });
  const before = await place();
  await expect.poll(async () => (await shown(page)).includes('Line 60')).toBe(true);
  expect(Math.abs((await place()) - before)).toBeLessThanOrEqual(1);
  await page.close();
});

test('Firefox, chat 8: what is written while the network is away is sent after a reload, once', async ({ fox, dana, somebody }) => {
  const { garden, mila } = await two(dana, somebody);
  const page = await open(fox, mila, `/p/${garden.id}`);
  await mila.place.kill();
  await say(page, 'While you were away');
  await expect.poll(() => tick(page, 'While you were away')).toBe('Sending');
  await mila.place.start();
  await page.reload();
  await page.waitForSelector('html[data-hydrated]');
  await expect.poll(() => tick(page, 'While you were away'), { timeout: 15_000 }).toBe('Sent');
  await dana.open(`/p/${garden.id}`);
  await expect(dana.page.getByText('While you were away').first()).toBeVisible();
  expect((await shown(page)).filter((body) => body === 'While you were away')).toHaveLength(1);
  await page.close();
});

test('Firefox, chat 9: after a restart everything missed arrives, once, in order', async ({ fox, dana, somebody }) => {
  const { garden, mila } = await two(dana, somebody);
  const page = await open(fox, mila, `/p/${garden.id}`);
  await dana.post(garden, 'Before');
  await expect.poll(() => shown(page)).toEqual(['Before']);
  await dana.place.restart();
  for (const body of ['One', 'Two', 'Three']) await dana.post(garden, body);
  await expect.poll(() => shown(page), { timeout: 20_000 }).toEqual(['Before', 'One', 'Two', 'Three']);
  await page.close();
});
