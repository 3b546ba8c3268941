import { Admin } from '../pages/admin.ts';
import { Room } from '../pages/room.ts';
import { expect, test } from '../fixtures/test.ts';

test('admin 1: a name is shown exactly as typed, whatever is in it', async ({ dana }) => {
  const name = `Zoë's <b>"Jardin"</b> & 🌻 ${'x'.repeat(50)}`;
  await dana.open('/admin');
  await new Admin(dana.page).createPage(`  ${name} `);
  await expect(new Room(dana.page).heading(name)).toBeVisible();
  await dana.page.reload();
  await expect(new Room(dana.page).heading(name)).toBeVisible();
});

test('admin 1: a name has 1 to 80 characters on one line', async ({ dana }) => {
  for (const [name, code] of [['', 'name'], ['   ', 'name'], ['x'.repeat(81), 'name'], ['a\nb', 'control_characters']] as const) {
    const answer = await dana.request('create_page', { form: { name, about: '' } });
    expect(answer.status(), name).toBe(422);
    expect(await answer.json()).toMatchObject({ code });
  }
  await dana.createPage('é'.repeat(80));
});

test('admin 2: the list counts, sorts by column and filters by typing', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  await dana.createPage('Atelier Thursday');
  await dana.createPage('Choir board');
  await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  await dana.invite(garden, 'jon@example.org');
  for (const body of ['one', 'two', 'three']) await dana.post(garden, body);

  await dana.open('/admin');
  const admin = new Admin(dana.page);
  await expect(admin.row('Garden renovation').getByRole('cell')).toContainText(['Garden renovation', '2', '1', '3']);

  const names = () => dana.page.getByRole('row').filter({ hasText: /Garden|Atelier|Choir/ });
  await dana.page.getByRole('button', { name: 'Messages' }).click();
  await expect(names().first()).toContainText(/Garden/);
  await dana.page.getByRole('columnheader').first().getByRole('button').click();
  await expect(names()).toContainText(['Atelier', 'Choir', 'Garden']);
  await dana.page.getByRole('columnheader').first().getByRole('button').click();
  await expect(names()).toContainText(['Garden', 'Choir', 'Atelier']);

  await dana.page.getByRole('searchbox').first().fill('choir');
  await expect(names()).toHaveCount(1);
});

test('admin 3: everyone on a page sees at once that it is renamed', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  await mila.open(`/p/${garden.id}`);
  await dana.call('update_page', { page: garden.id, name: 'The garden', about: 'Done!' });
  await expect(new Room(mila.page).heading('The garden')).toBeVisible();
  await expect(mila.page).toHaveTitle(/The garden/);
});

test('admin 3: an archived page can be read but not written, and comes back', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  await mila.post(garden, 'before');
  await mila.open(`/p/${garden.id}`);
  const room = new Room(mila.page);
  await dana.call('archive_page', { page: garden.id, archived: true });
  await expect(mila.page.getByText(/archived/i).first()).toBeVisible();
  await expect(room.message('before')).toBeVisible();
  const answer = await mila.request('post_message', { data: { page: garden.id, id: crypto.randomUUID(), body: 'x' } });
  expect(answer.ok()).toBe(false);
  await dana.call('archive_page', { page: garden.id, archived: false });
  await expect(room.composer).toBeEditable();
  await room.say('after');
  await expect(room.message('after')).toBeVisible();
});

test('admin 3: deleting a page asks for its name, and takes it from everyone', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  await mila.open(`/p/${garden.id}`);
  const wrong = await dana.request('delete_page', { data: { page: garden.id, typed: 'garden' } });
  expect(wrong.status()).toBe(422);
  await dana.call('delete_page', { page: garden.id, typed: 'Garden renovation' });
  await expect(new Room(mila.page).heading('Garden renovation')).toBeHidden();
  const gone = await mila.context.request.get(`/p/${garden.id}`);
  expect(gone.status()).toBe(404);
});
