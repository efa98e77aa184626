// How what is asked, and how somebody stands, is said; the same on every page.
import type { Asked, Level, PolicyView, Problem, Requirement, Standing, Wish } from '../../api';
import { t, type Word } from '../../words';

/** "3 days left", "Kept out". */
export function standing({ state, days_left }: Standing): string {
  if (state === 'grace' && days_left !== undefined) return t('standing.graceLeft', { n: days_left });
  if (state === 'exempt' && days_left !== undefined) return t('standing.exemptLeft', { n: days_left });
  return t(`standing.${state}`);
}

type Named = Pick<Requirement, 'about' | 'name'> | Pick<Asked['requirements'][number], 'about' | 'name'>;

/** What a requirement is about. */
export function about(one: Named): string {
  if (one.about === 'server') return t('policy.ofServer');
  return t(one.about === 'group' ? 'policy.ofGroup' : 'policy.ofLibrary', { name: one.name ?? '' });
}

/** What the requirement of this number is about, as far as it is known. */
export function aboutId(view: PolicyView | undefined, id: number | undefined): string {
  if (id === undefined) return t('policy.everything');
  const known = view?.requirements.find((one) => one.id === id);
  return known ? about(known) : t('policy.ofOld');
}

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

/** How often a factor is shown again. */
export function age(seconds: number | undefined): string {
  if (seconds === undefined) return t('policy.age.never');
  if (seconds % DAY_S === 0) return t('policy.age.days', { n: seconds / DAY_S });
  if (seconds % HOUR_S === 0) return t('policy.age.hours', { n: seconds / HOUR_S });
  return t('policy.age.minutes', { n: Math.round(seconds / 60) });
}

/** Lengths to choose from. */
export const AGES = [HOUR_S, 12 * HOUR_S, DAY_S, 7 * DAY_S, 30 * DAY_S, 90 * DAY_S] as const;

const KNOWN: Record<string, Word> = {
  own_factor_missing: 'policy.cannot.own_factor_missing',
  recovery_codes_missing: 'policy.cannot.recovery_codes_missing',
  name_not_trusted: 'policy.cannot.name_not_trusted',
};

/** Why the owner cannot ask for this level, in words; nothing where they can. */
export function cannot(view: PolicyView, level: Level): string | undefined {
  const code = view.can_require[level];
  if (code === null) return undefined;
  const word = KNOWN[code];
  return word === undefined ? code : t(word as 'policy.cannot.own_factor_missing');
}

/** Whether something about the owner's own account is missing, which they can put right themselves. */
export const isOwn = (code: string | null | undefined) => code != null && code in KNOWN;

export const isOwnProblem = (problem: Problem | undefined) => isOwn(problem?.code);

/** The wish that sets a requirement anew as it is. */
export function wishOf(one: Requirement): Wish {
  const { about: what, group_id, library_id, level, grace_days, max_age_s } = one;
  return {
    about: what,
    ...(group_id === undefined ? {} : { group_id }),
    ...(library_id === undefined ? {} : { library_id }),
    level,
    grace_days,
    ...(max_age_s === undefined ? {} : { max_age_s }),
  };
}
