import { Line } from '../fixtures/line.ts';
import { members } from '../fixtures/members.ts';
import type { Person } from '../fixtures/person.ts';
import { Beam } from '../pages/beam.ts';
import { expect, test } from '../fixtures/test.ts';

type Somebody = (name: string) => Promise<Person>;

/** Dana and Jon in a call, and what lies between Jon and it. */
async function call(dana: Person, somebody: Somebody) {
  const [garden, [jon]] = await members(dana, somebody, 'Jon Okafor');
  const line = await Line.of(jon!);
  const [hers, his] = [new Beam(dana.page), new Beam(jon!.page)];
  await hers.start();
  await his.start();
  await hers.expectMoving('Jon Okafor');
  await his.expectMoving('Dana Vos');
  expect(line.passed).toBeGreaterThan(0);
  return { garden, jon: jon!, line, hers, his };
}

for (const [percent, longest] of [[5, 1_000], [10, 2_000]] as const) {
  test(`beam 6: with ${percent} % of packets lost both ways the pictures go on`, async ({ dana, somebody }) => {
    const { line, hers, his } = await call(dana, somebody);
    line.loss = percent / 100;
    const pauses = await Promise.all([hers.longestPause('Jon Okafor', 12), his.longestPause('Dana Vos', 12)]);
    test.info().annotations.push({ type: 'longest pauses', description: `${pauses.map(Math.round).join(' and ')} ms` });
    for (const pause of pauses) expect(pause).toBeLessThan(longest);
    expect(line.lost / (line.lost + line.passed)).toBeGreaterThan(percent / 200);
  });
}

test('beam 6: on another network the same session goes on', async ({ dana, somebody }) => {
  const { jon, line, hers, his } = await call(dana, somebody);
  const rejoined: string[] = [];
  jon.page.on('request', (request) => void (request.url().endsWith('/api/call_join') && rejoined.push(request.url())));
  line.move();
  await jon.context.setOffline(true);
  await jon.context.setOffline(false);
  const start = Date.now();
  await Promise.all([hers.expectMoving('Jon Okafor'), his.expectMoving('Dana Vos')]);
  const took = Date.now() - start;
  test.info().annotations.push({ type: 'media again', description: `${took} ms after the network had changed` });
  expect(took).toBeLessThan(3_000);
  expect(rejoined).toEqual([]);
  await expect(hers.people).toHaveCount(2);
});

test('beam 6: whom the network leaves is shown as away, and comes back without a click', async ({ dana, somebody }) => {
  const { line, hers, his } = await call(dana, somebody);
  line.down = true;
  await expect(his.stage.getByText('Reconnecting…')).toBeVisible({ timeout: 15_000 });
  await expect(hers.tile('Jon Okafor')).toContainText('Connection lost, waiting…');
  // Until the restart of ICE has come to nothing.
  await his.page.waitForRequest((request) => request.url().endsWith('/api/call_join'), { timeout: 20_000 });
  line.down = false;
  await expect(his.stage.getByText('Reconnecting…')).toBeHidden({ timeout: 20_000 });
  await Promise.all([hers.expectMoving('Jon Okafor'), his.expectMoving('Dana Vos')]);
  await expect(hers.people).toHaveCount(2);
});

test('beam 6: after a restart in good order everybody is back without a click', async ({ dana, place, somebody }) => {
  const { hers, his } = await call(dana, somebody);
  await place.stop();
  await place.start();
  const start = Date.now();
  await Promise.all([hers.expectMoving('Jon Okafor', 20_000), his.expectMoving('Dana Vos', 20_000)]);
  test.info().annotations.push({ type: 'rejoin', description: `${Date.now() - start} ms after the server was back` });
  await expect(hers.people).toHaveCount(2);
  await expect(hers.stage.getByText('Reconnecting…')).toBeHidden();
});

test('beam 6: a sound that the browser holds back is let in by one button', async ({ dana, somebody }) => {
  const [, [jon]] = await members(dana, somebody, 'Jon Okafor');
  await dana.page.evaluate(() => {
    const play = HTMLMediaElement.prototype.play;
    let [held, clicked] = [true, false];
    addEventListener('click', (event) => (clicked ||= (event.target as Element).textContent === 'Turn on sound'), { capture: true });
    HTMLMediaElement.prototype.play = function () {
      held &&= !clicked;
      return this instanceof HTMLAudioElement && held ? Promise.reject(new DOMException('no', 'NotAllowedError')) : play.call(this);
    };
  });
  const [hers, his] = [new Beam(dana.page), new Beam(jon!.page)];
  await hers.start();
  await his.start();
  await hers.control('Turn on sound').click();
  await expect(hers.control('Turn on sound')).toBeHidden();
});

test('beam 4: who comes and goes twenty times costs the others no line', async ({ dana, somebody }) => {
  test.setTimeout(120_000);
  const [, [jon]] = await members(dana, somebody, 'Jon Okafor');
  await dana.page.evaluate(() => {
    const seen = window as unknown as { lines: () => number[] };
    const all: RTCPeerConnection[] = [];
    seen.lines = () => all.map((connection) => connection.getTransceivers().length);
    const before = RTCPeerConnection.prototype.setLocalDescription;
    RTCPeerConnection.prototype.setLocalDescription = function (...given: unknown[]) {
      all.push(this);
      return Reflect.apply(before, this, given);
    };
  });
  const lines = () => dana.page.evaluate(() => (window as unknown as { lines: () => number[] }).lines());
  const [hers, his] = [new Beam(dana.page), new Beam(jon!.page)];
  await hers.start();
  const before = await lines();
  expect(before).toHaveLength(1);
  for (let time = 0; time < 20; time += 1) {
    await his.start();
    await expect(hers.tile('Jon Okafor').locator('video')).toBeVisible();
    if (time % 5 === 4) await hers.expectMoving('Jon Okafor');
    await his.control('Leave').click();
    await expect(hers.people).toHaveCount(1);
  }
  expect(await lines()).toEqual(before);
});
