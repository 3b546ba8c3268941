// What an admin of the place works with: the lists of pages, people, invitations and mail.
import { expect, type Locator, type Page } from '@playwright/test';

export class Admin {
  constructor(readonly page: Page) {}

  /** The row of a table that holds this text. */
  row(text: string): Locator {
    return this.page.getByRole('row').filter({ hasText: text });
  }

  async createPage(name: string, about = ''): Promise<void> {
    await this.page.getByRole('button', { name: 'New page' }).first().click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByLabel('Page name').fill(name);
    if (about) await dialog.getByLabel('About').fill(about);
    await dialog.getByRole('button', { name: 'Create page' }).click();
    await expect(this.page).toHaveURL(/\/p\/[0-9a-f-]{36}$/);
  }

  async invite(addresses: string, note = ''): Promise<void> {
    await this.page.getByRole('button', { name: 'Invite people' }).first().click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByLabel('Email addresses').fill(addresses);
    if (note) await dialog.getByLabel('Note').fill(note);
    await dialog.getByRole('button', { name: 'Send invitations' }).click();
    await expect(dialog.getByRole('status')).toContainText('Invited:');
    await this.page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  }
}
