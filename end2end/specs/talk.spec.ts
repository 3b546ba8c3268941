import { AxeBuilder } from '@axe-core/playwright';
import type { Locator } from '@playwright/test';
import { messageId, type PageOfPlace, type Person } from '../fixtures/person.ts';
import { Room } from '../pages/room.ts';
import { expect, test } from '../fixtures/test.ts';

type Somebody = (name: string) => Promise<Person>;

/** Dana and Mila, both looking at one page. */
async function two(dana: Person, somebody: Somebody): Promise<{ garden: PageOfPlace; mila: Person; danas: Room; milas: Room }> {
  const garden = await dana.createPage('Garden renovation');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  await dana.open(`/p/${garden.id}`);
  await mila.open(`/p/${garden.id}`);
  return { garden, mila, danas: new Room(dana.page), milas: new Room(mila.page) };
}

const seqOf = async (person: Person, page: PageOfPlace, body: string): Promise<{ id: string; seq: number }> => {
  const history = await person.call<{ messages: { id: string; seq: number; body: string }[] }>('messages', {
    page: page.id,
    before: 10,
    limit: 200,
  });
  const found = history.messages.find((message) => message.body === body);
  if (!found) throw new Error(`${body} is not there`);
  return found;
};

test('chat 1: one tick, two when everybody has it, coloured when everybody has read it; message info says when', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const other = await dana.createPage('Choir board');
  // Alone at first: who joins later counts from then on.
  await dana.open(`/p/${garden.id}`);
  const danas = new Room(dana.page);
  await danas.say('Nobody here yet');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  await mila.join(await dana.invite(other, 'mila@example.org'));
  await danas.say('Anybody there?');
  await expect(danas.said('Anybody there?').getByLabel('Sent')).toBeVisible();
  // Her device has it when it looks at another page.
  await mila.open(`/p/${other.id}`);
  await mila.page.bringToFront();
  await danas.say('Now?');
  await expect(danas.said('Now?').getByLabel('Delivered')).toBeVisible();
  await mila.page.getByRole('link', { name: /Garden renovation/ }).click();
  await expect(danas.said('Now?').getByLabel('Read')).toBeVisible();
  await expect(danas.said('Anybody there?').getByLabel('Read')).toBeVisible();
  await danas.act('Now?', 'Message info');
  const info = dana.page.getByRole('dialog', { name: 'Message info' });
  await expect(info.getByText('Read by')).toBeVisible();
  await expect(info.getByText('Mila Lind')).toBeVisible();
  await dana.page.keyboard.press('Escape');
  // And so it stays.
  await dana.page.reload();
  await expect(danas.said('Now?').getByLabel('Read')).toBeVisible();
});

test('chat 10: typing is seen, and gone when it stops', async ({ dana, somebody }) => {
  const { mila, danas } = await two(dana, somebody);
  const header = dana.page.getByRole('main').locator('header');
  await expect(danas.articles).toHaveCount(0);
  await expect(async () => {
    await new Room(mila.page).composer.pressSequentially('Hm');
    await expect(header.getByText('Mila Lind is typing…')).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 15_000 });
  await new Room(mila.page).composer.fill('');
  await expect(header.getByText('Mila Lind is typing…')).toBeHidden({ timeout: 2_000 });
  // Whoever goes without a word is forgotten as well.
  await new Room(mila.page).composer.pressSequentially('And then');
  await expect(header.getByText('Mila Lind is typing…')).toBeVisible();
  await mila.context.setOffline(true);
  await expect(header.getByText('Mila Lind is typing…')).toBeHidden({ timeout: 8_000 });
});

test('chat 3: the date floats while one scrolls', async ({ dana }) => {
  const garden = await dana.createPage('Garden renovation');
  for (let number = 1; number <= 60; number += 1) await dana.post(garden, `Line ${number}.`);
  await dana.open(`/p/${garden.id}`);
  const room = new Room(dana.page);
  await room.log.evaluate((log) => log.scrollBy(0, -900));
  await expect(room.said('Line 60.')).not.toBeInViewport();
  await expect(room.log.getByText('Today', { exact: true })).toBeInViewport();
});

