import { AxeBuilder } from '@axe-core/playwright';
import { noise, picture } from '../fixtures/picture.ts';
import { messageId, type PageOfPlace, type Person } from '../fixtures/person.ts';
import { expect, test } from '../fixtures/test.ts';
import { Images } from '../pages/images.ts';
import { Room } from '../pages/room.ts';

type Somebody = (name: string) => Promise<Person>;

/** Dana and Mila, both looking at one page. */
async function two(dana: Person, somebody: Somebody): Promise<{ garden: PageOfPlace; mila: Person; danas: Images; milas: Images }> {
  const garden = await dana.createPage('Garden renovation');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  await dana.open(`/p/${garden.id}`);
  await mila.open(`/p/${garden.id}`);
  return { garden, mila, danas: new Images(dana.page), milas: new Images(mila.page) };
}

const hill = (name: string, hue = 120) => picture(name, 640, 480, hue);

test('images 1: button, drop and paste fill one tray; put in order, described, taken out, sent with one caption', async ({ dana, somebody }) => {
  const { danas, milas } = await two(dana, somebody);
  await danas.pick(hill('first.png', 20), hill('second.png', 90));
  await danas.drop(hill('third.png', 160));
  await danas.paste(hill('fourth.png', 230));
  await expect(danas.tray).toHaveCount(4);
  // The last one to the front, the second out of it.
  const last = danas.tray.nth(3);
  const moved = await last.locator('img').getAttribute('src');
  for (let at = 3; at > 0; at--) await danas.tray.nth(at).getByRole('button', { name: 'Move left' }).click();
  await expect(danas.tray.first().locator('img')).toHaveAttribute('src', moved ?? '');
  await danas.tray.nth(2).getByRole('button', { name: 'Remove' }).click();
  await expect(danas.tray).toHaveCount(3);
  await danas.tray.first().getByRole('button', { name: 'Describe' }).click();
  await dana.page.getByLabel('What does it show?').fill('The side gate');
  await dana.page.keyboard.press('Enter');
  // And by hand.
  await danas.tray.nth(2).dragTo(danas.tray.nth(1));
  const axe = await new AxeBuilder({ page: dana.page }).analyze();
  expect(axe.violations).toEqual([]);
  await new Room(dana.page).composer.fill('Before and after');
  await danas.send();
  await expect(danas.tray).toHaveCount(0);
  await milas.expectLoaded(3);
  await expect(milas.shown.first().getByRole('img')).toHaveAccessibleName('The side gate');
  await expect(new Room(milas.page).message('Before and after')).toHaveCount(1);
  await danas.expectLoaded(3);
});

