// What an invited person sees behind the link.
import type { Locator, Page } from '@playwright/test';

export class Invitation {
  constructor(readonly page: Page) {}

  heading(name: string): Locator {
    return this.page.getByRole('heading', { name, exact: true });
  }

  get name(): Locator {
    return this.page.getByLabel('Your name');
  }

  get email(): Locator {
    return this.page.getByLabel('Email', { exact: true });
  }

  get joinButton(): Locator {
    return this.page.getByRole('button', { name: 'Join the page' });
  }

  get askForNewLink(): Locator {
    return this.page.getByRole('button', { name: 'Ask for a new link' });
  }

  async join(name: string): Promise<void> {
    await this.name.fill(name);
    await this.joinButton.click();
  }
}
