import { Admin } from '../pages/admin.ts';
import { Invitation } from '../pages/invitation.ts';
import { Room } from '../pages/room.ts';
import { linkIn } from '../fixtures/smtp.ts';
import { expect, test } from '../fixtures/test.ts';

const MILA = 'mila@example.org';

test('invitation 2: link scanners burn nothing', async ({ dana, place, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const link = await dana.invite(garden, MILA);
  const scanners = await Promise.all(
    ['GET', 'HEAD', 'GET', 'HEAD', 'GET', 'GET'].map((method) => fetch(place.url + link, { method })),
  );
  for (const answer of scanners) expect(answer.status).toBe(200);
  const state = await dana.call<{ state: string }[]>('invitations', {});
  expect(state[0]?.state, 'a fetch is no person that has it open').toBe('kept');

  const mila = await somebody('Mila Lind');
  await mila.open(link);
  await new Invitation(mila.page).join(mila.name);
  await expect(new Room(mila.page).heading('Garden renovation')).toBeVisible();
});

test('invitation 3: shows the page, the inviter, the note, and keeps the email as invited', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const link = await dana.invite(garden, MILA, 'Bring boots <b>!</b>');
  const mila = await somebody('Mila Lind');
  await mila.open(link);
  const invitation = new Invitation(mila.page);
  await expect(invitation.heading('Garden renovation')).toBeVisible();
  await expect(mila.page.getByText('Dana Vos').first()).toBeVisible();
  await expect(mila.page.getByText('Bring boots <b>!</b>')).toBeVisible();
  await expect(invitation.email).toHaveValue(MILA);
  await expect(invitation.email).not.toBeEditable();
});

test('invitation 3: joining works without scripts', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  await dana.post(garden, 'Readable before wasm.');
  const mila = await somebody('Mila Lind', { javaScriptEnabled: false });
  await mila.page.goto(await dana.invite(garden, MILA));
  await new Invitation(mila.page).join(mila.name);
  const room = new Room(mila.page);
  await expect(room.heading('Garden renovation')).toBeVisible();
  await expect(room.message('Readable before wasm.')).toBeVisible();
});

test('invitation 3: a second click while joining does nothing', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const mila = await somebody('Mila Lind');
  await mila.open(await dana.invite(garden, MILA));
  const sent: string[] = [];
  await mila.page.route('**/api/accept_invitation', async (route) => {
    sent.push(route.request().method());
    await new Promise((done) => setTimeout(done, 300));
    await route.continue();
  });
  await mila.page.getByLabel('Your name').fill(mila.name);
  await mila.page.getByRole('button', { name: 'Join the page' }).dblclick();
  await expect(mila.page).toHaveURL(new RegExp(`/p/${garden.id}$`));
  expect(sent).toEqual(['POST']);
});

test('invitation 5: a copied link lets nobody in as somebody who has an account, and leads them to sign in', async ({ dana, somebody }) => {
  const choir = await dana.createPage('Choir board');
  const garden = await dana.createPage('Garden renovation');
  await (await somebody('Mila Lind')).join(await dana.invite(choir, MILA));
  const other = await somebody('Somebody Else');
  await other.open(await dana.invite(garden, MILA));
  await other.page.getByRole('button', { name: 'Join the page' }).click();
  await expect(other.page.getByRole('alert')).toContainText('Please sign in first');
  await other.page.getByRole('link', { name: 'Sign in' }).click();
  await expect(other.page).toHaveURL(/\/sign-in$/);
});

test('invitation 4: lands on the page, its name in the heading and in the title, signed in for good', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const mila = await somebody('Mila Lind');
  await mila.open(await dana.invite(garden, MILA));
  await new Invitation(mila.page).join(mila.name);
  await expect(mila.page).toHaveURL(new RegExp(`/p/${garden.id}$`));
  await expect(new Room(mila.page).heading('Garden renovation')).toBeVisible();
  await expect(mila.page).toHaveTitle(/Garden renovation/);
  await mila.open('/');
  await expect(mila.page.getByText('Garden renovation').first()).toBeVisible();
});

test('invitation 5: signed in as somebody else, both are shown and either can join', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const choir = await dana.createPage('Choir board');
  const jon = await (await somebody('Jon Okafor')).join(await dana.invite(choir, 'jon@example.org'));

  const link = await dana.invite(garden, MILA);
  await jon.open(link);
  await expect(jon.page.getByText('Jon Okafor').first()).toBeVisible();
  await expect(jon.page.getByText(MILA).first()).toBeVisible();
  await jon.page.getByRole('button', { name: 'Join as Jon Okafor' }).click();
  await expect(new Room(jon.page).heading('Garden renovation')).toBeVisible();
  expect((await jon.call<{ email: string }>('whoami', {})).email).toBe('jon@example.org');
});

