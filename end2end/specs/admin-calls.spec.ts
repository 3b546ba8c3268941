// What an admin sees of calls: the ways in, and whether this browser comes in by them.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { Admin } from '../pages/admin.ts';
import { Coturn } from '../fixtures/services.ts';
import { expect, test } from '../fixtures/test.ts';

const looks = [
  ['light', 'light', 1280],
  ['dark', 'dark', 1280],
  ['phone', 'light', 390],
] as const;

async function inOrder(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}

test.describe('with a TCP port', () => {
  test.use({ settings: { STOA_CALL_TCP_PORT: '0' } });

  for (const [name, colorScheme, width] of looks) {
    test(`admin: calls: ${name}: what is offered is said, and a test says by what this browser comes in`, async ({ place, somebody }, info) => {
      const dana = await (await somebody('Dana Vos', { colorScheme, viewport: { width, height: 800 } })).setUp();
      const garden = await dana.createPage('Garden renovation');
      await dana.open('/admin/calls');
      const admin = new Admin(dana.page);
      await expect(dana.page.getByRole('heading', { name: 'Calls' })).toBeVisible();
      await expect(dana.page.getByRole('link', { name: 'Calls' })).toHaveAttribute('aria-current', 'page');
      await expect(dana.page.getByText('by itself')).toBeVisible();
      const offered = place.log.match(/transport=(Udp|Tcp) address=\S+/g) ?? [];
      expect(offered.length).toBeGreaterThan(1);
      for (const line of offered) {
        const [, way, address] = line.match(/transport=(\w+) address=(\S+)/) ?? [];
        await expect(admin.row(way?.toUpperCase() ?? '')).toContainText(address ?? '');
      }
      await expect(admin.row('TURN')).toContainText('Not set up');
      await inOrder(dana.page);

      await dana.page.getByRole('button', { name: 'Test a call' }).click();
      await expect(dana.page.getByRole('status')).toHaveText('UDP: yes. TCP: yes. TURN: not set up.', { timeout: 25_000 });
      await expect(admin.row('UDP')).toContainText(/Yes, (under 1|\d+) ms/);
      await expect(admin.row('TCP')).toContainText(/Yes, (under 1|\d+) ms/);
      await inOrder(dana.page);
      await info.attach(`calls-${name}.png`, { body: await dana.page.screenshot(), contentType: 'image/png' });

      const { call } = await dana.call<{ call: unknown }>('call', { page: garden.id });
      expect(call).toBeNull();
      const { messages } = await dana.call<{ messages: unknown[] }>('messages', { page: garden.id, before: null, after: null, limit: 50 });
      expect(messages).toEqual([]);
    });
  }

  test('admin: calls: a way that is shut is a no, with what to do', async ({ dana }) => {
    // Browsers are told of a UDP port that nobody has open.
    await dana.page.route('**/api/call_test', async (route) => {
      const answer = await route.fetch();
      const body = (await answer.text()).replaceAll(/ udp (\d+) (\S+) \d+ typ/g, ' udp $1 $2 9 typ');
      await route.fulfill({ response: answer, body });
    });
    await dana.open('/admin/calls');
    await dana.page.getByRole('button', { name: 'Test a call' }).click();
    await expect(dana.page.getByRole('status')).toHaveText('UDP: no. TCP: yes. TURN: not set up.', { timeout: 40_000 });
    await expect(new Admin(dana.page).row('UDP')).toContainText(/Open UDP port \d+ in the firewall/);
    await inOrder(dana.page);
  });
});

test.describe('with a relay', () => {
  for (const [name, secret, said] of [
    ['lets this browser in', 'shared-with-the-relay', 'yes'],
    ['that knows another secret does not', 'of-somebody-else', 'no'],
  ] as const) {
    const relayed = test.extend<{ relay: Coturn }>({
      relay: async ({}, use) => {
        const relay = await Coturn.start();
        await use(relay);
        await relay.remove();
      },
      settings: async ({ relay }, use) => use({ STOA_TURN_URLS: relay.url, STOA_TURN_SECRET: secret }),
    });

    relayed(`admin: calls: a relay ${name}`, async ({ dana, relay }) => {
      await dana.open('/admin/calls');
      await expect(new Admin(dana.page).row('TURN')).toContainText(relay.url);
      await dana.page.getByRole('button', { name: 'Test a call' }).click();
      await expect(dana.page.getByRole('status')).toHaveText(`UDP: yes. TCP: not set up. TURN: ${said}.`, { timeout: 40_000 });
      await inOrder(dana.page);
    });
  }
});

test.describe('with pages for the whole world', () => {
  test.use({ settings: { STOA_PUBLIC_URL: 'http://talk.example', STOA_CALL_PUBLIC_IP: '127.0.0.1' } });

  test('admin: calls: an address that nobody outside reaches is warned of', async ({ dana }) => {
    const shown = await dana.context.request.get(`${dana.place.url}/admin/calls`);
    const text = await shown.text();
    expect(text).toContain('People outside this network cannot reach calls: set STOA_CALL_PUBLIC_IP');
    expect(text).toContain('as set by STOA_CALL_PUBLIC_IP');
  });
});

test.describe('with calls elsewhere', () => {
  test.use({ settings: { STOA_CALL_URL: 'https://meet.example/{page}' } });

  test('admin: calls: an outside provider is named, and there is nothing to test', async ({ dana }) => {
    await dana.open('/admin/calls');
    await expect(dana.page.getByText('Calls are made by meet.example')).toBeVisible();
    await expect(dana.page.getByRole('button', { name: 'Test a call' })).toHaveCount(0);
    await inOrder(dana.page);
  });
});
