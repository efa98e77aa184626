// In the pseudo-language: what is asked of people, how they stand, and what they are told. States that
// take days or damage to come about are answered in the place of the server.
import { expect, test, type Page } from '@playwright/test';
import { Box } from './box.ts';
import { openBrowser, PHONE, type OwnBrowser } from './browser.ts';
import { expectNoSidewaysScroll, expectOnlyCatalogueWords } from './checks.ts';
import { addFolder, claim, openSetupFile, waitForIndex } from './person.ts';

test.describe.configure({ mode: 'serial' });

let box: Box;
let own: OwnBrowser;
let page: Page;
let me: Record<string, unknown>;

test.beforeAll(async () => {
  box = await Box.start();
  own = await openBrowser(box, 'trusts');
  page = await (await own.device(PHONE)).newPage();
  await page.goto(`${box.origin}/claim?pseudo=1`);
  await openSetupFile(page, box);
  await claim(page, box);
  await addFolder(page, box, 'Films');
  await waitForIndex(page, 'Films', 2);
  const answered = page.waitForResponse('**/api/v1/me');
  await page.goto(box.origin);
  me = (await (await answered).json()) as typeof me;
});

test.afterAll(async () => {
  await own.close();
  await box.stop();
});

test.afterEach(() => page.unrouteAll());

async function read(): Promise<void> {
  await expectOnlyCatalogueWords(page);
  // Longer words, as some languages have them, still fit.
  await expectNoSidewaysScroll(page);
}

async function open(path: string): Promise<void> {
  await page.goto(box.origin + path);
  await expect(page.getByRole('heading', { level: 1 })).toBeAttached();
  await expect(page.locator('.skeleton')).toHaveCount(0);
  await read();
}

/** Answers in the place of the server until the test ends. */
const answer = (path: string, json: object, status = 200) =>
  page.route(`**/api/v1/${path}`, (route) => route.fulfill({ status, json }));

const id = (n: number | string) => String(n).repeat(32).slice(0, 32);
const button = (name: string) => page.getByRole('button', { name });
const dialog = () => page.getByRole('dialog');
const STATES = ['ok', 'exempt', 'grace', 'blocked', 'never_signed_in'] as const;

const counts = { people: 5, ok: 1, exempt: 1, grace: 1, blocked: 1, never_signed_in: 1 };
const rule = { level: 'mfa', grace_days: 0, on: true, since_ms: 1 };
const view = {
  requirements: [
    { ...rule, id: 1, about: 'server', max_age_s: 5400 },
    { ...rule, id: 2, about: 'group', group_id: id(2), name: 'Neighbours', on: false },
    { ...rule, id: 3, about: 'library', library_id: id(3), name: 'Films', max_age_s: 7200 },
  ],
  unreadable: [7],
  grace_presets_days: [7, 14, 30],
  grace_max_days: 90,
  exemption_days: 180,
  exemption_max_days: 366,
  can_require: { mfa: 'recovery_codes_missing', mfa_phishing_resistant: 'name_not_trusted' },
  counts,
};
const groups = [
  { id: id(2), name: 'Neighbours', profiles_need_pin: true, members: 1, libraries: [id(3)], required: true },
  { id: id(4), name: 'Others', profiles_need_pin: false, members: 0, libraries: [], required: false },
];
const people = STATES.map((state, n) => ({
  user_id: id(n),
  name: `Person ${n}`,
  role: n === 4 ? 'administrator' : 'member',
  enabled: n !== 3,
  state,
  days_left: n === 1 || n === 2 ? n : undefined,
  level: 'mfa',
  factors: n === 0 ? ['totp', 'passkey', 'recovery'] : [],
  recovery_codes: n === 0 ? 9 : 0,
  groups: n === 0 ? [{ id: id(2), name: 'Neighbours' }] : [],
  requirements: n === 4 ? [] : [{ id: 1, state, days_left: 1, unreadable: n === 3 }, { id: 9, state }],
  last_seen_ms: 1,
  last_mfa_ms: n === 0 ? 1 : undefined,
  blocked_30d: n,
  last_blocked_ms: n === 3 ? 1 : undefined,
  reminders: n,
  last_reminded_ms: n === 2 ? 1 : undefined,
  legacy_tokens: n,
  one_time_code: n === 3,
}));

