// The form of a first start.
import type { Page } from '@playwright/test';

export class SetUp {
  constructor(readonly page: Page) {}

  async fill(place: string, name: string, email: string): Promise<void> {
    await this.page.getByLabel('Name of this place').fill(place);
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByLabel('Email').fill(email);
    await this.page.getByRole('button', { name: 'Set up' }).click();
  }
}