test('chat 11: who is online is seen, and who has gone', async ({ dana, somebody }) => {
  const { mila } = await two(dana, somebody);
  const row = dana.page.getByRole('complementary', { name: 'Details' }).getByRole('listitem').filter({ hasText: 'Mila Lind' });
  await expect(row.getByLabel('Online')).toBeVisible();
  await mila.page.close();
  await expect(row.getByLabel('Online')).toBeHidden();
});

test('chat 12: a reply shows what it answers; a click leads there; R does the same', async ({ dana, somebody }) => {
  const { garden, danas, milas } = await two(dana, somebody);
  await danas.say('Shall we call about the lighting?');
  for (let number = 1; number <= 30; number += 1) await dana.post(garden, `Between ${number}.`);
  await expect(milas.said('Between 30.')).toBeVisible();
  await milas.act('Shall we call about the lighting?', 'Reply');
  await milas.say('Tonight at eight.');
  const reply = danas.said('Tonight at eight.');
  await expect(reply.getByRole('button', { name: /Dana Vos.*lighting/s })).toBeVisible();
  await reply.getByRole('button', { name: /Dana Vos.*lighting/s }).click();
  const original = danas.said('Shall we call about the lighting?');
  await expect(original).toBeInViewport();
  await expect(original).toBeFocused();
  await dana.page.keyboard.press('r');
  await expect(dana.page.getByRole('button', { name: 'Cancel reply' })).toBeVisible();
  await expect(danas.composer).toBeFocused();
  await dana.page.keyboard.press('Escape');
  await expect(dana.page.getByRole('button', { name: 'Cancel reply' })).toBeHidden();
});

test('chat 12: a swipe to the right replies', async ({ browser: _, dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  await dana.post(garden, 'Swipe me');
  const touch = await somebody('Dana Vos', { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });
  await touch.context.addCookies(await dana.context.cookies());
  await touch.open(`/p/${garden.id}`);
  const box = await new Room(touch.page).said('Swipe me').boundingBox();
  if (!box) throw new Error('not there');
  const client = await touch.context.newCDPSession(touch.page);
  const point = (x: number) => [{ x: box.x + x, y: box.y + box.height / 2 }];
  await client.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: point(20) });
  for (const x of [35, 55, 80, 100]) await client.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: point(x) });
  await client.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await expect(touch.page.getByRole('button', { name: 'Cancel reply' })).toBeVisible();
});

test('chat 12: reactions toggle, are counted, and say who', async ({ dana, somebody }) => {
  const { danas, milas } = await two(dana, somebody);
  await danas.say('The paving is in.');
  await milas.act('The paving is in.', 'React with 👍');
  const chip = (room: Room): Locator => room.said('The paving is in.').getByRole('button', { name: /^👍/ });
  await expect(chip(danas)).toHaveAttribute('title', 'Mila Lind');
  await chip(danas).click();
  await expect(chip(milas)).toContainText('2');
  await expect(chip(milas)).toHaveAttribute('title', 'You, Dana Vos');
  await expect(chip(danas)).toHaveAttribute('aria-pressed', 'true');
  await chip(danas).click();
  await chip(milas).click();
  await expect(chip(danas)).toHaveCount(0);
});

test('chat 12: an edit says so, a deletion leaves its place, in quotes too', async ({ dana, somebody }) => {
  const { danas, milas, mila } = await two(dana, somebody);
  await danas.say('Nine oclock');
  await milas.act('Nine oclock', 'Reply');
  await milas.say('Fine.');
  await danas.act('Nine oclock', 'Edit');
  await danas.composer.fill('Nine o’clock');
  await danas.composer.press('Enter');
  await expect(milas.said('Nine o’clock')).toContainText('edited');
  await danas.act('Nine o’clock', 'Delete');
  await dana.page.getByRole('dialog', { name: 'Delete this message?' }).getByRole('button', { name: 'Delete' }).click();
  await expect(milas.said('Message deleted')).toHaveCount(1);
  await expect(milas.log.getByText('Nine o’clock')).toHaveCount(0);
  await mila.page.reload();
  await expect(milas.said('Message deleted')).toHaveCount(1);
  await expect(milas.said('Fine.').locator('.quote')).toContainText('Message deleted');
});

