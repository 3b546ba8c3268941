// Images of a page of Stoa: the tray over the field, albums in bubbles, the lightbox.
import { expect, type Locator, type Page } from '@playwright/test';
import type { Picture } from '../fixtures/picture.ts';

export class Images {
  constructor(readonly page: Page) {}

  get tray(): Locator {
    return this.page.getByRole('list', { name: 'Images to send' }).getByRole('listitem');
  }

  /** In bubbles. */
  get shown(): Locator {
    return this.page.getByRole('log', { name: 'Messages' }).getByRole('link').filter({ has: this.page.getByRole('img') });
  }

  get lightbox(): Locator {
    return this.page.getByRole('dialog', { name: /^Image/ });
  }

  async pick(...pictures: Picture[]): Promise<void> {
    const choosing = this.page.waitForEvent('filechooser');
    await this.page.getByRole('button', { name: 'Attach images' }).click();
    await (await choosing).setFiles(pictures);
  }

  /** Drops files on the conversation, as from a folder. */
  async drop(...pictures: Picture[]): Promise<void> {
    const data = await this.transfer(pictures);
    const main = this.page.getByRole('main');
    await main.dispatchEvent('dragover', { dataTransfer: data });
    await main.dispatchEvent('drop', { dataTransfer: data });
  }

  async paste(...pictures: Picture[]): Promise<void> {
    const data = await this.transfer(pictures);
    await this.page
      .getByRole('textbox', { name: 'Message', exact: true })
      .evaluate((field, data) => field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })), data);
  }

  async send(): Promise<void> {
    await this.page.getByRole('button', { name: 'Send', exact: true }).click();
  }

  /** All of them are there, and decoded. */
  async expectLoaded(count: number): Promise<void> {
    await expect(this.shown).toHaveCount(count);
    await expect(async () => {
      const loaded = await this.shown.locator('img.sharp').evaluateAll((all) => all.map((image) => (image as HTMLImageElement).complete && (image as HTMLImageElement).naturalWidth > 0));
      expect(loaded).toEqual(Array.from({ length: count }, () => true));
    }).toPass({ timeout: 15_000 });
  }

  async transfer(pictures: Picture[]) {
    const files = pictures.map(({ name, mimeType, buffer }) => ({ name, mimeType, data: buffer.toString('base64') }));
    return this.page.evaluateHandle((files) => {
      const transfer = new DataTransfer();
      for (const { name, mimeType, data } of files) {
        const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: mimeType }));
      }
      return transfer;
    }, files);
  }
}
