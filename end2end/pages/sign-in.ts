// Coming back: by the link in a mail, or by its code.
import type { Page } from '@playwright/test';

export class SignIn {
  constructor(readonly page: Page) {}

  async ask(email: string): Promise<void> {
    await this.page.goto('/sign-in?anew');
    await this.page.getByLabel('Email', { exact: true }).fill(email);
    await this.page.getByRole('button', { name: 'Send me a link' }).click();
  }

  async enterCode(code: string): Promise<void> {
    await this.page.getByLabel('Code').fill(code);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }
}
