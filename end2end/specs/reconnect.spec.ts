import type { Page, WebSocketRoute } from '@playwright/test';
import type { Person, PageOfPlace } from '../fixtures/person.ts';
import { Room } from '../pages/room.ts';
import { expect, test } from '../fixtures/test.ts';

type Somebody = (name: string) => Promise<Person>;

async function two(dana: Person, somebody: Somebody): Promise<{ garden: PageOfPlace; mila: Person }> {
  const garden = await dana.createPage('Garden renovation');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  return { garden, mila };
}

/** A hand on the socket between a page and the server: it can be cut, kept away, and let through again. */
class Wire {
  /** Sockets that were let through, in all. */
  opened = 0;
  private blocked = false;
  private live = new Set<WebSocketRoute>();

  static async on(page: Page): Promise<Wire> {
    const wire = new Wire();
    await page.routeWebSocket(/\/mqtt$/, (socket) => wire.take(socket));
    return wire;
  }

  async cut(): Promise<void> {
    for (const socket of this.live) await socket.close({ code: 4000 });
    this.live.clear();
  }

  async block(): Promise<void> {
    this.blocked = true;
    await this.cut();
  }

  unblock(): void {
    this.blocked = false;
  }

  private take(socket: WebSocketRoute): void {
    if (this.blocked) {
      void socket.close({ code: 4000 });
      return;
    }
    this.opened += 1;
    this.live.add(socket);
    const server = socket.connectToServer();
    socket.onMessage((message) => server.send(message));
    server.onMessage((message) => socket.send(message));
    const forget = (): void => void this.live.delete(socket);
    socket.onClose(() => {
      forget();
      void server.close();
    });
    server.onClose(() => {
      forget();
      void socket.close();
    });
  }
}

test('chat 9: a server that is restarted while both are connected; both catch up by themselves', async ({ dana, place, somebody }) => {
  const { garden, mila } = await two(dana, somebody);
  await dana.open(`/p/${garden.id}`);
  await mila.open(`/p/${garden.id}`);
  await new Room(dana.page).say('before');
  await expect(new Room(mila.page).message('before')).toBeVisible();

  await place.kill();
  await new Room(dana.page).say('while it was away');
  await place.start();
  for (const person of [dana, mila]) await new Room(person.page).expectInOrder(['before', 'while it was away']);
  await new Room(mila.page).say('after');
  for (const person of [dana, mila]) await new Room(person.page).expectInOrder(['before', 'while it was away', 'after']);
});

test('chat 9: a graceful stop says goodbye, and everybody comes back', async ({ dana, place, somebody }) => {
  const { garden, mila } = await two(dana, somebody);
  await mila.open(`/p/${garden.id}`);
  await dana.post(garden, 'before');
  await expect(new Room(mila.page).message('before')).toBeVisible();
  await place.restart();
  await dana.post(garden, 'after');
  await new Room(mila.page).expectInOrder(['before', 'after']);
});

test('chat 9: what was said while the socket was cut arrives in order, once', async ({ dana, somebody }) => {
  const { garden, mila } = await two(dana, somebody);
  const wire = await Wire.on(mila.page);
  await mila.open(`/p/${garden.id}`);
  const room = new Room(mila.page);
  await dana.post(garden, 'message 0');
  await expect(room.message('message 0')).toBeVisible();
  await wire.cut();
  const said = ['message 0'];
  for (let number = 1; number <= 30; number += 1) {
    said.push(`message ${number}`);
    await dana.post(garden, `message ${number}`);
  }
  await room.expectInOrder(said);
  await expect(room.articles).toHaveCount(said.length);
});

test('chat 9: a socket that stays away; polling takes over within 5 s, and MQTT comes back by itself', async ({ dana, somebody }) => {
  const { garden, mila } = await two(dana, somebody);
  const wire = await Wire.on(mila.page);
  await mila.open(`/p/${garden.id}`);
  const room = new Room(mila.page);
  await dana.post(garden, 'by socket');
  await expect(room.message('by socket')).toBeVisible();
  await wire.block();
  await dana.post(garden, 'by polling 1');
  await expect(room.message('by polling 1')).toBeVisible({ timeout: 7_000 });
  await dana.post(garden, 'by polling 2');
  await expect(room.message('by polling 2')).toBeVisible({ timeout: 5_000 });

  const before = wire.opened;
  wire.unblock();
  await expect.poll(() => wire.opened, { timeout: 40_000 }).toBeGreaterThan(before);
  await expect(mila.page.getByText('Reconnecting…')).toBeHidden();
  await dana.post(garden, 'by socket again');
  await expect(room.message('by socket again')).toBeVisible({ timeout: 2_000 });
  await room.expectInOrder(['by socket', 'by polling 1', 'by polling 2', 'by socket again']);
});

test('chat 9: with no network at all it says Reconnecting… after 5 s, and recovers', async ({ dana, somebody }) => {
  const { garden, mila } = await two(dana, somebody);
  const wire = await Wire.on(mila.page);
  await mila.open(`/p/${garden.id}`);
  const room = new Room(mila.page);
  await dana.post(garden, 'before');
  await expect(room.message('before')).toBeVisible();
  await mila.context.setOffline(true);
  await wire.block();
  await expect(mila.page.getByText('Reconnecting…')).toBeVisible({ timeout: 15_000 });
  await dana.post(garden, 'meanwhile');
  wire.unblock();
  await mila.context.setOffline(false);
  await expect(room.message('meanwhile')).toBeVisible({ timeout: 30_000 });
  await expect(mila.page.getByText('Reconnecting…')).toBeHidden();
});

test('chat 9: killed while 16 clients post, nothing acknowledged is lost and nothing doubled', async ({ dana, place }) => {
  const garden = await dana.createPage('Garden renovation');
  const acknowledged = new Map<string, number>();
  let running = true;
  const posters = Array.from({ length: 16 }, async (_, poster) => {
    for (let number = 0; running; number += 1) {
      const body = `${poster}-${number}`;
      try {
        acknowledged.set(body, await dana.post(garden, body));
      } catch {
        return;
      }
    }
  });
  await expect.poll(() => acknowledged.size).toBeGreaterThan(200);
  await place.kill();
  running = false;
  await Promise.all(posters);
  await place.start();

  const stored = new Map<number, string>();
  for (let after = 0, more = true; more; ) {
    const history = await dana.call<{ messages: { seq: number; body: string }[]; counter: number; more: boolean }>('messages', {
      page: garden.id,
      after,
      limit: 200,
    });
    for (const { seq, body } of history.messages) stored.set(seq, body);
    ({ counter: after, more } = history);
  }
  for (const [body, seq] of acknowledged) expect(stored.get(seq)).toBe(body);
  expect(new Set(stored.values()).size).toBe(stored.size);
});
