import { Admin } from '../pages/admin.ts';
import { SetUp } from '../pages/set-up.ts';
import { expect, test } from '../fixtures/test.ts';

const PLAIN = { javaScriptEnabled: false };

test('start 2: without scripts a mistake is said in words, and what was typed stays', async ({ place, somebody }) => {
  const dana = await somebody('Dana Vos', PLAIN);
  await dana.page.goto(place.setUpLink);
  await new SetUp(dana.page).fill('Here', '   ', dana.email);
  await expect(dana.page.getByRole('alert')).toContainText('A name has 1 to 80 characters');
  await expect(dana.page.getByLabel('Name of this place')).toHaveValue('Here');
  await expect(dana.page.getByLabel('Email')).toHaveValue(dana.email);
  expect(dana.page.url()).toBe(place.setUpLink);
  await dana.page.reload();
  await expect(dana.page.getByText('A name has 1 to 80 characters')).toBeHidden();
});

test('admin 1: without scripts a page is made on a page of its own', async ({ dana, somebody }) => {
  const plain = await somebody('Dana Vos', PLAIN);
  await plain.context.addCookies(await dana.context.cookies());
  await plain.page.goto('/admin');
  await plain.page.getByRole('button', { name: 'New page' }).first().click();
  await plain.page.getByLabel('Page name').fill('  ');
  await plain.page.getByLabel('About').fill('Kept');
  await plain.page.getByRole('button', { name: 'Create page' }).click();
  await expect(plain.page.getByRole('alert')).toContainText('A name has 1 to 80 characters');
  await expect(plain.page.getByLabel('About')).toHaveValue('Kept');
  await plain.page.getByLabel('Page name').fill('Garden renovation');
  await plain.page.getByRole('button', { name: 'Create page' }).click();
  await expect(plain.page).toHaveURL(/\/p\/[0-9a-f-]{36}$/);
});

test('admin 4: without scripts the inviter is told who was invited and who was not', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const plain = await somebody('Dana Vos', PLAIN);
  await plain.context.addCookies(await dana.context.cookies());
  await plain.page.goto(`/p/${garden.id}/invite`);
  await plain.page.getByLabel('Email addresses').fill(`mila@example.org, nonsense, ${dana.email}`);
  await plain.page.getByRole('button', { name: 'Send invitations' }).click();
  const told = plain.page.getByRole('status');
  await expect(told).toContainText('Invited: mila@example.org');
  await expect(told).toContainText(`Already on this page: ${dana.email}`);
  await expect(told).toContainText('nonsense: An address needs an @.');
});

test('admin 6: what an admin does to a person is asked about first, and seen at once', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  await dana.open('/admin/people');
  const row = new Admin(dana.page).row('mila@example.org');
  await row.getByLabel('Actions for Mila Lind').click();
  await row.getByRole('button', { name: 'Disable' }).click();
  const dialog = dana.page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(row).not.toContainText('Disabled');
  await row.getByLabel('Actions for Mila Lind').click();
  await row.getByRole('button', { name: 'Disable' }).click();
  await dialog.getByRole('button', { name: 'Disable' }).click();
  await expect(row).toContainText('Disabled');
});

test('admin 7: a test message from the list of mail tells how it went', async ({ dana }) => {
  await dana.open('/admin/mail');
  await dana.page.getByText('Send a test message').click();
  await dana.page.getByLabel('Send it to').fill('dana@example.org');
  await dana.page.getByRole('button', { name: 'Send test' }).click();
  await expect(dana.page.getByRole('status').filter({ hasText: 'Done.' })).toBeVisible();
  await expect(new Admin(dana.page).row('dana@example.org')).toBeVisible();
});