test('images 2: two to five form one album, more are counted; the caption stands once', async ({ dana, somebody }) => {
  const { garden, danas, milas } = await two(dana, somebody);
  for (const [count, shown] of [[1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [7, 5]] as const) {
    await danas.pick(...Array.from({ length: count }, (_, at) => hill(`${at}.png`, at * 30)));
    await new Room(dana.page).composer.fill(`There are ${count}`);
    await danas.send();
    const article = new Room(milas.page).message(`There are ${count}`);
    await expect(article.getByRole('link')).toHaveCount(shown);
    await expect(article.getByText(/^\+\d/)).toHaveCount(count > 5 ? 1 : 0);
    await expect(article.getByText(`There are ${count}`)).toHaveCount(1);
  }
  await expect(new Room(milas.page).message('There are 7').getByText('+2')).toBeVisible();
  // Before wasm it stands there as well.
  await dana.open(`/p/${garden.id}`);
  await expect(new Room(dana.page).message('There are 7').getByText('+2')).toBeVisible();
});

test('images 3: the space is there before the image, behind a blur; nothing jumps', async ({ dana, somebody }) => {
  const { garden, mila, danas, milas } = await two(dana, somebody);
  await danas.pick(picture('wide.png', 1200, 500));
  await danas.send();
  await milas.expectLoaded(1);
  let let_through = () => {};
  const held = new Promise<void>((go) => {
    let_through = go;
  });
  await mila.page.route('**/i/**', async (route) => {
    await held;
    await route.continue();
  });
  await mila.open(`/p/${garden.id}`);
  const blur = milas.shown.locator('img.blur');
  await expect(blur).toHaveAttribute('src', /^data:image\/bmp/);
  const before = await milas.shown.first().boundingBox();
  expect(before?.width).toBeGreaterThan(300);
  let_through();
  await milas.expectLoaded(1);
  const after = await milas.shown.first().boundingBox();
  // To a pixel: thumbnails have whole pixels, the space was reserved in parts of them.
  for (const side of ['x', 'y', 'width', 'height'] as const) {
    expect(Math.abs((after?.[side] ?? 0) - (before?.[side] ?? 0)), side).toBeLessThan(1);
  }
});

test('images 4: progress, cancel, retry; what cannot be an image is said before it is sent', async ({ dana, somebody }) => {
  const { danas, milas } = await two(dana, somebody);
  // Not an image, and too large: no byte is sent for them.
  let asked = 0;
  await dana.page.route('**/api/upload_image?*', async (route) => {
    asked += 1;
    await route.continue();
  });
  await danas.drop({ name: 'letter.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4') });
  await expect(danas.tray.getByRole('alert')).toContainText(/image/i);
  await danas.drop({ name: 'huge.png', mimeType: 'image/png', buffer: Buffer.alloc(26 * 1024 * 1024) });
  await expect(danas.tray.nth(1).getByRole('alert')).toContainText(/25/);
  expect(asked).toBe(0);
  await danas.tray.nth(1).getByRole('button', { name: 'Remove' }).click();
  await danas.tray.first().getByRole('button', { name: 'Remove' }).click();
  await dana.page.unroute('**/api/upload_image?*');

  // The network is away: it is tried again by itself, also when it has been sent meanwhile.
  let away = true;
  await dana.page.route('**/api/upload_image?*', (route) => (away ? route.abort('connectionreset') : route.continue()));
  await danas.pick(hill('kept.png'), hill('cancelled.png', 30));
  await expect(danas.tray.getByRole('progressbar')).toHaveCount(2);
  await new Room(dana.page).composer.fill('On its way');
  await danas.send();
  const waiting = dana.page.getByRole('group', { name: 'Sending 2 images' });
  await expect(waiting).toBeVisible();
  await waiting.getByRole('button', { name: 'Cancel' }).nth(1).click();
  away = false;
  await expect(new Room(milas.page).message('On its way')).toBeVisible({ timeout: 15_000 });
  await milas.expectLoaded(1);
  await expect(waiting).toHaveCount(0);
});

test('images 4: what was sent goes on after a reload, in one tab, once', async ({ dana, somebody }) => {
  const { danas, milas, mila } = await two(dana, somebody);
  await dana.page.context().route('**/api/upload_image?*', (route) => route.abort('connectionreset'));
  await danas.pick(hill('kept.png'), hill('cancelled.png', 30), hill('too.png', 60));
  await new Room(dana.page).composer.fill('After the reload');
  await danas.send();
  const waiting = dana.page.getByRole('group', { name: 'Sending 3 images' });
  await waiting.getByRole('button', { name: 'Cancel' }).nth(1).click();
  // How many files of how many messages the browser keeps.
  const kept = () =>
    dana.page.evaluate(async () => {
      const ask = <T>(request: IDBRequest<T>) => new Promise<T>((done, failed) => ((request.onsuccess = () => done(request.result)), (request.onerror = failed)));
      const all = await ask((await ask(indexedDB.open('stoa'))).transaction('parcels').objectStore('parcels').getAll());
      return all.map(({ files }: { files: File[] }) => files.length);
    });
  await expect.poll(kept).toEqual([2]);

  const second = await dana.page.context().newPage();
  await dana.open(new URL(dana.page.url()).pathname, second);
  await dana.page.context().unroute('**/api/upload_image?*');
  await dana.page.reload();
  await expect(new Room(mila.page).message('After the reload')).toBeVisible({ timeout: 20_000 });
  await milas.expectLoaded(2);
  await expect.poll(kept).toEqual([]);
  await expect(new Room(mila.page).message('After the reload')).toHaveCount(1);
  await expect(new Room(second).message('After the reload')).toHaveCount(1);
  // Nothing is left that would be taken up.
  await dana.page.reload();
  await expect(new Room(dana.page).message('After the reload')).toHaveCount(1);
  await expect(dana.page.getByRole('group', { name: /^Sending/ })).toHaveCount(0);
});