test('where an owner says what is asked', async () => {
  await answer('policy', view);
  await answer('groups', { groups });
  await open('/settings/policy');
  await button('Change').first().click();
  await read();
  await page.locator('input[value=mfa_phishing_resistant]').check();
  await read();
  await page.keyboard.press('Escape');
  await button('Ask a group').click();
  await read();
  await page.keyboard.press('Escape');
  await button('Switch off').first().click();
  await read();
  await page.unrouteAll();
  await answer('policy', { ...view, unreadable: [], can_require: { mfa: null, mfa_phishing_resistant: null } });
  const affected = STATES.map((state, n) => ({
    user_id: id(n), name: `Person ${n}`, role: 'administrator', before: { state }, after: { state, days_left: n },
    asked_again: n === 1, devices: n,
  }));
  await answer('policy/preview', { before: counts, after: { ...counts, ok: 0 }, changed: 300, asked_again: 1, devices: 2, affected });
  await open('/settings/policy');
  await button('Change').first().click();
  await button('See who is affected').click();
  await expect(dialog().getByRole('row')).toHaveCount(6);
  await read();
  await answer('policy/requirements', { code: 'own_factor_missing', detail: 'No.' }, 409);
  await button('Change it').click();
  await expect(dialog().getByRole('alert')).toContainText('No.');
  await read();
});

