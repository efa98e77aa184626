// Whatever the server writes into its log is told in words, and can be looked for by its part.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { audit } from '../src/words/audit.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Where a kind stands: beside its call, or in the word of an enum of such kinds. */
const WRITTEN = [
  /audit::append\(\s*\w+,\s*\w+,\s*"([a-z_]+\.[a-z_]+)"/g,
  /write_down\([^"]*"([a-z_]+\.[a-z_]+)"/g,
  /^\s*Self::\w+(?: \{ \.\. \}|\(_\))? => "((?:claim|recovery|decision)\.[a-z_]+)"/gm,
];

/** The sources of a folder, without those of tests. */
const sources = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.rs') && !/(^|\/)tests?(\/|\.rs$)/.test(file))
    .map((file) => join(ROOT, folder, file));

function kinds(): string[] {
  const crates = readdirSync(join(ROOT, 'crates')).map((crate) => `crates/${crate}/src`);
  const found = ['src', ...crates].flatMap(sources).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return WRITTEN.flatMap((pattern) => [...text.matchAll(pattern)].map(([, kind = '']) => kind));
  });
  return [...new Set(found)].sort();
}

test('each kind of line in the log has words, and its part can be chosen', () => {
  const all = kinds();
  expect(all.length, 'the kinds are found in the source').toBeGreaterThan(60);
  expect(all).toContain('claim.begun');
  expect(all.filter((kind) => !(`audit.kind.${kind}` in audit))).toEqual([]);
  const parts = new Set(all.map((kind) => kind.split('.')[0]));
  expect([...parts].filter((part) => !(`audit.part.${part}` in audit))).toEqual([]);
});

test('each part that has words can be chosen', () => {
  const filters = readFileSync(join(ROOT, 'web/src/pages/policy/LogFilters.svelte'), 'utf8');
  const parts = Object.keys(audit).flatMap((word) => /^audit\.part\.(\w+)$/.exec(word)?.[1] ?? []);
  expect(parts.length).toBeGreaterThan(10);
  expect(parts.filter((part) => !filters.includes(`'${part}'`))).toEqual([]);
});

test('what the log keeps as a word of its own has words for people', () => {
  const enums: [file: string, enums: string[], words: number][] = [
    ['policy/actor.rs', ['Role', 'ClientKind'], 7],
    ['policy/act.rs', ['Door'], 7],
    ['policy/decision.rs', ['Reason'], 16],
    ['signin/assurance.rs', ['Assurance', 'Method'], 13],
  ];
  for (const [file, names, least] of enums) {
    const text = readFileSync(join(ROOT, 'crates/rules/src', file), 'utf8');
    const parts = names.map((name) => new RegExp(`\\nimpl ${name} \\{[^]*?\\n\\}`).exec(text)?.[0] ?? '');
    const words = parts.flatMap((part) => [...part.matchAll(/=> "([a-z_]+)"/g)].map(([, word = '']) => word));
    expect(words.length, file).toBeGreaterThanOrEqual(least);
    expect(words.filter((word) => !(`audit.value.${word}` in audit)), file).toEqual([]);
  }
});
