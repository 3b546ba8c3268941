import { linkIn } from '../fixtures/smtp.ts';
import { hydrated } from '../fixtures/person.ts';
import { SignIn } from '../pages/sign-in.ts';
import { expect, test } from '../fixtures/test.ts';

test.use({ mail: 'smtp' });

test('invitation 7: signing in later by the link in a mail', async ({ dana, smtp, somebody }) => {
  await dana.createPage('Garden renovation');
  const later = await somebody('Dana Vos');
  await later.page.goto('/');
  await expect(later.page).toHaveURL(/\/sign-in/);
  await hydrated(later.page);
  await new SignIn(later.page).ask(dana.email);
  const link = linkIn(await smtp.mailTo(dana.email));
  await fetch(link);
  await fetch(link, { method: 'HEAD' });
  await later.open(link);
  await later.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(later.page.getByText('Garden renovation').first()).toBeVisible();

  const again = await somebody('Somebody Else');
  await again.open(link);
  await expect(again.page.getByText(/does not work any more|has expired/)).toBeVisible();
});

test('invitation 7: signing in by the six digits, without scripts', async ({ dana, smtp, somebody }) => {
  const later = await somebody('Dana Vos', { javaScriptEnabled: false });
  await new SignIn(later.page).ask(dana.email);
  const mail = await smtp.mailTo(dana.email);
  const code = mail.parsed.text?.match(/\b\d{3}[ -]?\d{3}\b/)?.[0] ?? '';
  expect(code).not.toBe('');
  await new SignIn(later.page).enterCode(code);
  await expect(async () => {
    expect((await later.call<{ email: string } | null>('whoami', {}))?.email).toBe(dana.email);
  }).toPass({ timeout: 5_000 });
});

test('invitation 7: the answer does not tell whether an account exists', async ({ dana, smtp, somebody }) => {
  const stranger = await somebody('Eve Stranger');
  const seen: string[] = [];
  for (const email of [dana.email, 'nobody@example.org']) {
    await stranger.page.goto('/sign-in');
    await hydrated(stranger.page);
    await new SignIn(stranger.page).ask(email);
    await expect(stranger.page.getByLabel('Code')).toBeVisible();
    seen.push((await stranger.page.getByRole('main').innerText()).replaceAll(email, 'EMAIL'));
  }
  expect(seen[0]).toBe(seen[1]);
  await smtp.mailTo(dana.email);
  expect(smtp.mails).toHaveLength(1);
});

test('invitation 7: five wrong tries end a code', async ({ dana, smtp, somebody }) => {
  const eve = await somebody('Eve Stranger');
  await eve.form('request_sign_in', { email: dana.email });
  const mail = await smtp.mailTo(dana.email);
  const code = (mail.parsed.text?.match(/\b\d{3}[ -]?\d{3}\b/)?.[0] ?? '').replace(/\D/g, '');
  const wrong = code === '000000' ? '111111' : '000000';
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const answer = await eve.request('sign_in_with_code', { form: { email: dana.email, code: wrong } });
    expect(answer.ok()).toBe(false);
  }
  const answer = await eve.request('sign_in_with_code', { form: { email: dana.email, code } });
  expect(answer.ok()).toBe(false);
});

test('invitation 7: without mail an admin gets a link on the server', async ({ dana, place, somebody }) => {
  const link = place.command('sign-in-link', dana.email).match(/http\S+/)?.[0] ?? '';
  const later = await somebody('Dana Vos');
  await later.open(link);
  await later.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect.poll(async () => (await later.call<{ email: string } | null>('whoami', {}))?.email).toBe(dana.email);
});

test('invitation 7: back from the mail, the field for the code is still there, and one lands where one wanted to go', async ({
  dana,
  smtp,
  somebody,
}) => {
  const garden = await dana.createPage('Garden renovation');
  const later = await somebody('Dana Vos');
  await later.page.goto(`/p/${garden.id}`);
  await expect(later.page).toHaveURL(/\/sign-in$/);
  await new SignIn(later.page).ask(dana.email);
  await expect(later.page.getByLabel('Code')).toBeVisible();
  // A phone may have dropped the page meanwhile.
  await later.page.goto('/sign-in');
  const mail = await smtp.mailTo(dana.email);
  const code = mail.parsed.text?.match(/\b\d{3}[ -]?\d{3}\b/)?.[0] ?? '';
  await new SignIn(later.page).enterCode(code.startsWith('0') ? '999999' : '000000');
  await expect(later.page.getByRole('alert')).toContainText('That code is not right');
  await new SignIn(later.page).enterCode(code);
  await expect(later.page).toHaveURL(new RegExp(`/p/${garden.id}$`));
});

test('invitation 7: another address can be given instead', async ({ dana, smtp: _, somebody }) => {
  const later = await somebody('Dana Vos');
  await new SignIn(later.page).ask(dana.email);
  await later.page.getByRole('link', { name: 'Use another address' }).click();
  await expect(later.page.getByLabel('Code')).toBeHidden();
  await later.page.goto('/sign-in');
  await expect(later.page.getByLabel('Email')).toHaveValue('');
});
