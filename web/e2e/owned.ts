// A box that has an owner already, and the owner's phone: where most tests begin.
import type { BrowserContext, Page } from '@playwright/test';
import { Box } from './box.ts';
import { openBrowser, PHONE, type OwnBrowser } from './browser.ts';
import { addFolder, claim, openSetupFile, waitForIndex, type Keys } from './person.ts';

export interface Owned {
  box: Box;
  own: OwnBrowser;
  phone: BrowserContext;
  page: Page;
  keys: Keys;
  close: () => Promise<void>;
}

/** Starts a box, claims it and adds folders, each with the number of items it shows. */
export async function ownedBox(folders: Record<string, number>, media?: string): Promise<Owned> {
  const box = await Box.start(media);
  const own = await openBrowser(box, 'trusts');
  const phone = await own.device(PHONE);
  const page = await phone.newPage();
  await openSetupFile(page, box);
  const keys = await claim(page, box);
  for (const [folder, items] of Object.entries(folders)) {
    await addFolder(page, box, folder);
    await waitForIndex(page, folder, items);
  }
  const close = async () => {
    await own.close();
    await box.stop();
  };
  return { box, own, phone, page, keys, close };
}