test('chat 12: a name is completed, named, and told to whom it names', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const choir = await dana.createPage('Choir board');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  await mila.join(await dana.invite(choir, 'mila@example.org'));
  await mila.open(`/p/${choir.id}`);
  await dana.open(`/p/${garden.id}`);
  const danas = new Room(dana.page);
  await danas.composer.pressSequentially('Morning @mi');
  await expect(dana.page.getByRole('option', { name: /Mila Lind/ })).toHaveAttribute('aria-selected', 'true');
  await dana.page.keyboard.press('Enter');
  await expect(danas.composer).toHaveValue('Morning @Mila Lind ');
  await danas.composer.pressSequentially('!');
  await dana.page.keyboard.press('Enter');
  await expect(danas.said('Morning').locator('.mention')).toHaveText('@Mila Lind');
  const entry = mila.page.getByRole('link', { name: /Garden renovation/ });
  await expect(entry.getByText('you are mentioned')).toBeAttached();
  await mila.page.reload();
  await expect(entry.getByText('you are mentioned')).toBeAttached();
  await entry.click();
  await expect(entry.getByText('you are mentioned')).not.toBeAttached();
});

test('chat 13: emoji alone are large, links are links, small markup, and nothing else', async ({ dana }) => {
  const garden = await dana.createPage('Garden renovation');
  await dana.open(`/p/${garden.id}`);
  const room = new Room(dana.page);
  for (const body of ['👩‍👩‍👧‍👦🇳🇱', '😀😀😀😀']) await room.say(body);
  await expect(room.articles.nth(0).locator('.text')).toHaveClass('text large');
  await expect(room.articles.nth(1).locator('.text')).toHaveClass('text');
  await room.say('See https://example.org/a_b_c, *bold* _soft_ `let x` <b>no</b> javascript:alert(1)');
  const said = room.articles.nth(2);
  await expect(said.getByRole('link', { name: 'https://example.org/a_b_c', exact: true })).toHaveAttribute('href', 'https://example.org/a_b_c');
  await expect(said.getByRole('link')).toHaveAttribute('rel', /noopener/);
  await expect(said.locator('.text b')).toHaveText('bold');
  await expect(said.locator('.text i')).toHaveText('soft');
  await expect(said.locator('.text code')).toHaveText('let x');
  await expect(said).toContainText('<b>no</b> javascript:alert(1)');
  await expect(said.getByRole('link')).toHaveCount(1);
});

test('chat 13: hostile text harms nothing and stalls nothing', async ({ dana }) => {
  const garden = await dana.createPage('Garden renovation');
  const hostile = [
    `a${'\u0301'.repeat(10_000)}`,
    `\u202e\u2066${'evil'.repeat(20)}\u202e`,
    '*_`'.repeat(6_000),
    '<script>alert(1)</script><img src=x onerror=alert(1)>',
    'W'.repeat(20_000),
    '\u200b\u200d\ufeff'.repeat(3_000) + 'x',
  ];
  for (const body of hostile) await dana.call('post_message', { page: garden.id, id: messageId(), body });
  const start = Date.now();
  await dana.open(`/p/${garden.id}`);
  expect(Date.now() - start).toBeLessThan(8_000);
  const room = new Room(dana.page);
  await room.say('Still here');
  await expect(room.said('Still here')).toBeVisible();
  const width = await dana.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(width).toBeLessThanOrEqual(0);
});

test('chat 14: unread is counted in the list and in the title, and cleared on every device', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const choir = await dana.createPage('Choir board');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  await mila.join(await dana.invite(choir, 'mila@example.org'));
  await mila.open(`/p/${choir.id}`);
  const second = await mila.newPage();
  await mila.open(`/p/${choir.id}`, second);
  for (const body of ['One', 'Two', 'Three']) await dana.post(garden, body);
  for (const page of [mila.page, second]) await expect(page).toHaveTitle('(3) Choir board · Stoa');
  await mila.page.bringToFront();
  await mila.page.getByRole('link', { name: /Garden renovation/ }).click();
  await expect(mila.page).toHaveTitle('Garden renovation · Stoa');
  await expect(second).toHaveTitle('Choir board · Stoa', { timeout: 2_500 });
  await mila.call('post_message', { page: choir.id, id: messageId(), body: 'Mine' });
  await expect(second).toHaveTitle('Choir board · Stoa');
});

