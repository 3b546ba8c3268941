import { Admin } from '../pages/admin.ts';
import { expect, test } from '../fixtures/test.ts';

test.use({ mail: 'smtp' });

test('admin 4: a pasted list in any shape becomes invitations, each address once', async ({ dana, smtp }) => {
  const garden = await dana.createPage('Garden renovation');
  await dana.open(`/p/${garden.id}`);
  await new Admin(dana.page).invite(
    'mila@example.org, jon@example.org;noor@example.org\nKees Bakker <kees@example.org>  MILA@example.org dana@example.org',
  );
  for (const name of ['mila', 'jon', 'noor', 'kees']) await smtp.mailTo(`${name}@example.org`);
  await dana.open('/admin/invitations');
  const admin = new Admin(dana.page);
  for (const name of ['mila', 'jon', 'noor', 'kees']) {
    await expect(admin.row(`${name}@example.org`)).toContainText('Sent');
    await expect(admin.row(`${name}@example.org`)).toHaveCount(1);
  }
  await expect(admin.row('dana@example.org')).toHaveCount(0);
  expect(smtp.mails).toHaveLength(4);
});

test('admin 4: a wrong address says why, before anything is sent', async ({ dana, smtp }) => {
  const garden = await dana.createPage('Garden renovation');
  await dana.open(`/p/${garden.id}`);
  await dana.page.getByRole('button', { name: 'Invite people' }).first().click();
  const dialog = dana.page.getByRole('dialog');
  await dialog.getByLabel('Email addresses').fill('kees@typo, mila@example.org ');
  await expect(dialog.getByText('kees@typo').first()).toBeVisible();
  await expect(dialog.getByText('mila@example.org').first()).toBeVisible();
  expect(smtp.mails).toEqual([]);
});

test('admin 4: who is invited or a member already is named, and not sent another mail', async ({ dana, smtp }) => {
  const garden = await dana.createPage('Garden renovation');
  await dana.form('invite', { page: garden.id, addresses: 'mila@example.org', note: '' });
  await smtp.mailTo('mila@example.org');
  const again = await dana.form<{ addresses: [string, string][]; wrong: unknown[] }>('invite', {
    page: garden.id,
    addresses: 'mila@example.org dana@example.org jon@example.org nonsense',
    note: '',
  });
  expect(again.addresses).toEqual([
    ['mila@example.org', 'already_invited'],
    ['dana@example.org', 'already_member'],
    ['jon@example.org', 'invited'],
  ]);
  expect(again.wrong).toHaveLength(1);
  await smtp.mailTo('jon@example.org');
  expect(smtp.mails).toHaveLength(2);
});

test('admin 4: inviting works before the scripts have loaded', async ({ dana, smtp, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const plain = await somebody('Dana Vos', { javaScriptEnabled: false });
  await plain.context.addCookies(await dana.context.cookies());
  await plain.page.goto(`/p/${garden.id}`);
  await expect(plain.page.getByRole('heading', { name: 'Garden renovation', level: 1 })).toBeVisible();
  // The form that a browser without scripts sends.
  const answer = await plain.context.request.post('/api/invite', {
    form: { page: garden.id, addresses: 'mila@example.org', note: '' },
    headers: { origin: dana.place.url, accept: 'text/html', referer: `${dana.place.url}/p/${garden.id}` },
    maxRedirects: 0,
  });
  expect([302, 303]).toContain(answer.status());
  await smtp.mailTo('mila@example.org');
});

test('admin 5: a revoked invitation says so and its link is dead', async ({ dana, place, smtp }) => {
  const garden = await dana.createPage('Garden renovation');
  const link = await dana.invite(garden, 'mila@example.org');
  await smtp.mailTo('mila@example.org');
  await dana.open('/admin/invitations');
  const row = new Admin(dana.page).row('mila@example.org');
  await row.getByRole('button', { name: 'Revoke' }).click();
  await expect(row).toContainText('Revoked');
  expect((await fetch(place.url + link)).status).toBe(404);
});

test('admin 5: an invitation that nobody took up in time is expired', async ({ dana, place }) => {
  const garden = await dana.createPage('Garden renovation');
  await dana.invite(garden, 'mila@example.org');
  place.sql('UPDATE invitations SET expires = 1');
  await dana.open('/admin/invitations');
  await expect(new Admin(dana.page).row('mila@example.org')).toContainText('Expired');
});

test('invitation 6: nobody sends mail without end', async ({ dana }) => {
  const garden = await dana.createPage('Garden renovation');
  const many = Array.from({ length: 101 }, (_, index) => `guest${index}@example.org`).join(' ');
  const answer = await dana.request('invite', { form: { page: garden.id, addresses: many, note: '' } });
  expect(answer.status()).toBe(422);
  expect(await answer.json()).toMatchObject({ code: 'too_many_addresses' });
});

test('invitation 6: members who are no admins invite nobody', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  const answer = await mila.request('invite', { form: { page: garden.id, addresses: 'eve@example.org', note: '' } });
  expect(answer.status()).toBe(403);
  await mila.open(`/p/${garden.id}`);
  await expect(mila.page.getByRole('button', { name: 'Invite people' })).toBeHidden();
});
