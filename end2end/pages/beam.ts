// Calls of a page of Stoa: the preview, the stage or the small window, its buttons, and what rings.
import { expect, type Locator, type Page } from '@playwright/test';

export class Beam {
  constructor(readonly page: Page) {}

  get call(): Locator {
    return this.page.getByRole('button', { name: 'Call', exact: true });
  }

  get preview(): Locator {
    return this.page.getByRole('dialog', { name: /^Call on/ });
  }

  get stage(): Locator {
    return this.page.getByRole('region', { name: /^Call on/ });
  }

  get list(): Locator {
    return this.stage.getByRole('list', { name: 'People in the call' });
  }

  get people(): Locator {
    return this.list.getByRole('listitem');
  }

  /** From one page of tiles to the next. */
  get turn(): Locator {
    return this.stage.getByRole('navigation', { name: 'Pages of people' });
  }

  get ringing(): Locator {
    return this.page.getByRole('dialog', { name: /calls$/ });
  }

  tile(name: string | RegExp): Locator {
    return this.people.filter({ hasText: name });
  }

  control(name: string): Locator {
    return this.stage.getByRole('button', { name, exact: true });
  }

  /** From a page that is open to its stage. */
  async start(): Promise<void> {
    await this.call.click();
    await this.enter();
  }

  /** From the preview to the stage. */
  async enter(): Promise<void> {
    await this.preview.getByRole('button', { name: 'Join', exact: true }).click();
    await expect(this.stage).toBeVisible();
    await expect(this.tile('You')).toBeVisible();
  }

  /** Pictures of this tile that were shown so far. */
  async frames(name: string | RegExp): Promise<number> {
    const video = this.tile(name).locator('video');
    return video.evaluate((element: HTMLVideoElement) => element.getVideoPlaybackQuality().totalVideoFrames);
  }

  /** Moving pictures arrive. */
  async expectMoving(name: string | RegExp, timeout = 10_000): Promise<void> {
    await expect(this.tile(name).locator('video')).toBeVisible({ timeout });
    const before = await this.frames(name);
    await expect.poll(() => this.frames(name), { timeout, intervals: [100] }).toBeGreaterThan(before + 3);
  }

  /** The longest time (milliseconds) in which this tile showed no new picture, of the next `seconds`. */
  async longestPause(name: string | RegExp, seconds: number): Promise<number> {
    const video = this.tile(name).locator('video');
    return video.evaluate(
      (element: HTMLVideoElement, seconds) =>
        new Promise<number>((resolve) => {
          const start = performance.now();
          let [last, longest] = [start, 0];
          const shown = () => {
            const now = performance.now();
            longest = Math.max(longest, now - last);
            last = now;
            element.requestVideoFrameCallback(shown);
          };
          element.requestVideoFrameCallback(shown);
          setTimeout(() => resolve(Math.max(longest, performance.now() - last)), seconds * 1_000);
        }),
      seconds,
    );
  }
}
