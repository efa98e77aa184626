// What must hold on every page: no errors in its log, nothing axe calls serious, no word from outside
// the catalogue, nothing wider than the screen.
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page } from '@playwright/test';

/** A common phone by day, and the narrowest by night: each word and button is there in both. */
const LOOKS = [
  { width: 390, colorScheme: 'light' },
  { width: 320, colorScheme: 'dark' },
] as const;

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

/** What holds for each page a person sees, on both phones. */
export async function look(page: Page): Promise<void> {
  const before = page.viewportSize();
  for (const { width, colorScheme } of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: before?.height ?? 780 });
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await expectControlsInside(page);
  }
  await page.emulateMedia({ colorScheme: null });
  if (before) await page.setViewportSize(before);
}

/** Nothing to press lies beside the screen; what does not scroll lies on it altogether. */
async function expectControlsInside(page: Page): Promise<void> {
  const outside = await page.evaluate(() => {
    const scrolls = (element: Element) =>
      /auto|scroll/.test(getComputedStyle(element).overflowY) && element.scrollHeight > element.clientHeight;
    const stands = (element: Element | null): boolean => {
      if (!element || scrolls(element)) return false;
      return getComputedStyle(element).position === 'fixed' || stands(element.parentElement);
    };
    const scope = document.querySelector('dialog[open]') ?? document.body;
    const controls = [...scope.querySelectorAll('button, input, select, summary')];
    return controls
      .filter((control) => {
        const { left, right, top, bottom, width } = control.getBoundingClientRect();
        if (width === 0 || !control.checkVisibility({ visibilityProperty: true })) return false;
        const beside = left < -1 || right > innerWidth + 1;
        return beside || (stands(control) && (top < -1 || bottom > innerHeight + 1));
      })
      .map((control) => control.outerHTML);
  });
  const { width } = page.viewportSize() ?? { width: 0 };
  expect(outside, `not on the screen of ${width} px: ${page.url()}`).toEqual([]);
}

/** The contrast of a text with what is really painted behind it, pixel by pixel. */
export async function contrastOf(text: Locator): Promise<number> {
  const colour = await text.evaluate((element: HTMLElement) => {
    const { color } = getComputedStyle(element);
    element.style.color = 'transparent';
    return color;
  });
  const behind = (await text.screenshot()).toString('base64');
  return text.evaluate(
    async (element: HTMLElement, [colour, behind]) => {
      element.style.color = '';
      const picture = new Image();
      picture.src = `data:image/png;base64,${behind}`;
      await picture.decode();
      const canvas = new OffscreenCanvas(picture.width, picture.height);
      const paper = canvas.getContext('2d', { willReadFrequently: true });
      if (!paper) throw new Error('no canvas');
      const luminances = () => {
        const { data } = paper.getImageData(0, 0, picture.width, picture.height);
        const linear = (byte = 0) => (byte <= 10 ? byte / 3294.6 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
        const found: number[] = [];
        for (let at = 0; at < data.length; at += 4) {
          const [r, g, b] = [linear(data[at]), linear(data[at + 1]), linear(data[at + 2])];
          found.push(0.2126 * r + 0.7152 * g + 0.0722 * b);
        }
        return found;
      };
      paper.drawImage(picture, 0, 0);
      const papers = luminances();
      paper.fillStyle = colour;
      paper.fillRect(0, 0, picture.width, picture.height);
      const [ink = 0] = luminances();
      const ratios = papers.map((one) => (Math.max(one, ink) + 0.05) / (Math.min(one, ink) + 0.05));
      return Math.min(...ratios);
    },
    [colour, behind] as const,
  );
}

/** Notes what the pages say about scans while these go on, from the next page on. */
export async function watchScans(page: Page): Promise<Set<string>> {
  const said = new Set<string>();
  await page.exposeFunction('noteScan', (words: string) => said.add(words));
  await page.addInitScript(() => {
    const { noteScan } = window as unknown as { noteScan: (words: string) => void };
    const note = () => {
      for (const facts of document.querySelectorAll<HTMLElement>('[data-scan] .facts')) {
        noteScan(facts.innerText);
      }
    };
    new MutationObserver(note).observe(document, { childList: true, subtree: true, characterData: true });
  });
  return said;
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