test('on the board, however somebody stands', async () => {
  await answer('policy', view);
  await answer('groups', { groups });
  await answer('policy/board*', { total: 120, counts, people });
  const day = { people: 5, enrolled: 1, asked: 3, asked_enrolled: 1 };
  await answer('policy/adoption*', { days: [{ ...day, day: '2026-01-01' }, { ...day, day: '2026-03-01' }] });
  await open('/settings/board');
  await page.getByText('The same in numbers').click();
  await read();
  for (const n of [2, 3, 4]) {
    await button(`Person ${n}`).click();
    await read();
    await page.keyboard.press('Escape');
  }
  for (const act of ['Give time', 'Exempt']) {
    await button('Person 2').click();
    await dialog().getByRole('button', { name: act }).click();
    await read();
    await page.keyboard.press('Escape');
    await expect(dialog().getByRole('heading', { name: 'Person 2', exact: true })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(dialog()).toHaveCount(0);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await expect(page.getByRole('row').nth(5)).toBeVisible();
  await read();
  await page.setViewportSize({ width: 390, height: 780 });
  await page.unrouteAll();
  await answer('policy/board*', { total: 0, counts, people: [] });
  await answer('policy/adoption*', { days: [] });
  await open('/settings/board');
});

test('in groups, exemptions and the log', async () => {
  await answer('policy', view);
  await answer('groups', { groups });
  await answer('groups/*/members', { members: [] });
  await open('/settings/groups');
  await button('Make a group').click();
  await read();
  await page.keyboard.press('Escape');
  await button('Members').first().click();
  await expect(dialog().getByRole('checkbox').first()).toBeVisible();
  await read();
  await page.keyboard.press('Escape');
  await button('Remove').first().click();
  await read();
  const exemption = { name: 'Person 1', reason: 'No phone', days: 180, created_ms: 1, over: false, void: false };
  const exemptions = [
    { ...exemption, id: id(1), user_id: id(1), days_left: 0 },
    { ...exemption, id: id(2), user_id: id(2), days_left: 7, requirement_id: 2 },
    { ...exemption, id: id(3), user_id: id(3), days_left: 0, over: true },
    { ...exemption, id: id(4), user_id: id(4), days_left: 7, void: true },
    { ...exemption, id: '05', user_id: id(5), reason: '', days: 0, days_left: 0, unreadable: true },
  ];
  await answer('policy/exemptions', { exemptions });
  await open('/settings/exemptions');
  await button('End').first().click();
  await read();
  const kinds = ['policy.required', 'decision.denied', 'of.tomorrow'];
  const detail = { user: id(1), reason: 'enrolment_required', times: 12, first_ms: 1, before: { level: 'mfa' } };
  const entries = kinds.map((kind, n) => ({ seq: 9 - n, at_ms: 1, trust: 'unknown', kind, detail }));
  await answer('audit?*', { entries, next: 5 });
  await open('/settings/log');
  await page.unrouteAll();
  await answer('audit?*', { entries: [] });
  await open('/settings/log');
});

test('to whoever is asked, on any kind of device', async () => {
  const asks = (state: string, more: object = {}) => {
    const requirement = { id: 1, about: 'server', level: 'mfa', state };
    return { owner: 'Maria', server: 'Home', state, level: 'mfa', requirements: [requirement], ...more };
  };
  const group = [{ id: 2, about: 'group', name: 'Neighbours', level: 'mfa', state: 'notice' }];
  const everything = [
    asks('notice', { days_left: 2, by_ms: 1 }),
    asks('notice', { days_left: 1, requirements: group }),
    asks('notice', { days_left: 0, by_ms: 1, level: 'mfa_phishing_resistant' }),
    asks('enrol', { after_deadline: true }),
    asks('enrol', { after_deadline: true, level: 'mfa_phishing_resistant' }),
    asks('step_up'),
    asks('exempt'),
  ];
  const session = me.session as object;
  const profile = { id: id('b'), name: 'Child' };
  for (const asked of [everything[0], everything[3], everything[5]]) {
    await answer('me', { ...me, asked, profile, has_profiles: true });
    await open('/');
    await page.unrouteAll();
  }
  for (const kind of ['web', 'tv']) {
    for (const asked of everything) {
      await answer('me', { ...me, asked, session: { ...session, kind } });
      await open('/');
      await page.unrouteAll();
    }
  }
  const library = { id: id('a'), name: 'Closed', kind: 'films', items: 0 };
  const scan = { state: 'idle', files_seen: 0, files_done: 0, problems: 0 };
  for (const by of ['step_up', 'enrol', 'another_way_in']) {
    await answer('libraries', { libraries: [{ ...library, scan, closed: { by, level: 'mfa' } }] });
    await open(`/library/${id('a')}`);
    await page.unrouteAll();
  }
});

/** From the notice to the first page of it. */
async function begin(): Promise<void> {
  await open('/');
  await page.getByRole('link', { name: 'Set it up' }).click();
  await expect(page.getByRole('heading', { name: 'A second factor' })).toBeVisible();
  await read();
}

test('on the way through enrolment', async () => {
  const asked = { owner: 'Maria', server: 'Home', state: 'notice', level: 'mfa', days_left: 2, requirements: [] };
  await open('/settings/enrol');
  await answer('me', { ...me, asked });
  await begin();
  await button('Set it up now').click();
  await expect(button('Use an app instead')).toBeVisible();
  await read();
  await button('Use an app instead').click();
  await expect(page.getByLabel('Code from the app')).toBeVisible();
  await read();
  await answer('factors/totp/confirm', {});
  await page.getByLabel('Code from the app').fill('123456');
  await button('Continue').click();
  await expect(page.getByRole('heading', { name: 'Your phone can say yes' })).toBeVisible();
  await read();
  await button('Continue').click();
  await expect(page.getByRole('heading', { name: 'It is set up' })).toBeVisible();
  await read();
  await answer('me', { ...me, asked: { ...asked, level: 'mfa_phishing_resistant' } });
  await answer('passkeys', { passkeys: [], possible_here: false, origin: box.origin, most: 10 });
  await open('/settings/enrol');
  await button('Set it up now').click();
  await expect(page.getByRole('heading', { name: 'A passkey is asked for' })).toBeVisible();
  await read();
  await page.unrouteAll();
  await answer('me', { ...me, asked });
  await answer('factors/totp', { code: 'enrolment_needs_code', detail: 'No.' }, 403);
  await begin();
  await button('Set it up now').click();
  await button('Use an app instead').click();
  await expect(page.getByRole('heading', { name: 'Ask for a code first' })).toBeVisible();
  await read();
});