test('images 4: what the server refuses is kept in the tray, with its reason', async ({ dana, somebody }) => {
  const { danas } = await two(dana, somebody);
  await danas.pick({ name: 'words.png', mimeType: 'image/png', buffer: Buffer.from('Only words, whatever its name says.') });
  await expect(danas.tray.getByRole('alert')).toContainText(/image/i);
});

test('images 4: twelve photos of 5 MB at once, while somebody else reads', async ({ dana, somebody }) => {
  const { danas, milas, mila } = await two(dana, somebody);
  const reads = new Room(mila.page);
  // In two goes: Playwright hands over 50 MB at most.
  for (const half of [0, 1]) {
    await danas.pick(...Array.from({ length: 6 }, (_, at) => noise(`${half}${at}.png`, 1500, 1111)));
  }
  await expect(danas.tray).toHaveCount(12);
  await reads.say('I am still here');
  await expect(new Room(dana.page).message('I am still here')).toBeVisible({ timeout: 5_000 });
  await danas.send();
  await expect(reads.articles.getByText('+7')).toBeVisible({ timeout: 60_000 });
  await milas.expectLoaded(5);
});

test('images 5: what the bytes say counts, not the name', async ({ dana, somebody }) => {
  const { garden, danas, milas } = await two(dana, somebody);
  await danas.pick({ ...hill('photo.jpg'), mimeType: 'image/jpeg' });
  await danas.send();
  await milas.expectLoaded(1);
  const [image] = await dana.call<{ image: { kind: string; width: number; height: number } }[]>('page_images', { page: garden.id, limit: 1 });
  expect(image?.image).toMatchObject({ kind: 'png', width: 640, height: 480 });
});

