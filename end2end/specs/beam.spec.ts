import { AxeBuilder } from '@axe-core/playwright';
import { members } from '../fixtures/members.ts';
import type { Person } from '../fixtures/person.ts';
import { Beam } from '../pages/beam.ts';
import { Room } from '../pages/room.ts';
import { expect, test } from '../fixtures/test.ts';

/** A tab somebody has touched, or one whose sound the browser holds back, and what it plays. */
async function aloud(person: Person, garden: string, touched = true) {
  const page = await person.newPage();
  if (!touched) await page.addInitScript(() => void (AudioContext.prototype.resume = () => new Promise(() => {})));
  await page.addInitScript(() => {
    const played: { context: AudioContext; analyser: AnalyserNode }[] = [];
    const connect = AudioNode.prototype.connect as (this: AudioNode, to: AudioNode) => AudioNode;
    AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode) {
      if (to instanceof AudioDestinationNode) {
        const analyser = new AnalyserNode(to.context, { fftSize: 2048 });
        connect.call(this, analyser);
        played.push({ context: to.context as AudioContext, analyser });
      }
      return connect.call(this, to);
    } as typeof AudioNode.prototype.connect;
    Object.assign(window, { played });
  });
  await person.open(`/p/${garden}`, page);
  const room = new Room(page);
  await expect(room.composer).toBeVisible();
  if (touched) await room.composer.click();
  type Played = { played: { context: AudioContext; analyser: AnalyserNode }[] };
  return {
    ringing: new Beam(page).ringing,
    /** How many tabs ring aloud or wait to. */
    asking: () =>
      page.evaluate(async () => {
        const { held, pending } = await navigator.locks.query();
        return [...held!, ...pending!].filter(({ name }) => name === 'stoa-ringing').length;
      }),
    /** Those that are not closed. */
    sounds: () => page.evaluate(() => (window as unknown as Played).played.filter(({ context }) => context.state !== 'closed').length),
    /** The loudest sample of some hundredths of a second. */
    loudness: () =>
      page.evaluate(() => {
        const samples = new Float32Array(2048);
        const loud = (window as unknown as Played).played.map(({ analyser }) => {
          analyser.getFloatTimeDomainData(samples);
          return Math.max(...samples.map(Math.abs));
        });
        return Math.max(0, ...loud);
      }),
  };
}

test('beam 1: a call is started, rings, is joined, and shows on every screen', async ({ dana, somebody }) => {
  const [, [jon, mila]] = await members(dana, somebody, 'Jon Okafor', 'Mila Lind');
  const [hers, his, milas] = [dana, jon!, mila!].map((person) => new Beam(person.page)) as [Beam, Beam, Beam];
  await hers.start();
  await expect(hers.people).toHaveCount(1);

  await expect(his.ringing).toContainText('Dana Vos calls');
  await expect(his.ringing).toContainText('Garden renovation');
  await expect(milas.ringing).toBeVisible();
  await milas.ringing.getByRole('button', { name: 'Not now' }).click();
  await expect(milas.ringing).toBeHidden();
  await expect(mila!.page.getByRole('link', { name: /Garden renovation/ })).toContainText('Call in progress, 1 person');

  await his.ringing.getByRole('button', { name: 'Join' }).click();
  await his.enter();
  await expect(his.ringing).toBeHidden();
  await hers.expectMoving('Jon Okafor');
  await his.expectMoving('Dana Vos');
  await expect(mila!.page.getByRole('link', { name: /Garden renovation/ })).toContainText('Call in progress, 2 people');

  await milas.start();
  for (const beam of [hers, his, milas]) await expect(beam.people).toHaveCount(3);
  await milas.expectMoving('Jon Okafor');
  await hers.expectMoving('Mila Lind');
});

test('beam 1: who comes while the answer to oneself is on its way is seen and heard of', async ({ dana, somebody }) => {
  const [, [jon, mila]] = await members(dana, somebody, 'Jon Okafor', 'Mila Lind');
  const [hers, his, milas] = [dana, jon!, mila!].map((person) => new Beam(person.page)) as [Beam, Beam, Beam];
  await hers.start();
  await jon!.page.route('**/api/call_join', async (route) => {
    const answer = await route.fetch();
    await milas.start();
    await expect(hers.people).toHaveCount(3);
    await route.fulfill({ response: answer });
  });
  await his.start();
  await expect(his.people).toHaveCount(3);
  await his.expectMoving('Dana Vos');
  await his.expectMoving('Mila Lind');
});

