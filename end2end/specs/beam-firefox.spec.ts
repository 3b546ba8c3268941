// Three of Chromium and one of Firefox in one call.
import type { Page } from 'puppeteer-core';
import { open, test } from '../fixtures/firefox.ts';
import { members } from '../fixtures/members.ts';
import { expect } from '../fixtures/test.ts';
import { Beam } from '../pages/beam.ts';

/** What has come in so far: pictures of each line, and the sound of all. */
interface Received {
  frames: number[];
  energy: number;
}

async function collect(page: { evaluate(script: () => void): Promise<unknown> }): Promise<void> {
  await page.evaluate(() => {
    const seen = window as unknown as { connections: Set<RTCPeerConnection> };
    seen.connections = new Set();
    const before = RTCPeerConnection.prototype.setLocalDescription;
    RTCPeerConnection.prototype.setLocalDescription = function (...given: unknown[]) {
      seen.connections.add(this);
      return Reflect.apply(before, this, given);
    };
  });
}

async function received(page: { evaluate(script: () => Promise<Received>): Promise<Received> }): Promise<Received> {
  return page.evaluate(async () => {
    const { connections } = window as unknown as { connections: Set<RTCPeerConnection> };
    const got: { frames: number[]; energy: number } = { frames: [], energy: 0 };
    for (const connection of connections) {
      for (const report of (await connection.getStats()).values()) {
        if (report.type !== 'inbound-rtp') continue;
        if (report.kind === 'video' && report.framesDecoded > 0 && report.frameWidth > 0) got.frames.push(report.framesDecoded);
        if (report.kind === 'audio') got.energy += report.totalAudioEnergy ?? 0;
      }
    }
    return got;
  });
}

/** Presses the button of that name, of those that are visible. */
async function press(page: Page, name: string, within = 'body'): Promise<void> {
  const button = await page.waitForSelector(`${within} ::-p-aria([name="${name}"][role="button"])`, { visible: true });
  await button!.click();
}

test('beam: three of Chromium and one of Firefox see and hear each other', async ({ fox, dana, somebody }) => {
  test.setTimeout(120_000);
  const [garden, [jon, mila]] = await members(dana, somebody, 'Jon Okafor', 'Mila Lind');
  const rosa = await (await somebody('Rosa Eik')).join(await dana.invite(garden, 'rosa@example.org'));
  const hers = await open(fox, rosa, `/p/${garden.id}`);
  const pages = [dana.page, jon!.page, mila!.page];
  for (const page of pages) await collect(page);
  await collect(hers);
  for (const page of pages) await new Beam(page).start();
  await press(hers, 'Call');
  await press(hers, 'Join', 'dialog[open]');
  for (const page of pages) {
    await new Beam(page).expectMoving('Rosa Eik', 20_000);
    await expect(new Beam(page).people).toHaveCount(4);
  }
  for (const each of [() => received(dana.page), () => received(jon!.page), () => received(mila!.page), () => received(hers)]) {
    await expect.poll(async () => (await each()).frames.length, { timeout: 20_000 }).toBe(3);
    await expect.poll(async () => (await each()).energy, { timeout: 20_000 }).toBeGreaterThan(0);
    const before = (await each()).frames;
    await expect.poll(async () => (await each()).frames.every((count, line) => count > before[line]! + 3), { timeout: 20_000 }).toBe(true);
  }
});