test('chat 15: a search finds my messages only, and opens one in its place', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const secret = await dana.createPage('Secret board');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  await dana.post(garden, 'The quince is in blossom');
  await dana.post(secret, 'quince under wraps');
  await mila.post(garden, 'Quinces need sun');
  for (let number = 1; number <= 250; number += 1) await dana.post(garden, `Filler ${number}.`);
  await mila.call('mark', { page: garden.id, delivered: 252, read: 252 });
  await mila.open(`/p/${garden.id}`);
  const field = mila.page.getByRole('searchbox', { name: 'Search messages' });
  await field.fill('quinc');
  const hits = mila.page.locator('.hit');
  await expect(hits).toHaveCount(2);
  await expect(hits.first()).toContainText('Quinces need sun');
  await mila.page.getByLabel('From a person').selectOption('Dana Vos');
  await expect(hits).toHaveCount(1);
  await hits.first().click();
  const milas = new Room(mila.page);
  await expect(milas.said('The quince is in blossom')).toBeInViewport();
  await expect(milas.said('Filler 250.')).toHaveCount(0);
  await expect(milas.jump).toBeVisible();
  // Something new waits at the end, and the way there is one click.
  await dana.post(garden, 'News from the end');
  await milas.jump.click();
  await expect(milas.said('News from the end')).toBeInViewport();
  const gone = await seqOf(dana, garden, 'The quince is in blossom');
  await dana.call('delete_message', { page: garden.id, id: gone.id });
  await mila.page.getByLabel('From a person').selectOption('Anybody');
  await expect(hits).toHaveCount(1);
});

test('chat 6: the document stays bounded however far one scrolls', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const people = [dana];
  for (const [name, email] of [['Mila Lind', 'mila@example.org'], ['Jon Okafor', 'jon@example.org']] as const) {
    people.push(await (await somebody(name)).join(await dana.invite(garden, email)));
  }
  // Nobody may post more than 300 at once.
  for (let number = 1; number <= 840; number += 1) await people[number % 3]?.post(garden, `Line ${number}.`);
  for (const person of people) await person.call('mark', { page: garden.id, delivered: 840, read: 840 });
  await dana.open(`/p/${garden.id}`);
  const room = new Room(dana.page);
  await expect(async () => {
    await room.log.evaluate((log) => log.scrollBy(0, -3000));
    expect(await room.articles.count()).toBeLessThanOrEqual(300);
    const first = await room.articles.first().evaluate((article) => article.querySelector('.text')?.firstChild?.textContent);
    expect(first).toBe('Line 1.');
  }).toPass({ timeout: 30_000, intervals: [50] });
  expect(await room.articles.count()).toBeLessThanOrEqual(300);
  await room.jump.click();
  await expect(room.said('Line 840.')).toBeInViewport();
  expect(await room.articles.count()).toBeLessThanOrEqual(300);
});

test('chat 8: what was begun is kept per page', async ({ dana }) => {
  const garden = await dana.createPage('Garden renovation');
  const choir = await dana.createPage('Choir board');
  await dana.open(`/p/${garden.id}`);
  const room = new Room(dana.page);
  await room.composer.fill('Half a thought');
  await dana.page.getByRole('link', { name: /Choir board/ }).click();
  await expect(room.heading('Choir board')).toBeVisible();
  await expect(room.composer).toHaveValue('');
  await dana.page.getByRole('link', { name: /Garden renovation/ }).click();
  await expect(room.composer).toHaveValue('Half a thought');
  await dana.page.reload();
  await expect(room.composer).toHaveValue('Half a thought');
  await room.composer.press('Enter');
  await expect(room.said('Half a thought')).toHaveCount(1);
  await dana.page.goto(`/p/${choir.id}`);
  await dana.page.goto(`/p/${garden.id}`);
  await expect(room.composer).toHaveValue('');
});

test('everywhere: the log is walked with the arrows, and its menu opens and closes by keys', async ({ dana }) => {
  const garden = await dana.createPage('Garden renovation');
  for (const body of ['First', 'Second', 'Third']) await dana.post(garden, body);
  await dana.open(`/p/${garden.id}`);
  const room = new Room(dana.page);
  await room.log.focus();
  await dana.page.keyboard.press('ArrowUp');
  await expect(room.said('Third')).toBeFocused();
  await dana.page.keyboard.press('ArrowUp');
  await expect(room.said('Second')).toBeFocused();
  await dana.page.keyboard.press('Enter');
  await expect(dana.page.getByRole('dialog', { name: 'Message actions' })).toBeVisible();
  await dana.page.keyboard.press('Escape');
  await expect(dana.page.getByRole('dialog', { name: 'Message actions' })).toBeHidden();
  await expect(room.said('Second')).toBeFocused();
  await dana.page.keyboard.press('End');
  await expect(room.said('Third')).toBeFocused();
});

