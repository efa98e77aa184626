// The question for a factor, answered by a code of the authenticator.
import { expect, type Page } from '@playwright/test';
import type { Box } from './box.ts';
import { totp } from './totp.ts';

/** Shows it, whatever asked; the box refuses one code twice, so time goes by first. */
export async function showFactor(on: Page, box: Box, secret: string): Promise<void> {
  const dialog = on.getByRole('dialog', { name: 'Is it still you?' });
  await expect(dialog).toBeVisible();
  await box.pass(60);
  await dialog.getByLabel('Code from the app').fill(totp(secret, box.now()));
  await dialog.getByRole('button', { name: 'Go on' }).click();
  await expect(dialog).toBeHidden();
}