test('beam 1: ringing stops when it is answered on another device, and when the call ends', async ({ dana, somebody }) => {
  const [garden, [jon]] = await members(dana, somebody, 'Jon Okafor');
  const other = await jon!.newPage();
  await jon!.open(`/p/${garden.id}`, other);
  const [hers, his, second] = [new Beam(dana.page), new Beam(jon!.page), new Beam(other)];
  await hers.start();
  await expect(his.ringing).toBeVisible();
  await expect(second.ringing).toBeVisible();
  await his.ringing.getByRole('button', { name: 'Join' }).click();
  await his.enter();
  await expect(second.ringing).toBeHidden();
  await his.control('Leave').click();
  await hers.control('Leave').click();
  await expect(dana.page.getByRole('link', { name: /Garden renovation/ })).not.toContainText('Call in progress');

  await hers.start();
  await expect(second.ringing).toBeVisible();
  await hers.control('Leave').click();
  await expect(second.ringing).toBeHidden();
});

test('beam 1: it rings aloud in one tab, until something is decided in any', async ({ dana, somebody }) => {
  const [garden, [jon]] = await members(dana, somebody, 'Jon Okafor');
  await jon!.page.goto('about:blank');
  const silent = await aloud(jon!, garden.id, false);
  const first = await aloud(jon!, garden.id);
  const second = await aloud(jon!, garden.id);
  const hers = new Beam(dana.page);
  await hers.start();
  for (const tab of [silent, first, second]) await expect(tab.ringing).toBeVisible();
  await expect.poll(() => silent.asking()).toBe(2);
  const sounding = async () => (await Promise.all([first, second].map((tab) => tab.loudness()))).filter((level) => level > 0.01);
  await expect.poll(async () => (await sounding()).length).toBe(1);
  expect((await first.sounds()) + (await second.sounds())).toBe(1);
  // The page that may not sound takes nothing from those that may.
  expect(await silent.sounds()).toBe(0);
  expect(await silent.asking()).toBe(2);

  const expectQuiet = async () => {
    for (const tab of [first, second]) {
      await expect(tab.ringing).toBeHidden();
      await expect.poll(() => tab.sounds()).toBe(0);
    }
  };
  await first.ringing.getByRole('button', { name: 'Not now' }).click();
  await expectQuiet();

  await hers.control('Leave').click();
  await hers.start();
  await expect(first.ringing).toBeVisible();
  await second.ringing.getByRole('button', { name: 'Join' }).click();
  await expectQuiet();
});

test('beam 2: the preview shows the camera, offers devices and a level, and one may join muted and unseen', async ({ dana, somebody }) => {
  const [, [jon]] = await members(dana, somebody, 'Jon Okafor');
  const [hers, his] = [new Beam(dana.page), new Beam(jon!.page)];
  await hers.call.click();
  await expect(hers.preview).toBeVisible();
  await expect(hers.preview.getByLabel('Your camera')).toBeVisible();
  await expect(hers.preview.getByLabel('Camera', { exact: true }).locator('option').first()).toContainText(/fake/i);
  await expect(hers.preview.getByLabel('Microphone', { exact: true })).toBeEnabled();
  const meter = hers.preview.getByLabel('Microphone level');
  await expect.poll(() => meter.evaluate((meter: HTMLMeterElement) => meter.value)).toBeGreaterThan(0.1);
  const { violations } = await new AxeBuilder({ page: dana.page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);

  await dana.page.keyboard.press('Escape');
  await expect(hers.preview).toBeHidden();
  await expect(hers.call).toBeFocused();

  await hers.call.click();
  await hers.preview.getByRole('button', { name: 'Join muted' }).click();
  await expect(hers.preview.getByLabel('Your camera')).toBeVisible();
  await hers.preview.getByRole('button', { name: 'Join without camera' }).click();
  await hers.enter();
  await expect(hers.control('Mute')).toHaveAttribute('aria-pressed', 'true');
  await expect(hers.control('Camera')).toHaveAttribute('aria-pressed', 'false');
  await his.start();
  await expect(his.tile('Dana Vos, muted')).toBeVisible();
  await expect(his.tile('Dana Vos').locator('video')).toBeHidden();
});

test('beam 2: devices that take their time are waited for, and come later where they take longer', async ({ dana, somebody }) => {
  const [, [jon, mila]] = await members(dana, somebody, 'Jon Okafor', 'Mila Lind');
  for (const [person, millis] of [[dana, 1_000], [mila!, 8_000]] as const) {
    await person.page.evaluate((millis) => {
      const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        await new Promise((resolve) => setTimeout(resolve, millis));
        return open(wanted);
      };
    }, millis);
  }
  const [hers, his, milas] = [dana, jon!, mila!].map((person) => new Beam(person.page)) as [Beam, Beam, Beam];
  await his.start();
  await hers.start();
  await expect(hers.control('Mute')).toHaveAttribute('aria-pressed', 'false');
  await his.expectMoving('Dana Vos');

  await milas.start();
  await expect(milas.control('Mute')).toHaveAttribute('aria-pressed', 'true');
  await his.expectMoving('Mila Lind', 20_000);
  await milas.control('Mute').click();
  await expect(milas.control('Mute')).toHaveAttribute('aria-pressed', 'false');
  await expect(his.tile('Mila Lind, muted')).toBeHidden();
});

