import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContextOptions, Page } from '@playwright/test';
import type { Person } from '../fixtures/person.ts';
import { Room } from '../pages/room.ts';
import { expect, test } from '../fixtures/test.ts';

async function sideways(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** A place with something in it, and the views that people meet. */
async function views(dana: Person): Promise<string[]> {
  const garden = await dana.createPage('Garden renovation at the Lijnbaan', 'Planning and photos. Bring boots on Saturdays.');
  const invitation = await dana.invite(garden, 'mila@example.org', 'We share the photos here.');
  await dana.post(garden, 'Morning all. The paving arrives at ten, can somebody open the side gate?');
  await dana.post(garden, `averyveryverylongwordwithoutanyspace${'x'.repeat(120)}`);
  return ['/', `/p/${garden.id}`, invitation, '/admin', '/admin/people', '/admin/invitations', '/admin/mail', '/admin/calls'];
}

const looks: [string, BrowserContextOptions][] = [
  ['light', { colorScheme: 'light', viewport: { width: 1280, height: 800 } }],
  ['dark', { colorScheme: 'dark', viewport: { width: 1280, height: 800 } }],
  ['phone', { colorScheme: 'light', viewport: { width: 390, height: 780 } }],
  ['dark phone', { colorScheme: 'dark', viewport: { width: 320, height: 640 } }],
];

for (const [name, options] of looks) {
  test(`everywhere: ${name}: nothing scrolls sideways, and axe finds nothing`, async ({ somebody }, info) => {
    const dana = await (await somebody('Dana Vos', options)).setUp();
    for (const view of await views(dana)) {
      await dana.open(view);
      await expect(dana.page.getByRole('main')).toBeVisible();
      expect(await sideways(dana.page), `${view} scrolls sideways`).toBe(0);
      const { violations } = await new AxeBuilder({ page: dana.page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), view).toEqual([]);
      const file = `${view.replaceAll(/\W+/g, '-').slice(0, 12)}.png`;
      await info.attach(file, { body: await dana.page.screenshot(), contentType: 'image/png' });
    }
  });
}

test('everywhere: signed out: the forms are in order too', async ({ place, somebody }) => {
  const dana = await somebody('Dana Vos', { viewport: { width: 320, height: 640 } });
  for (const view of [place.setUpLink, '/sign-in', '/invite/unknown', '/nowhere']) {
    await dana.open(view);
    expect(await sideways(dana.page), view).toBe(0);
    const { violations } = await new AxeBuilder({ page: dana.page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), view).toEqual([]);
  }
});

test('everywhere: dialogs take the focus and give it back', async ({ dana }) => {
  await dana.open('/admin');
  const opener = dana.page.getByRole('button', { name: 'New page' }).first();
  await opener.focus();
  await dana.page.keyboard.press('Enter');
  await expect(dana.page.getByLabel('Page name')).toBeFocused();
  await dana.page.keyboard.press('Escape');
  await expect(dana.page.getByRole('dialog')).toBeHidden();
  await expect(opener).toBeFocused();
});

test('everywhere: a page is readable before and without scripts', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  await dana.post(garden, 'Readable before wasm.');
  const plain = await somebody('Dana Vos', { javaScriptEnabled: false });
  await plain.context.addCookies(await dana.context.cookies());
  await plain.page.goto(`/p/${garden.id}`);
  await expect(new Room(plain.page).message('Readable before wasm.')).toBeVisible();
  await plain.page.goto('/');
  await expect(plain.page.getByText('Garden renovation').first()).toBeVisible();
});

test('everywhere: the answer carries a strict policy, and the policy holds', async ({ dana, place }) => {
  const garden = await dana.createPage('Garden renovation');
  const answer = await dana.context.request.get(`${place.url}/p/${garden.id}`);
  const policy = answer.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toMatch(/script-src[^;]*'nonce-/);
  expect(policy).not.toContain("'unsafe-inline'");
  expect(answer.headers()['x-content-type-options']).toBe('nosniff');
  expect(await answer.text()).not.toMatch(/ style="/);
  await dana.open(`/p/${garden.id}`);
});
