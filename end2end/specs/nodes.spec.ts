import { apart, test } from '../fixtures/nodes.ts';
import { Room } from '../pages/room.ts';
import { expect } from '../fixtures/test.ts';

test('two programs on one PostgreSQL and one Mosquitto serve one page', async ({ browser, broker, first, shared }) => {
  const { dana, mila, second, garden } = await apart(browser, first, shared);
  const danas = new Room(dana.page);
  const milas = new Room(mila.page);
  await dana.open(`/p/${garden.id}`);
  await mila.open(`/p/${garden.id}`);

  await danas.say('From the first to the second.');
  await expect(milas.message('From the first to the second.')).toBeVisible();
  await milas.say('And back.');
  await expect(danas.message('And back.')).toBeVisible();

  // The broker goes away and comes back: what was said meanwhile is not lost.
  await broker.kill();
  await danas.say('Nobody rings the bell.');
  await expect(danas.message('Nobody rings the bell.').getByLabel('Sent')).toBeVisible();
  await broker.start();
  await expect(milas.message('Nobody rings the bell.')).toBeVisible({ timeout: 30_000 });

  // One node dies; the other does not notice.
  await first.kill();
  await milas.say('Alone now.');
  await expect(milas.message('Alone now.').getByLabel('Sent')).toBeVisible();
  await first.start();
  await danas.expectInOrder(['From the first to the second.', 'And back.', 'Nobody rings the bell.', 'Alone now.']);

  // Taken away on one node, cut on the other within a second.
  const socket = mila.page.waitForEvent('websocket', (socket) => socket.url().endsWith('/mqtt'));
  await mila.open(`/p/${garden.id}`);
  const closed = (await socket).waitForEvent('close');
  await dana.call('post_message', { page: garden.id, id: crypto.randomUUID(), body: 'Subscribed?' }).catch(() => {});
  await expect(milas.heading('Garden renovation')).toBeVisible();
  const start = Date.now();
  await dana.call('remove_member', { page: garden.id, account: await mila.account() });
  await closed;
  expect(Date.now() - start).toBeLessThan(1_000);

  expect([...dana.troubles, ...mila.troubles]).toEqual([]);
  await dana.context.close();
  await mila.context.close();
  await second.remove();
});

test('chat 11: who is there is known on every node, and gone with a node that dies', async ({ browser, first, shared }) => {
  const { dana, mila, second, garden } = await apart(browser, first, shared);
  await dana.open(`/p/${garden.id}`);
  const inDetails = (name: string) => dana.page.getByRole('complementary', { name: 'Details' }).getByRole('listitem').filter({ hasText: name });
  await expect(inDetails('Mila Lind')).toBeVisible();
  await expect(inDetails('Mila Lind').getByLabel('Online')).toHaveCount(0);
  await mila.open(`/p/${garden.id}`);
  await expect(inDetails('Mila Lind').getByLabel('Online')).toBeVisible({ timeout: 3_000 });
  // A tab that closes: within five seconds.
  await mila.page.goto('about:blank');
  await expect(inDetails('Mila Lind').getByLabel('Online')).toHaveCount(0, { timeout: 5_000 });
  await mila.open(`/p/${garden.id}`);
  await expect(inDetails('Mila Lind').getByLabel('Online')).toBeVisible({ timeout: 3_000 });
  // A node that dies says nothing any more: within fifteen.
  await second.kill();
  await expect(inDetails('Mila Lind').getByLabel('Online')).toHaveCount(0, { timeout: 15_000 });
  expect(dana.troubles).toEqual([]);
  await dana.context.close();
  await mila.context.close();
  await second.remove();
});
