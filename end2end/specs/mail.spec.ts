import { Admin } from '../pages/admin.ts';
import { Invitation } from '../pages/invitation.ts';
import { EmailJs } from '../fixtures/emailjs.ts';
import { Place } from '../fixtures/place.ts';
import { linkIn, MailServer } from '../fixtures/smtp.ts';
import { Person } from '../fixtures/person.ts';
import { expect, test } from '../fixtures/test.ts';

const MILA = 'mila@example.org';

test.use({ mail: 'smtp' });

test('invitation 1: the mail as its reader gets it', async ({ dana, place, smtp }) => {
  const garden = await dana.createPage('Tom & Zoë’s <i>garden</i>');
  await dana.form('invite', { page: garden.id, addresses: MILA, note: 'Bring <b>boots</b> & a spade.\nSee you!' });
  const { parsed, raw, from } = await smtp.mailTo(MILA);

  expect(from).toBe('stoa@example.org');
  expect(parsed.from?.text).toContain('stoa@example.org');
  expect(parsed.subject).toContain('Tom & Zoë’s <i>garden</i>');
  expect(parsed.replyTo?.value[0]?.address).toBe(dana.email);
  expect(parsed.messageId).toMatch(/^<.+@.+>$/);
  expect(Math.abs(Date.now() - (parsed.date?.getTime() ?? 0))).toBeLessThan(120_000);
  expect(parsed.headers.get('auto-submitted')).toBe('auto-generated');
  expect(raw).toMatch(/content-type: multipart\/alternative/i);

  const link = linkIn({ parsed, raw, from, to: [MILA] });
  expect(link).toMatch(new RegExp(`^${place.url}/invite/[A-Za-z0-9_-]{22,}$`));
  for (const part of [parsed.text ?? '', parsed.html || '']) {
    expect(part).toContain('Dana Vos');
    expect(part).toContain(link);
    expect(part).toMatch(/7 days|expires|until/i);
  }
  expect(parsed.text).toContain('Tom & Zoë’s <i>garden</i>');
  expect(parsed.text).toContain('Bring <b>boots</b> & a spade.');
  expect(parsed.html).toContain('&lt;i&gt;garden&lt;/i&gt;');
  expect(parsed.html).toContain('&lt;b&gt;boots&lt;/b&gt; &amp; a spade.');
  expect(parsed.html).not.toMatch(/<img|<script|url\(|<b>boots/i);
});

test('invitation 1: nothing in a name or a note becomes a header', async ({ dana, smtp }) => {
  for (const name of ['Garden\r\nBcc: eve@example.org', 'Garden\nBcc: eve@example.org']) {
    expect((await dana.request('create_page', { form: { name, about: '' } })).status()).toBe(422);
  }
  const garden = await dana.createPage('Garden');
  await dana.form('invite', { page: garden.id, addresses: MILA, note: 'Hello\r\nBcc: eve@example.org\r\n\r\nX' });
  const mail = await smtp.mailTo(MILA);
  expect(mail.to).toEqual([MILA]);
  expect(mail.parsed.headers.has('bcc')).toBe(false);
});

test('admin 5: what the mail server said is shown with the invitation', async ({ dana, smtp }) => {
  smtp.refused.set(MILA, '5.1.1 No such person here');
  const garden = await dana.createPage('Garden renovation');
  await dana.open('/admin/invitations');
  await dana.form('invite', { page: garden.id, addresses: `${MILA} jon@example.org`, note: '' });
  await smtp.mailTo('jon@example.org');
  await expect(async () => {
    await dana.open('/admin/invitations');
    const admin = new Admin(dana.page);
    await expect(admin.row(MILA)).toContainText('Not delivered', { timeout: 500 });
    await expect(admin.row(MILA)).toContainText('No such person here', { timeout: 500 });
    await expect(admin.row('jon@example.org')).toContainText('Sent', { timeout: 500 });
  }).toPass({ timeout: 15_000 });
});

test('admin 5: a mail server that says "later" delays the mail, and it is sent without anybody’s help', async ({ dana, smtp, somebody }) => {
  smtp.postponed = 1;
  const garden = await dana.createPage('Garden renovation');
  await dana.form('invite', { page: garden.id, addresses: MILA, note: '' });
  const states = async () => {
    await dana.open('/admin/invitations');
    return new Admin(dana.page).row(MILA).innerText();
  };
  await expect.poll(states, { timeout: 15_000 }).toMatch(/Delayed[\s\S]*Greylisted/);
  const mail = await smtp.mailTo(MILA);
  await expect.poll(states, { timeout: 15_000 }).toContain('Sent');

  const mila = await somebody('Mila Lind');
  await mila.open(linkIn(mail));
  // What a link scanner does not do: a hand on the page.
  await new Invitation(mila.page).name.click();
  await expect.poll(states, { timeout: 15_000 }).toContain('Opened');
  await new Invitation(mila.page).join('Mila Lind');
  await expect.poll(states, { timeout: 15_000 }).toMatch(/Joined|Mila Lind/);
});

test('admin 5: a slow mail server keeps nobody waiting', async ({ dana, smtp }) => {
  smtp.delay = 4_000;
  const garden = await dana.createPage('Garden renovation');
  const start = Date.now();
  await dana.form('invite', { page: garden.id, addresses: MILA, note: '' });
  expect(Date.now() - start).toBeLessThan(2_000);
  await dana.open('/admin/invitations');
  await expect(new Admin(dana.page).row(MILA)).toContainText('Waiting to send');
  await smtp.mailTo(MILA);
  expect(smtp.mails).toHaveLength(1);
});

test('admin 5: a killed program sends what was waiting when it is started again, once', async ({ dana, place, smtp }) => {
  smtp.postponed = 1;
  const garden = await dana.createPage('Garden renovation');
  await dana.form('invite', { page: garden.id, addresses: MILA, note: '' });
  await expect.poll(() => smtp.postponed).toBe(0);
  await place.kill();
  await place.start();
  await smtp.mailTo(MILA);
  await expect(async () => {
    await dana.open('/admin/mail');
    await expect(new Admin(dana.page).row(MILA)).toContainText('Sent', { timeout: 500 });
  }).toPass({ timeout: 15_000 });
  expect(smtp.mails).toHaveLength(1);
});

test('admin 5: while the mail server is away mail is delayed, and a revoked invitation is not sent at all', async ({ dana, smtp }) => {
  smtp.postponed = 1_000;
  const garden = await dana.createPage('Garden renovation');
  await dana.form('invite', { page: garden.id, addresses: MILA, note: '' });
  await expect.poll(() => smtp.postponed).toBeLessThan(1_000);
  const [invitation] = await dana.call<{ id: string }[]>('invitations', {});
  await dana.open('/admin/invitations');
  await dana.call('revoke_invitation', { id: invitation?.id });
  smtp.postponed = 0;
  await dana.form('invite', { page: garden.id, addresses: 'jon@example.org', note: '' });
  await smtp.mailTo('jon@example.org');
  const box = await dana.call<{ items: { to: string; state: string }[] }>('mailbox', {});
  expect(box.items.find(({ to }) => to.includes(MILA))?.state).toBe('cancelled');
  expect(smtp.mails.filter(({ to }) => to.includes(MILA))).toEqual([]);
});

test('admin 7: a test message tells the mail server’s answer in words', async ({ dana, smtp }) => {
  smtp.refused.set('nobody@example.org', '5.7.1 We do not relay for you');
  const good = await dana.call<{ ok: boolean; said: string }>('send_test_mail', { to: 'dana@example.org' });
  expect(good.ok).toBe(true);
  expect((await smtp.mailTo('dana@example.org')).parsed.text).toBeTruthy();
  const bad = await dana.call<{ ok: boolean; said: string }>('send_test_mail', { to: 'nobody@example.org' });
  expect(bad).toMatchObject({ ok: false, said: expect.stringContaining('We do not relay for you') });

  await dana.open('/admin/mail');
  await expect(dana.page.getByText('127.0.0.1').first()).toBeVisible();
});

test('start 3: mail goes out over a login, and a wrong password is said in words', async ({ browser }) => {
  const smtp = await MailServer.start();
  for (const [password, ok] of [['right', true], ['wrong', false]] as const) {
    const place = await Place.start({ STOA_SMTP_URL: `smtp://stoa:${password}@127.0.0.1:${smtp.port}` });
    const dana = await (await Person.arrive(browser, place, 'Dana Vos')).setUp();
    const sent = await dana.call<{ ok: boolean; said: string }>('send_test_mail', { to: MILA });
    expect(sent.ok).toBe(ok);
    expect(smtp.logins.at(-1)).toBe(`stoa:${password}`);
    if (!ok) expect(sent.said).toContain('Wrong name or password');
    expect(place.log).not.toContain(password === 'right' ? 'stoa:right' : 'stoa:wrong');
    await dana.context.close();
    await place.remove();
  }
  await smtp.stop();
});

test('start 3: a mail server with a certificate that nobody signed is not trusted', async ({ browser }) => {
  // smtp-server brings a certificate of its own making for localhost.
  const smtp = await MailServer.start({ disabledCommands: [] });
  const place = await Place.start({ STOA_SMTP_URL: `smtp://127.0.0.1:${smtp.port}?tls=required` });
  const dana = await (await Person.arrive(browser, place, 'Dana Vos')).setUp();
  const sent = await dana.call<{ ok: boolean; said: string }>('send_test_mail', { to: MILA });
  expect(sent.ok).toBe(false);
  expect(sent.said).toMatch(/certificate|TLS/i);
  expect(smtp.mails).toEqual([]);
  await dana.context.close();
  await place.remove();
  await smtp.stop();
});

test('start 3: EmailJS takes the mail instead, with its words when it does not', async ({ browser }) => {
  const api = await EmailJs.start();
  const place = await Place.start({
    STOA_EMAILJS_SERVICE: 'service_1',
    STOA_EMAILJS_TEMPLATE: 'template_1',
    STOA_EMAILJS_PUBLIC_KEY: 'public',
    STOA_EMAILJS_PRIVATE_KEY: 'very-private',
    STOA_EMAILJS_URL: api.url,
  });
  const dana = await (await Person.arrive(browser, place, 'Dana Vos')).setUp();
  const garden = await dana.createPage('Garden renovation');
  api.answers.push({ status: 429, body: 'Too many requests' });
  await dana.form('invite', { page: garden.id, addresses: MILA, note: 'Boots!' });
  await expect.poll(() => api.calls.length, { timeout: 20_000 }).toBe(1);
  const call = api.calls[0];
  expect(call).toMatchObject({ service_id: 'service_1', template_id: 'template_1', user_id: 'public', accessToken: 'very-private' });
  const parameters = JSON.stringify(call?.template_params);
  for (const part of [MILA, 'Garden renovation', 'Dana Vos', `${place.url}/invite/`]) expect(parameters).toContain(part);

  api.answers.push({ status: 400, body: 'The template ID not found' });
  const sent = await dana.call<{ ok: boolean; said: string }>('send_test_mail', { to: MILA });
  expect(sent).toMatchObject({ ok: false, said: expect.stringContaining('The template ID not found') });
  expect(place.log).not.toContain('very-private');
  await dana.context.close();
  await place.remove();
  await api.stop();
});