test('beam 3: tiles fit without scrolling, and axe finds nothing', async ({ dana, somebody }) => {
  const [, [jon]] = await members(dana, somebody, 'Jon Okafor');
  const hers = new Beam(dana.page);
  await hers.start();
  await new Beam(jon!.page).start();
  await hers.expectMoving('Jon Okafor');
  for (const viewport of [
    { width: 1360, height: 860 },
    { width: 820, height: 900 },
    { width: 390, height: 780 },
    { width: 320, height: 560 },
  ]) {
    await dana.page.setViewportSize(viewport);
    for (const tile of await hers.people.all()) await expect(tile).toBeInViewport({ ratio: 0.99 });
    await expect(hers.control('Leave')).toBeInViewport({ ratio: 0.99 });
    const sideways = await dana.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(sideways, `at ${viewport.width}`).toBe(0);
    const { violations } = await new AxeBuilder({ page: dana.page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), `at ${viewport.width}`).toEqual([]);
  }
});

test('beam 4: mute, camera, screen and hand are state that all see, and nothing is negotiated again', async ({ dana, somebody }) => {
  const [, [jon]] = await members(dana, somebody, 'Jon Okafor');
  for (const person of [dana, jon!]) await countDescriptions(person);
  const [hers, his] = [new Beam(dana.page), new Beam(jon!.page)];
  await hers.start();
  await his.start();
  await his.expectMoving('Dana Vos');

  const mute = hers.control('Mute');
  await expect(mute).toHaveAttribute('aria-pressed', 'false');
  await mute.click();
  await expect(mute).toHaveAttribute('aria-pressed', 'true');
  await expect(dana.page.getByRole('status').filter({ hasText: 'You are muted' })).toBeAttached();
  await expect(his.tile('Dana Vos, muted')).toBeVisible();
  await mute.click();
  await expect(his.tile('Dana Vos, muted')).toBeHidden();

  await hers.control('Camera').click();
  await expect(his.tile('Dana Vos').locator('video')).toBeHidden();
  await hers.control('Camera').click();
  await his.expectMoving('Dana Vos');

  await hers.control('Raise hand').click();
  await expect(hers.control('Raise hand')).toHaveAttribute('aria-pressed', 'true');
  await expect(his.tile('Dana Vos, hand raised')).toBeVisible();

  await hers.control('Share screen').click();
  await expect(hers.control('Share screen')).toHaveAttribute('aria-pressed', 'true');
  await his.expectMoving('Dana Vos’s screen', 20_000);
  await hers.control('Share screen').click();
  await expect(his.tile('Dana Vos’s screen')).toBeHidden();

  await hers.control('Devices').click();
  const devices = dana.page.getByRole('dialog', { name: 'Devices' });
  await devices.getByLabel('Microphone', { exact: true }).selectOption({ index: 1 });
  await dana.page.keyboard.press('Escape');
  await expect(hers.control('Devices')).toBeFocused();
  await his.expectMoving('Dana Vos');
  expect(await descriptions(dana)).toBe(1);
  expect(await descriptions(jon!)).toBe(1);
});

test('beam 5: the chat stays beside the call, and another page keeps it in a small window', async ({ dana, somebody }) => {
  const [garden, [jon]] = await members(dana, somebody, 'Jon Okafor');
  await dana.createPage('Choir board');
  await dana.open(`/p/${garden.id}`);
  const [hers, his] = [new Beam(dana.page), new Beam(jon!.page)];
  await hers.start();
  await his.start();
  await new Room(dana.page).say('Said beside the call.');
  await expect(new Room(jon!.page).said('Said beside the call.')).toBeVisible();

  await dana.page.getByRole('link', { name: /Choir board/ }).click();
  await expect(new Room(dana.page).heading('Choir board')).toBeVisible();
  await expect(hers.stage).toBeVisible();
  await hers.expectMoving('Jon Okafor');
  await expect(his.people).toHaveCount(2);
  await hers.stage.getByRole('link', { name: 'Back to the call' }).click();
  await expect(new Room(dana.page).heading('Garden renovation')).toBeVisible();
  await hers.stage.getByRole('button', { name: 'Make the call small' }).click();
  await hers.stage.getByRole('link', { name: 'Back to the call' }).click();
  await expect(hers.people).toHaveCount(2);
});

test('beam 5: closing the tab leaves at once', async ({ dana, somebody }) => {
  const [garden] = await members(dana, somebody, 'Jon Okafor');
  const tab = await dana.newPage();
  await dana.open(`/p/${garden.id}`, tab);
  const second = new Beam(tab);
  await new Beam(dana.page).start();
  await second.start();
  await expect(new Beam(dana.page).people).toHaveCount(2);
  await tab.close();
  await expect(new Beam(dana.page).people).toHaveCount(1, { timeout: 2_000 });
});