test('invitation 5: signed in as somebody else, one can join as the invited person instead', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const choir = await dana.createPage('Choir board');
  const jon = await (await somebody('Jon Okafor')).join(await dana.invite(choir, 'jon@example.org'));
  await jon.open(await dana.invite(garden, MILA));
  await jon.page.getByText(`Join as ${MILA} instead`).click();
  await new Invitation(jon.page).join('Mila Lind');
  await expect(new Room(jon.page).heading('Garden renovation')).toBeVisible();
  expect((await jon.call<{ email: string }>('whoami', {})).email).toBe(MILA);
});

test('invitation 5: a member, and a second click after joining, go straight to the page', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const link = await dana.invite(garden, MILA);
  const mila = await somebody('Mila Lind');
  await mila.open(link);
  await new Invitation(mila.page).join(mila.name);
  // The invitation has the same heading.
  await expect(mila.page).toHaveURL(new RegExp(`/p/${garden.id}$`));
  await mila.page.goto(link);
  await expect(mila.page).toHaveURL(new RegExp(`/p/${garden.id}$`));
});

test('invitation 5: unknown, used and revoked links look alike; an expired one offers a new one', async ({ dana, place, smtp: _, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const used = await dana.invite(garden, MILA);
  await (await somebody('Mila Lind')).join(used);
  const revoked = await dana.invite(garden, 'jon@example.org');
  const all = await dana.call<{ id: string; email: string }[]>('invitations', {});
  await dana.call('revoke_invitation', { id: all.find(({ email }) => email === 'jon@example.org')?.id });
  const expired = await dana.invite(garden, 'noor@example.org');
  place.sql("UPDATE invitations SET expires = 1 WHERE email = 'noor@example.org'");

  const stranger = await somebody('Noor El Amrani');
  const seen: string[] = [];
  for (const link of ['/invite/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', used, revoked]) {
    await stranger.open(link);
    await expect(new Invitation(stranger.page).joinButton).toBeHidden();
    await expect(new Invitation(stranger.page).askForNewLink).toBeHidden();
    await expect(stranger.page.getByText('Garden renovation')).toBeHidden();
    seen.push(await stranger.page.getByRole('main').innerText());
  }
  expect(new Set(seen).size).toBe(1);

  await stranger.open(expired);
  await expect(new Invitation(stranger.page).joinButton).toBeHidden();
  await expect(new Invitation(stranger.page).askForNewLink).toBeVisible();
});

test('invitation 6: the link is long and random, nobody is told where it was, and the Host header has no say', async ({ dana, place }) => {
  const garden = await dana.createPage('Garden renovation');
  const link = await dana.invite(garden, MILA);
  const token = link.split('/').pop() ?? '';
  // 128 bits are 22 characters of base64.
  expect(token.length).toBeGreaterThanOrEqual(22);
  const answer = await fetch(place.url + link);
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  const full = await dana.context.request.post(`${place.url}/api/copy_invitation_link`, {
    data: { id: (await dana.call<{ id: string }[]>('invitations', {}))[0]?.id },
    headers: { origin: place.url, 'x-forwarded-host': 'evil.example' },
  });
  expect(await full.json()).toContain(`${place.url}/invite/`);
});

test.describe('by mail', () => {
  test.use({ mail: 'smtp' });

  test('invitation 5: the new link that was asked for comes by mail and works', async ({ dana, place, smtp, somebody }) => {
    const garden = await dana.createPage('Garden renovation');
    await dana.form('invite', { page: garden.id, addresses: MILA, note: '' });
    const first = await smtp.mailTo(MILA);
    place.sql(`UPDATE invitations SET expires = 1, created = 1 WHERE email = '${MILA}'`);
    const mila = await somebody('Mila Lind');
    await mila.open(linkIn(first));
    await new Invitation(mila.page).askForNewLink.click();
    const second = await smtp.mailTo(MILA, [first]);
    expect(linkIn(second)).not.toBe(linkIn(first));
    await mila.open(linkIn(second));
    await new Invitation(mila.page).join(mila.name);
    await expect(new Room(mila.page).heading('Garden renovation')).toBeVisible();
  });

  test('admin 5: a resent invitation has a new link, and the one before stops working', async ({ dana, smtp, somebody }) => {
    const garden = await dana.createPage('Garden renovation');
    await dana.form('invite', { page: garden.id, addresses: MILA, note: '' });
    const first = await smtp.mailTo(MILA);
    await dana.open('/admin/invitations');
    await new Admin(dana.page).row(MILA).getByRole('button', { name: 'Resend' }).click();
    const second = await smtp.mailTo(MILA, [first]);
    const mila = await somebody('Mila Lind');
    await mila.open(linkIn(first));
    await expect(new Invitation(mila.page).joinButton).toBeHidden();
    await mila.open(linkIn(second));
    await expect(new Invitation(mila.page).joinButton).toBeVisible();
  });
});
