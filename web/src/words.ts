// Every word of the app, in one place: here the pages' catalogues come together. Nothing else in
// web/src holds text for people.
// An entry with forms is chosen by the number `n`, by the language's own plural rules.
import { LOCALE, PSEUDO } from './lib/locale';
import { account } from './words/account';
import { asked } from './words/asked';
import { audit } from './words/audit';
import { backup } from './words/backup';
import { claim } from './words/claim';
import { devices } from './words/devices';
import { disks } from './words/disks';
import { everywhere } from './words/everywhere';
import { health } from './words/health';
import { library } from './words/library';
import { life } from './words/life';
import { mail } from './words/mail';
import { player } from './words/player';
import { policy } from './words/policy';
import { profiles } from './words/profiles';
import { provider } from './words/provider';
import { ratings } from './words/ratings';
import { settings } from './words/settings';
import { sharing } from './words/sharing';
import { signin } from './words/signin';
import { updates } from './words/updates';
import type { Forms } from './words/forms';

const en = {
  ...everywhere,
  ...library,
  ...player,
  ...claim,
  ...backup,
  ...life,
  ...signin,
  ...provider,
  ...devices,
  ...disks,
  ...account,
  ...asked,
  ...policy,
  ...audit,
  ...mail,
  ...settings,
  ...health,
  ...sharing,
  ...profiles,
  ...ratings,
  ...updates,
};

export type Word = keyof typeof en;

type Names<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Text<K extends Word> = (typeof en)[K] extends string
  ? (typeof en)[K]
  : (typeof en)[K][keyof (typeof en)[K]];
type Values<K extends Word> = [Names<Text<K>>] extends [never]
  ? []
  : [values: Record<Names<Text<K>>, string | number>];

const plural = new Intl.PluralRules(LOCALE);
const number = new Intl.NumberFormat(LOCALE);

function formOf(entry: string | Forms, n: unknown): string {
  if (typeof entry === 'string') return entry;
  if (n === 0 && entry.zero !== undefined) return entry.zero;
  return entry[plural.select(Number(n))] ?? entry.other;
}

/** The words of a key, with its values put in. */
export function t<K extends Word>(key: K, ...[values]: Values<K>): string {
  const given = (values ?? {}) as Record<string, string | number>;
  const text = formOf(en[key], given.n).replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = given[name] ?? '';
    return typeof value === 'number' ? number.format(value) : value;
  });
  return PSEUDO ? `⟦${text}⟧` : text;
}

/** Whether the catalogue has this key; what the server calls something may be newer than the page. */
export const hasWord = (key: string): key is Word => Object.hasOwn(en, key);