test('chat 8: two tabs share what waits: written in both, sent in order, once, also when one is closed', async ({ dana }) => {
  const garden = await dana.createPage('Garden renovation');
  const [first, second] = [dana.page, await dana.newPage()];
  let open = false;
  await dana.context.route('**/api/post_message', (route) => (open ? route.continue() : route.abort()));
  for (const page of [first, second]) await dana.open(`/p/${garden.id}`, page);
  const rooms = [new Room(first), new Room(second)];
  const bodies = ['One from the first', 'Two from the second', 'Three from the first'];
  for (const [index, body] of bodies.entries()) {
    await rooms[index % 2]?.say(body);
    for (const room of rooms) await expect(room.said(body).getByLabel('Sending')).toBeVisible();
  }
  await first.close();
  open = true;
  await expect(rooms[1]!.said('Three from the first').getByLabel('Sent')).toBeVisible({ timeout: 20_000 });
  await rooms[1]!.expectInOrder(bodies);
  const history = await dana.call<{ messages: { body: string }[] }>('messages', { page: garden.id, limit: 50 });
  expect(history.messages.map(({ body }) => body)).toEqual(bodies);
});

test('chat 8: a tab that is closed with the key still down has lost nothing', async ({ dana }) => {
  const garden = await dana.createPage('Garden renovation');
  const second = await dana.newPage();
  await dana.context.route('**/api/post_message', (route) => route.abort());
  await dana.open(`/p/${garden.id}`);
  const room = new Room(dana.page);
  for (const body of ['Written before', 'In the last moment']) {
    await room.composer.fill(body);
    await dana.page.keyboard.down('Enter');
  }
  await dana.page.close();
  await dana.context.unroute('**/api/post_message');
  await dana.open(`/p/${garden.id}`, second);
  const again = new Room(second);
  await expect(again.said('In the last moment').getByLabel('Sent')).toBeVisible({ timeout: 20_000 });
  await again.expectInOrder(['Written before', 'In the last moment']);
  await expect
    .poll(() =>
      second.evaluate(async () => {
        const ask = <T>(request: IDBRequest<T>) => new Promise<T>((done, failed) => ((request.onsuccess = () => done(request.result)), (request.onerror = failed)));
        return ask((await ask(indexedDB.open('stoa'))).transaction('drafts').objectStore('drafts').count());
      }),
    )
    .toBe(0);
});

test('everywhere: a message is read out, a burst as a count, and axe finds nothing in what opens', async ({ dana, somebody }) => {
  const { garden, mila, danas } = await two(dana, somebody);
  const aloud = dana.page.locator('.log-frame > [role=status]');
  await mila.post(garden, 'Hello *there*');
  await expect(aloud).toHaveText('Mila Lind: Hello *there*');
  for (const body of ['One', 'Two', 'Three', 'Four']) await mila.post(garden, body);
  await expect(aloud).toHaveText(/^[2-4] new messages$/);
  await expect(danas.log).toHaveAttribute('aria-live', 'off');

  const clean = async (what: string) => {
    const { violations } = await new AxeBuilder({ page: dana.page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), what).toEqual([]);
  };
  await danas.say('Mine, with a https://example.org link and `code`');
  await danas.act('Three', 'React with 👍');
  await danas.act('One', 'Reply');
  await danas.composer.fill('@mi');
  await expect(dana.page.getByRole('option', { name: /Mila Lind/ })).toBeVisible();
  await clean('reply and names');
  await dana.page.keyboard.press('Escape');
  await danas.said('Mine').hover();
  await danas.said('Mine').getByRole('button', { name: 'Actions' }).click();
  await clean('menu');
  await dana.page.getByRole('button', { name: 'Message info' }).click();
  await expect(dana.page.getByRole('dialog', { name: 'Message info' }).getByText('Mila Lind')).toBeVisible();
  await clean('message info');
  await dana.page.keyboard.press('Escape');
  await dana.page.getByRole('searchbox', { name: 'Search messages' }).fill('three');
  await expect(dana.page.locator('.hit')).toHaveCount(1);
  await clean('search');
});