test('beam 6: after a restart of the server the call goes on without a click', async ({ dana, place, somebody }) => {
  const [, [jon]] = await members(dana, somebody, 'Jon Okafor');
  const [hers, his] = [new Beam(dana.page), new Beam(jon!.page)];
  await hers.start();
  await his.start();
  await hers.expectMoving('Jon Okafor');
  await place.kill();
  await place.start();
  const start = Date.now();
  await expect(async () => {
    await hers.expectMoving('Jon Okafor', 1_000);
    await his.expectMoving('Dana Vos', 1_000);
  }).toPass({ timeout: 30_000 });
  test.info().annotations.push({ type: 'rejoin', description: `${Date.now() - start} ms after the server was back` });
  await expect(hers.stage.getByText('Reconnecting…')).toBeHidden();
});

test('beam 7: a refused permission says how to grant it, and one can join all the same', async ({ dana, somebody }) => {
  const [, [jon]] = await members(dana, somebody, 'Jon Okafor');
  await dana.page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  const [hers, his] = [new Beam(dana.page), new Beam(jon!.page)];
  await hers.call.click();
  await expect(hers.preview).toContainText('This page may not use the camera. Click the sign to the left of the address');
  await expect(hers.preview).toContainText('This page may not use the microphone.');
  await hers.enter();
  await expect(hers.control('Mute')).toHaveAttribute('aria-pressed', 'true');
  await his.start();
  await hers.expectMoving('Jon Okafor');
});

test('beam 7: the same person on two devices is two tiles', async ({ dana, somebody }) => {
  const [garden] = await members(dana, somebody);
  const tab = await dana.newPage();
  await dana.open(`/p/${garden.id}`, tab);
  await new Beam(dana.page).start();
  await new Beam(tab).start();
  await expect(new Beam(dana.page).people).toHaveCount(2);
  await expect(new Beam(dana.page).tile('Dana Vos')).toBeVisible();
});

test('beam 8: an admin mutes and removes; the log keeps that there was a call', async ({ dana, somebody }) => {
  const [, [jon]] = await members(dana, somebody, 'Jon Okafor');
  const [hers, his] = [new Beam(dana.page), new Beam(jon!.page)];
  await hers.start();
  await his.start();
  await expect(his.control('Mute')).toHaveAttribute('aria-pressed', 'false');
  const actions = hers.tile('Jon Okafor').getByLabel('Actions for Jon Okafor');
  await actions.click();
  await hers.tile('Jon Okafor').getByRole('button', { name: 'Mute Jon Okafor' }).click();
  await expect(his.control('Mute')).toHaveAttribute('aria-pressed', 'true');
  await expect(jon!.page.getByText('An admin has muted you.')).toBeVisible();
  await expect(his.tile('Dana Vos').getByLabel(/^Actions/)).toHaveCount(0);

  await actions.click();
  await hers.tile('Jon Okafor').getByRole('button', { name: 'Remove from the call' }).click();
  await expect(his.stage).toBeHidden();
  await expect(jon!.page.getByText('You were removed from the call.')).toBeVisible();
  await expect(hers.people).toHaveCount(1);
  await hers.control('Leave').click();
  await expect(new Room(jon!.page).said('Call, less than a minute, 2 people')).toBeVisible();
});

test.describe('with another provider', () => {
  test.use({ settings: { STOA_CALL_URL: 'https://meet.example/{page}?name={name}' } });

  test('beam 9: the frame opens in the same place', async ({ dana, somebody }) => {
    const [garden] = await members(dana, somebody);
    const beam = new Beam(dana.page);
    await dana.page.route('https://meet.example/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: `<title>Meet</title><h1>${route.request().url()}</h1>` }),
    );
    await beam.call.click();
    const frame = dana.page.frameLocator('iframe[title="Call"]');
    await expect(frame.getByRole('heading')).toHaveText(`https://meet.example/${garden.id}?name=Dana%20Vos`);
    await beam.control('Leave').click();
    await expect(beam.stage).toBeHidden();
  });
});

async function countDescriptions(person: Person): Promise<void> {
  await person.page.evaluate(() => {
    const counted = window as unknown as { offers: number };
    counted.offers = 0;
    const before = RTCPeerConnection.prototype.setLocalDescription;
    RTCPeerConnection.prototype.setLocalDescription = function (...given: unknown[]) {
      counted.offers += 1;
      return Reflect.apply(before, this, given);
    };
  });
}

async function descriptions(person: Person): Promise<number> {
  return person.page.evaluate(() => (window as unknown as { offers: number }).offers);
}
