import { Room } from '../pages/room.ts';
import { hydrated } from '../fixtures/person.ts';
import { expect, test } from '../fixtures/test.ts';

test('admin 6: removal cuts live sockets within a second, and the page is gone for them', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  const socket = mila.page.waitForEvent('websocket', (socket) => socket.url().endsWith('/mqtt'));
  await mila.open(`/p/${garden.id}`);
  const closed = (await socket).waitForEvent('close');
  await dana.post(garden, 'Still here?');
  await expect(new Room(mila.page).message('Still here?')).toBeVisible();

  const start = Date.now();
  await dana.call('remove_member', { page: garden.id, account: await mila.account() });
  await closed;
  expect(Date.now() - start).toBeLessThan(1_000);
  await dana.post(garden, 'Not for Mila.');
  await expect(new Room(mila.page).heading('Garden renovation')).toBeHidden();
  await expect(mila.page.getByText('Not for Mila.')).toBeHidden();
  const answer = await mila.request('messages', { data: { page: garden.id, limit: 10 } });
  expect(answer.status()).toBe(404);
  expect((await mila.context.request.get(`/p/${garden.id}`)).status()).toBe(404);
});

test('admin 6: signing out everywhere and disabling end every session at once', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  const account = await mila.account();
  const socket = mila.page.waitForEvent('websocket', (socket) => socket.url().endsWith('/mqtt'));
  await mila.open(`/p/${garden.id}`);
  const closed = (await socket).waitForEvent('close');
  await dana.call('set_disabled', { account, disabled: true });
  await closed;
  expect(await mila.call('whoami', {})).toBeNull();
  // The open page goes there by itself; so does who asks for it anew.
  await expect(mila.page).toHaveURL(/\/sign-in/);
  await mila.page.goto(`/p/${garden.id}`);
  await expect(mila.page).toHaveURL(/\/sign-in/);
  await dana.call('set_disabled', { account, disabled: false });
  await dana.call('sign_out_everywhere', { account });
  expect(await mila.call('whoami', {})).toBeNull();
});

test('admin 6: the list of people shows their pages and what may be done', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  await dana.open('/admin/people');
  const row = dana.page.getByRole('row').filter({ hasText: 'mila@example.org' });
  await expect(row).toContainText('Mila Lind');
  await expect(row).toContainText('Garden renovation');
});

test('who is no admin finds no admin’s view, and what is not theirs does not exist', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const choir = await dana.createPage('Choir board');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  for (const name of ['people', 'page_summaries', 'mailbox']) {
    expect((await mila.request(name, { data: {} })).status(), name).toBe(403);
  }
  expect((await mila.context.request.get(`/p/${choir.id}`)).status()).toBe(404);
  expect((await mila.request('room', { data: { page: choir.id } })).status()).toBe(404);
  expect((await mila.request('post_message', { data: { page: choir.id, id: crypto.randomUUID(), body: 'x' } })).status()).toBe(404);

  const stranger = await somebody('Eve Stranger');
  expect((await stranger.request('room', { data: { page: garden.id } })).status()).toBe(401);
  await stranger.page.goto(`/p/${garden.id}`);
  await expect(stranger.page).toHaveURL(/\/sign-in/);
});

test('a request from another site is refused, with or without a session', async ({ dana, place }) => {
  const garden = await dana.createPage('Garden renovation');
  const post = (headers: Record<string, string>) =>
    dana.context.request.post(`${place.url}/api/post_message`, {
      data: { page: garden.id, id: crypto.randomUUID(), body: 'x' },
      headers,
    });
  expect((await post({ origin: 'https://evil.example' })).status()).toBe(403);
  expect((await post({ origin: place.url, 'sec-fetch-site': 'cross-site' })).status()).toBe(403);
});

test('signing out ends the session on the server too', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  const cookie = await mila.cookie();
  await mila.form('sign_out', {});
  await mila.page.goto('/');
  await expect(mila.page).toHaveURL(/\/sign-in/);
  await hydrated(mila.page);
  const old = await fetch(`${mila.place.url}/p/${garden.id}`, { headers: { cookie }, redirect: 'manual' });
  expect(old.status).not.toBe(200);
});

test('chat 1: of a page with many members some are listed, and all when asked for', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const names = Array.from({ length: 51 }, (_, index) => `Person ${String(index + 10)}`);
  const addresses = names.map((_, index) => `p${index}@example.org`).join(' ');
  await dana.form('invite', { page: garden.id, addresses, note: '' });
  for (const [index, name] of names.entries()) {
    const token = (await dana.invitationLink(`p${index}@example.org`)).split('/').pop() ?? '';
    const answer = await fetch(`${dana.place.url}/api/accept_invitation`, {
      method: 'POST',
      headers: { accept: 'application/json', origin: dana.place.url },
      body: new URLSearchParams({ token, name }),
    });
    expect(answer.ok, await answer.text()).toBe(true);
  }
  await dana.open(`/p/${garden.id}`);
  await expect(dana.page.getByText('Person, Person, Person, 48 more and you')).toBeVisible();
  const listed = dana.page.getByRole('complementary', { name: 'Details' }).getByRole('listitem');
  await expect(listed).toHaveCount(50);
  await dana.page.getByRole('button', { name: 'Show all 52' }).click();
  await expect(listed).toHaveCount(52);
});
