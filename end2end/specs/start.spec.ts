import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Admin } from '../pages/admin.ts';
import { SetUp } from '../pages/set-up.ts';
import { expect, test } from '../fixtures/test.ts';

test('start 1: with nothing configured it makes its data directory and prints one link, which works once', async ({ place, somebody }) => {
  expect(existsSync(join(place.dataDir, 'data', 'stoa.db'))).toBe(true);
  expect(place.log.match(/\/setup\//g)).toHaveLength(1);

  const dana = await somebody('Dana Vos');
  await dana.setUp();
  const late = await somebody('Somebody Else');
  await late.open(place.setUpLink);
  await expect(late.page.getByLabel('Name of this place')).toBeHidden();
  await expect(late.page.getByText(/set up already/)).toBeVisible();
});

test('start 1: a second start before set-up prints a new link, and the one before stops working', async ({ place, somebody }) => {
  const first = place.setUpLink;
  place.log = '';
  await place.restart();
  expect(place.setUpLink).not.toBe(first);
  const dana = await somebody('Dana Vos');
  await dana.open(first);
  await expect(dana.page.getByText('This link does not work', { exact: true })).toBeVisible();
  await dana.open(place.setUpLink);
  await new SetUp(dana.page).fill('Here', dana.name, dana.email);
  await expect(dana.page).toHaveURL(`${place.url}/admin`);
});

test('start 2: the first admin lands on an empty list that says what to do', async ({ place, somebody }) => {
  const dana = await somebody('Dana Vos');
  await dana.open(place.setUpLink);
  await new SetUp(dana.page).fill('Here', dana.name, dana.email);
  await expect(dana.page).toHaveURL(`${place.url}/admin`);
  await expect(dana.page.getByRole('button', { name: 'New page' }).first()).toBeVisible();
});

test('start 2: set-up works without scripts', async ({ place, somebody }) => {
  const dana = await somebody('Dana Vos', { javaScriptEnabled: false });
  await dana.page.goto(place.setUpLink);
  await new SetUp(dana.page).fill('Here', dana.name, dana.email);
  await expect(dana.page).toHaveURL(`${place.url}/admin`);
  expect((await dana.call<{ admin: boolean }>('whoami', {})).admin).toBe(true);
});

test('start 2: a mistake in the form is said in words, and nothing is lost', async ({ place, somebody }) => {
  const dana = await somebody('Dana Vos');
  await dana.open(place.setUpLink);
  const token = place.setUpLink.split('/').pop() ?? '';
  const answer = await dana.request('set_up', { form: { token, place: 'Here', name: ' ', email: dana.email } });
  expect(answer.status()).toBe(422);
  expect(await answer.json()).toMatchObject({ code: 'name' });
  await new SetUp(dana.page).fill('Here', dana.name, dana.email);
  await expect(dana.page).toHaveURL(`${place.url}/admin`);
});

test('start 3: without a mail server invitations lie in the built-in mailbox, with their links to copy', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  await dana.open('/admin/mail');
  await expect(dana.page.getByText(/No mail server is set/)).toBeVisible();
  await dana.form('invite', { page: garden.id, addresses: 'mila@example.org', note: '' });

  await dana.open('/admin/invitations');
  const row = new Admin(dana.page).row('mila@example.org');
  await row.getByRole('button', { name: 'Copy link' }).click();
  await expect.poll(() => dana.page.evaluate(() => navigator.clipboard.readText())).toContain('/invite/');
  const link = await dana.page.evaluate(() => navigator.clipboard.readText());

  const mila = await somebody('Mila Lind');
  await mila.open(link);
  await expect(mila.page.getByRole('heading', { name: 'Garden renovation' })).toBeVisible();
});
