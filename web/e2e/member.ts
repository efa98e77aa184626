// Somebody beside the owner, for tests that are not about inviting people.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Page } from '@playwright/test';

export const MEMBER = 'Sam';

/** Puts a member with the owner's password into the database: inviting people comes later. */
export function addMember(dataDir: string): void {
  const script = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20)
account, user = bytes([7] * 16), bytes([8] * 16)
db.execute("INSERT INTO account (id, login, name, password_hash, created_ms)"
           " SELECT ?, lower(?2), ?2, password_hash, created_ms FROM account", (account, sys.argv[2]))
db.execute("INSERT INTO user (id, issuer_id, sub, account_id, name, role, created_ms)"
           " SELECT ?, issuer_id, ?, ?, ?, 'member', created_ms FROM user",
           (user, account.hex(), account, sys.argv[2]))
db.commit()
`;
  execFileSync('python3', ['-c', script, join(dataDir, 'accounts.db'), MEMBER]);
}

export async function nameOneself(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.locator('input[name=password]').fill(password);
  await page.locator('button.primary').click();
}