test('images 6: the lightbox walks all images of the page, answers, downloads, and gives the focus back', async ({ dana, somebody }) => {
  const { mila, danas, milas } = await two(dana, somebody);
  for (const count of [2, 1]) {
    await danas.pick(...Array.from({ length: count }, (_, at) => hill(`${at}.png`, at * 60)));
    await new Room(dana.page).composer.fill(`Album of ${count}`);
    await danas.send();
    await expect(new Room(mila.page).message(`Album of ${count}`).getByRole('link')).toHaveCount(count);
  }
  const thumbs = milas.shown;
  await thumbs.nth(1).click();
  const box = milas.lightbox;
  await expect(box).toBeVisible();
  await expect(box).toHaveAccessibleName('Image 2 of 3');
  await expect(box.getByText(/2 of 3 · 640 × 480/)).toBeVisible();
  await expect(box.getByText('Dana Vos')).toBeVisible();
  await expect(box.getByRole('link', { name: 'Download' })).toHaveAttribute('href', /original\?download$/);
  const axe = await new AxeBuilder({ page: mila.page }).analyze();
  expect(axe.violations).toEqual([]);
  await mila.page.keyboard.press('ArrowRight');
  await expect(box).toHaveAccessibleName('Image 3 of 3');
  await mila.page.keyboard.press('ArrowRight');
  await expect(box).toHaveAccessibleName('Image 3 of 3');
  await mila.page.keyboard.press('ArrowLeft');
  await box.getByRole('button', { name: 'Previous image' }).click();
  await expect(box).toHaveAccessibleName('Image 1 of 3');
  // Near and back.
  const whole = box.locator('img.whole');
  await whole.dblclick();
  await expect(whole).toHaveCSS('transform', /matrix\(2\.5/);
  await whole.dblclick();
  await expect(whole).toHaveCSS('transform', /matrix\(1,/);
  await mila.page.keyboard.press('Escape');
  await expect(box).toBeHidden();
  await expect(thumbs.nth(1)).toBeFocused();
  // `Back` closes it and stays on the page.
  const address = mila.page.url();
  await thumbs.nth(0).click();
  await expect(box).toBeVisible();
  await mila.page.goBack();
  await expect(box).toBeHidden();
  expect(mila.page.url()).toBe(address);
  await thumbs.nth(2).click();
  await box.getByRole('button', { name: 'Reply' }).click();
  await expect(box).toBeHidden();
  await new Room(mila.page).say('Lovely');
  await expect(new Room(dana.page).message('Lovely').getByRole('button', { name: /Album of 1/ })).toBeVisible();
});

test('images 7: images are for members only, and gone with their message', async ({ dana, somebody }) => {
  const { garden, mila, danas, milas } = await two(dana, somebody);
  const kees = await somebody('Kees Bos');
  await danas.pick(hill('ours.png'));
  await danas.send();
  await milas.expectLoaded(1);
  const address = (await milas.shown.first().getAttribute('href')) ?? '';
  const fetched = (person: Person) => person.context.request.get(person.place.url + address);
  const answer = await fetched(mila);
  expect(answer.status()).toBe(200);
  expect(answer.headers()).toMatchObject({
    'cache-control': 'private, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    'content-type': 'image/png',
  });
  expect((await fetched(kees)).status()).toBe(404);
  await dana.call('remove_member', { page: garden.id, account: await mila.account() });
  expect((await fetched(mila)).status()).toBe(404);
  expect((await fetched(dana)).status()).toBe(200);
  const [found] = await dana.call<{ message: string }[]>('page_images', { page: garden.id, limit: 1 });
  await dana.call('delete_message', { page: garden.id, id: found?.message });
  expect((await fetched(dana)).status()).toBe(404);
  await expect(danas.shown).toHaveCount(0);
});

test('images 8: a data URL is an image as well', async ({ dana, somebody }) => {
  const { garden, milas } = await two(dana, somebody);
  const id = messageId();
  const data = `data:image/png;base64,${hill('x.png').buffer.toString('base64')}`;
  const image = await dana.call<{ width: number }>('upload_image_data', { page: garden.id, id, data });
  expect(image.width).toBe(640);
  await dana.call('post_message', { page: garden.id, id: messageId(), body: '', images: [{ id, alt: 'By a script' }] });
  await milas.expectLoaded(1);
  await expect(milas.shown.first().getByRole('img')).toHaveAccessibleName('By a script');
});

test('images: the server is restarted in the middle of an upload', async ({ dana, place, somebody }) => {
  const { danas, milas } = await two(dana, somebody);
  let first = true;
  await dana.page.route('**/api/upload_image?*', async (route) => {
    if (first) {
      first = false;
      await place.restart();
    }
    await route.continue();
  });
  await danas.pick(hill('survives.png'));
  await danas.send();
  await milas.expectLoaded(1);
});

test('images: what was shared stands beside the conversation, all of it in a dialog', async ({ dana, somebody }) => {
  const { mila, danas, milas } = await two(dana, somebody);
  for (let round = 0; round < 2; round++) {
    await danas.pick(...Array.from({ length: 5 }, (_, at) => hill(`${round}${at}.png`, (round * 5 + at) * 20)));
    await danas.send();
    await expect(milas.shown).toHaveCount((round + 1) * 5);
  }
  const details = mila.page.getByRole('complementary', { name: 'Details' });
  await expect(details.getByRole('link')).toHaveCount(6);
  await details.getByRole('button', { name: 'Show all images' }).click();
  const all = mila.page.getByRole('dialog', { name: 'Shared images' });
  await expect(all.getByRole('link')).toHaveCount(10);
  await all.getByRole('link').last().click();
  await expect(milas.lightbox).toHaveAccessibleName('Image 1 of 10');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test('images: everything fits, and a swipe down closes', async ({ dana }) => {
    const garden = await dana.createPage('Garden renovation');
    await dana.open(`/p/${garden.id}`);
    const danas = new Images(dana.page);
    await danas.pick(hill('a.png'), hill('b.png', 40), hill('c.png', 200));
    await new Room(dana.page).composer.fill('From the phone');
    await danas.send();
    await danas.expectLoaded(3);
    const width = await dana.page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(390);
    await danas.shown.first().tap();
    await expect(danas.lightbox).toBeVisible();
    for (const name of ['Reply', 'Close']) {
      await expect(danas.lightbox.getByRole('button', { name, exact: true })).toBeInViewport({ ratio: 1 });
    }
    await expect(danas.lightbox.getByRole('link', { name: 'Download' })).toBeInViewport({ ratio: 1 });
    const picture = danas.lightbox.locator('.picture');
    const at = (y: number) => ({ pointerId: 7, pointerType: 'touch', isPrimary: true, clientX: 200, clientY: y, bubbles: true });
    await picture.dispatchEvent('pointerdown', at(300));
    await picture.dispatchEvent('pointermove', at(400));
    await picture.dispatchEvent('pointerup', at(420));
    await expect(danas.lightbox).toBeHidden();
  });
});
