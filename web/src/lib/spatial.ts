// Arrow keys move between links and buttons as they lie on the screen: how a TV remote gets about.
// Where arrows mean something else (fields, sliders, radio buttons, players) they are left alone.

type Direction = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight';

const REACHABLE = 'a[href], button:not(:disabled), input, select, textarea, summary, [tabindex="0"]';
const OWN_ARROWS = 'input:not([type=checkbox]), select, textarea, [data-own-keys], [role=slider]';
/** Going sideways off the row costs more than going far along it. */
const OFF_AXIS_COST = 3;

const isDirection = (key: string): key is Direction => /^Arrow(Up|Down|Left|Right)$/.test(key);

/** How far a box lies in a direction; nothing when it does not lie there. */
function distance(from: DOMRect, to: DOMRect, direction: Direction): number | undefined {
  const vertical = direction === 'ArrowUp' || direction === 'ArrowDown';
  const gap = {
    ArrowUp: from.top - to.bottom,
    ArrowDown: to.top - from.bottom,
    ArrowLeft: from.left - to.right,
    ArrowRight: to.left - from.right,
  }[direction];
  if (gap < -8) return undefined;
  const aside = vertical
    ? Math.abs(from.left + from.width / 2 - (to.left + to.width / 2))
    : Math.abs(from.top + from.height / 2 - (to.top + to.height / 2));
  return Math.max(0, gap) + aside * OFF_AXIS_COST;
}

function nearest(from: Element, direction: Direction): HTMLElement | undefined {
  const scope = from.closest('dialog') ?? document;
  const start = from.getBoundingClientRect();
  let best: HTMLElement | undefined;
  let bestCost = Infinity;
  for (const element of scope.querySelectorAll<HTMLElement>(REACHABLE)) {
    if (element === from || !element.checkVisibility()) continue;
    const cost = distance(start, element.getBoundingClientRect(), direction);
    if (cost === undefined || cost >= bestCost) continue;
    best = element;
    bestCost = cost;
  }
  return best;
}

/** Starts listening; answers the function that stops it. */
export function startSpatial(): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || !isDirection(event.key)) return;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const from = document.activeElement;
    // Without a chosen place the arrows scroll the page, as everywhere.
    if (!from?.matches('a, button, summary, input[type=checkbox]')) return;
    if (from.closest(OWN_ARROWS)) return;
    const target = nearest(from, event.key);
    if (!target) return;
    event.preventDefault();
    target.focus();
    target.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  document.addEventListener('keydown', onKey);
  return () => document.removeEventListener('keydown', onKey);
}
