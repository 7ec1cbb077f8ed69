import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { ApiError } from '../api/error';
import { errors as en } from './en/errors';
import { sentence } from './errors';
import { isKey, speak } from './index.svelte';
import { errors as ko, REFUSED } from './ko/errors';

const ROOT = resolve(import.meta.dirname, '../../../..');

/** Rust sources under a folder, without their tests. */
function sources(folder: string, wanted: (path: string) => boolean): string {
  return readdirSync(resolve(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.rs') && wanted(path))
    .map((path) => readFileSync(resolve(ROOT, folder, path), 'utf8').split('#[cfg(test)]')[0] ?? '')
    .join('\n');
}

const found = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map((m) => m[1] ?? '')),
];

/** What an error says when every blank is filled. */
const params = new Proxy({} as Record<string, string>, { get: () => 'X' });

describe('every code that can cross', () => {
  const named = sources('crates', (path) => /(^|\/)src\/(.*\/)?error[a-z_]*\.rs$/.test(path));
  const window = sources('crates/app/src', (path) => path.startsWith('window')) + sources('src-tauri/src', () => true);
  const read = sources('crates/clinical/src', (path) => path === 'input.rs');
  /** Why a line of a file of cases is left out. */
  const lines = [
    ...found(read, /\.add\(\s*(?:"[^"]*"|[^,"]+),\s*"([a-z_]+)"/g),
    ...found(read, /is_data\(\) \{ "([a-z_]+)" \}/g),
    ...found(read, /\} else \{ "([a-z_]+)" \};/g),
    ...found(
      sources('crates/app/src', (path) => path === 'lines.rs'),
      /=> "([a-z_0-9]+)"/g,
    ),
    ...found(
      sources('crates/app/src', (path) => path === 'suggest.rs'),
      /error_record\([^;]*?line\.number, "([a-z_]+)"/g,
    ),
  ];
  const codes = [
    ...lines,
    ...found(window, /"(verify\.[a-z]+)"/g),
    ...found(named, /=> "([a-z_]+(?:\.[a-z_]+)?)"/g),
    ...found(window, /fault\(\s*"([a-z_.]+)"/g),
    ...found(window, /code: "([a-z_.]+)"/g),
    ...found(
      sources('crates/knowledge/src/import', () => true),
      /"(import\.[a-z_]+)"/g,
    ),
  ];

  it('is found in the sources', () => {
    for (const code of ['json', 'type', 'missing', 'range', 'format', 'duplicate_case_id', 'utf8', 'too_long'])
      expect(lines).toContain(code);
    for (const code of ['verify.pages', 'verify.audit', 'prior.not_evaluated', 'case.unknown_field', 'output.full'])
      expect(codes).toContain(code);
    for (const code of ['vault.not_written', 'model.constraint', 'drug.needs_override', 'review.row', 'no_folder'])
      expect(codes).toContain(code);
    expect(codes.length).toBeGreaterThan(45);
  });

  it.each([...new Set(codes)])('%s has words in both languages, with what to do', (code) => {
    for (const words of [ko, en] as Record<string, (p: Record<string, string>) => { what: string; todo: string }>[]) {
      const text = words[code]?.(params);
      expect(text, code).toBeDefined();
      // Sentences, both what happened and what to do.
      expect(text!.what, code).toMatch(/[.]$|: X$/);
      expect(text!.todo, code).toMatch(/[.]$/);
    }
  });

  it('has words that nobody dropped: each that is worded is a code still, or one of the window', () => {
    const own = ['unknown', 'printer.none', 'printer.failed'];
    for (const code of Object.keys(ko)) expect([...codes, ...own], code).toContain(code);
  });

  it('says in Korean what the vault refuses', () => {
    const reasons = [
      ...found(
        sources('crates/vault/src', () => true),
        /VaultError::Refused\(\s*"([^"]+)"/g,
      ),
      ...found(
        sources('crates/app/src', () => true),
        /VaultError::Refused\(\s*"([^"]+)"/g,
      ),
    ];
    expect(reasons.length).toBeGreaterThan(5);
    for (const reason of reasons) expect(REFUSED[reason], reason).toMatch(/[가-힣].*\.$/);
    speak('ko');
    expect(sentence(new ApiError('vault.refused', { why: 'a person has at least one role' }))).toMatch(
      /역할이 하나 이상 있어야 합니다\.$/,
    );
  });

  it('shows what the program tells besides: a path, a text, a reason nobody worded', () => {
    speak('en');
    expect(sentence(new ApiError('vault.not_ours', { path: '/media/usb/a.db' }))).toContain('/media/usb/a.db');
    expect(sentence(new ApiError('input.unusable', { text: 'cases.csv: no line' }))).toContain('cases.csv: no line');
    speak('ko');
    expect(sentence(new ApiError('vault.refused', { why: 'something newer' }))).toContain('something newer');
    expect(sentence(new ApiError('not_permitted', { role: 'reviewer' }))).toContain('검토자');
  });

  it('names what is asked for by what it is: a question, a setting, a folder', () => {
    speak('ko');
    expect(sentence(new ApiError('vault.not_found', { what: 'question' }))).toContain('질문이 이 대화에 없습니다');
    expect(sentence(new ApiError('vault.not_found', { what: 'case' }))).toContain('찾는 항목이 없습니다');
    expect(sentence(new ApiError('talk.setting', { field: 'top_k', least: 0, most: 1000 }))).toBe(
      '생성 설정의 ‘상위 k’ 값이 범위를 벗어났습니다. 0에서 1000 사이의 값으로 고친 뒤 다시 보내십시오.',
    );
    expect(sentence(new ApiError('talk.context', { needed: 5000, limit: 4096, over: 904 }))).toMatch(/904.*5000.*4096/);
    expect(sentence(new ApiError('verify.pages', { count: 3, text: 'page 7' }))).toMatch(/3개.*\(page 7\)/);
    speak('en');
    expect(sentence(new ApiError('output.full', { path: '/media/usb/a.csv' }))).toContain('/media/usb/a.csv');
    expect(sentence(new ApiError('missing_table', { text: 'table `patients`' }))).toContain('table `patients`');
  });

  it('has words for each reason of a vault that is read only', () => {
    const reasons = found(
      sources('crates/vault/src', () => true),
      /"(read_only\.[a-z_]+)"/g,
    );
    expect(reasons.length).toBeGreaterThan(4);
    for (const reason of reasons) expect(isKey(reason), reason).toBe(true);
  });
});

