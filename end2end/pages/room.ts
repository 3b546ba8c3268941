// A page of Stoa as a member sees it.
import { expect, type Locator, type Page } from '@playwright/test';

export class Room {
  constructor(readonly page: Page) {}

  get log(): Locator {
    return this.page.getByRole('log', { name: 'Messages' });
  }

  get articles(): Locator {
    return this.log.getByRole('article');
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  get jump(): Locator {
    return this.page.getByRole('button', { name: /Jump to latest/ });
  }

  heading(name: string): Locator {
    return this.page.getByRole('heading', { name, exact: true, level: 1 });
  }

  message(body: string): Locator {
    return this.articles.filter({ hasText: body });
  }

  /** The one message that says exactly this, whatever quotes it. */
  said(body: string): Locator {
    return this.articles.filter({ has: this.page.locator('.text', { hasText: body }) });
  }

  /** Opens the menu of a message and chooses from it. */
  async act(body: string, action: string | RegExp): Promise<void> {
    await this.said(body).hover();
    await this.said(body).getByRole('button', { name: 'Actions' }).click();
    await this.page.getByRole('dialog', { name: 'Message actions' }).getByRole('button', { name: action }).click();
  }

  async say(body: string): Promise<void> {
    await this.composer.fill(body);
    await this.composer.press('Enter');
  }

  /** What stands there, in order, once each. */
  async expectInOrder(bodies: string[]): Promise<void> {
    await expect(async () => {
      const texts = await this.articles.allInnerTexts();
      const seen = texts.flatMap((text) => bodies.filter((body) => text.split(/\s*\n\s*/).includes(body)));
      expect(seen).toEqual(bodies);
    }).toPass({ timeout: 15_000 });
  }
}
