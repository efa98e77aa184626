// What must hold on every page: no errors in its log, nothing axe calls serious, no word from outside
// the catalogue, nothing wider than the screen.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const GRAVE = new Set(['serious', 'critical']);

/** Collects what the page complains about; the answer tells it and starts anew. */
export function watchLog(page: Page): () => string[] {
  let complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return () => {
    const told = complaints;
    complaints = [];
    return told;
  };
}

/** No serious findings, with the rules of WCAG 2.2 AA and axe's own best practice. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations
    .filter(({ impact }) => GRAVE.has(impact ?? ''))
    .map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((n) => n.html).join('\n  ')}`);
  expect(grave, `axe on ${page.url()}`).toEqual([]);
}

export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wider, `${page.url()} is wider than the screen`).toBeLessThanOrEqual(0);
}

/** In the pseudo-language every word of the catalogue stands in ⟦…⟧; what does not, is from elsewhere. */
export async function expectOnlyCatalogueWords(page: Page): Promise<void> {
  const foreign = await page.evaluate(() => {
    const found: string[] = [];
    const hasWords = (text: string) =>
      /\p{L}{2,}/u.test(text.replace(/⟦(?:[^⟦⟧]|⟦[^⟦⟧]*⟧)*⟧/gu, ''));
    // Names, titles, dates and the server's own sentences are marked as not to be translated.
    const isData = (element: Element | null) => element?.closest('[translate=no]') != null;
    const note = (element: Element | null, text: string | null) => {
      if (text && hasWords(text) && !isData(element)) found.push(text.trim());
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!parent?.closest('noscript, script, style')) note(parent, node.textContent);
    }
    const spoken = ['aria-label', 'aria-valuetext', 'aria-description', 'placeholder', 'title', 'alt'];
    for (const element of document.body.querySelectorAll('*')) {
      for (const name of spoken) note(element, element.getAttribute(name));
    }
    note(null, document.title);
    return found;
  });
  expect(foreign, `words from outside the catalogue on ${page.url()}`).toEqual([]);
}