describe('what a site sees of its data', () => {
  const part = (folder: string, file: string, from: string, to: string): string => {
    const text = sources(folder, (path) => path === file);
    const begin = text.indexOf(from);
    return text.slice(begin, text.indexOf(to, begin));
  };

  it('has words for each fault of a row', () => {
    const reasons = part('crates/mimic/src', 'tally.rs', 'pub enum Reason', '\n}').matchAll(
      /Faulty:[^A-Z]*?[^]*?\n {4}([A-Z]\w+),/g,
    );
    const faults = [...reasons].map(([, name]) => (name ?? '').replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase());
    expect(faults).toContain('admission_of_other_patient');
    expect(faults.length).toBe(13);
    for (const reason of faults) expect(isKey(`data.reject_${reason}`), reason).toBe(true);
  });

  it('has words for each fate of a sample', () => {
    const fates = part('crates/train/src', 'samples.rs', 'pub enum Fate', '\n}').matchAll(/^ {4}([A-Z]\w+),/gm);
    const names = [...fates].map(([, name]) => (name ?? '').replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase());
    expect(names).toEqual(expect.arrayContaining(['near_duplicate', 'not_utf8', 'repeated_items']));
    expect(names.length).toBe(20);
    for (const name of names) expect(isKey(`train.fate_${name}`), name).toBe(true);
  });

  it('has words for each figure of an evaluation', () => {
    const figures = part('crates/app/src/window', 'evaluations.rs', 'fn metrics', '\n    }');
    const ids = [...found(figures, /\("([a-z0-9_]+)", /g), ...found(figures, /id: "([a-z_]+)"/g)];
    expect(ids).toEqual(expect.arrayContaining(['recall', 'listed_to_recorded', 'output_rate']));
    for (const id of ids) expect(isKey(`data.metric_${id}`), id).toBe(true);
  });

  it('has words for each kind of knowledge, counted or by its table', () => {
    const base = sources('crates/knowledge/src', (path) => path === 'base.rs');
    const counted = [
      ...found(part('crates/knowledge/src', 'base.rs', 'fn counts(merged', '\n}'), /\("([a-z0-9_]+)", /g),
      ...found(base, /counts\.push\(\("([a-z_]+)"/g),
    ].filter((kind) => !kind.startsWith('facts_'));
    const tables = [
      ...found(part('crates/knowledge/src/pack', 'shared.rs', 'for_each_fact_table {', '\n}'), /^ {12}([a-z_]+): /gm),
      ...found(
        part('crates/knowledge/src/load', 'parse.rs', 'struct Tables {', '\n}'),
        /pub ([a-z0-9_]+): Vec<Located<\w+Entry>>/g,
      ),
      'source',
      'pairs',
      'icd_titles',
      'local_names',
    ];
    expect(counted.length).toBeGreaterThan(25);
    expect(tables.length).toBeGreaterThan(30);
    for (const kind of [...counted, ...tables]) expect(isKey(`data.kind_${kind}`), kind).toBe(true);
  });
});

describe('every line of the audit', () => {
  const vault = sources('crates/vault/src', (path) => path !== 'error.rs');
  const kinds =
    'case|suggestion|decision|review|finding|drug|advice|conversation|person|vault|key|site|job|text|clinic';
  const codes = found(vault, new RegExp(`"((?:${kinds})\\.[a-z_]+)"`, 'g'));

  it('is found in the sources', () => {
    for (const code of ['case.saved', 'drug.taken_out', 'vault.recovery_renewed', 'person.removed'])
      expect(codes).toContain(code);
    // Whatever is handed to the audit is among them, also of a kind that this list does not know yet.
    for (const code of found(vault, /\.audit\(\s*"([a-z_.]+)"/g)) expect(codes).toContain(code);
  });

  it.each(codes)('%s has words', (code) => expect(isKey(`audit.code.${code}`)).toBe(true));
});
