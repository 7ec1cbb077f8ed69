import { beforeEach, describe, expect, it } from 'vitest';

import { en } from './en';
import { errors as errorsEn } from './en/errors';
import { bytes, count, percent, signed } from './format';
import { isKey, ofCode, speak, t } from './index.svelte';
import { josa } from './josa';
import { ko } from './ko';
import { errors as errorsKo } from './ko/errors';

const HANGUL = /[가-힣]/;
/** Keys that show a language by its own name. */
const OWN_NAME = new Set(['command.korean', 'command.english']);

function texts(all: Record<string, unknown>, blank = 'X'): [string, string][] {
  const filled = new Proxy({}, { get: (_, name) => (name === 'count' || name === 'rejected' ? 2 : blank) });
  return Object.entries(all).map(([key, text]) => [
    key,
    typeof text === 'function' ? (text as (p: unknown) => string)(filled) : String(text),
  ]);
}

describe('the texts', () => {
  it('are the same keys in both languages, none of them empty', () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(ko).sort());
    expect(Object.keys(errorsEn).sort()).toEqual(Object.keys(errorsKo).sort());
    for (const [key, text] of [...texts(ko), ...texts(en)]) expect(text.trim(), key).not.toBe('');
  });

  it('take the same blanks in both languages', () => {
    for (const key of Object.keys(ko) as (keyof typeof ko)[]) expect(typeof en[key], key).toBe(typeof ko[key]);
  });

  it('have no Korean in English, and no exclamation mark anywhere', () => {
    for (const [key, text] of texts(en)) if (!OWN_NAME.has(key)) expect(text, key).not.toMatch(HANGUL);
    for (const [key, text] of [...texts(ko), ...texts(en)]) expect(text, key).not.toContain('!');
  });

  it('have no English sentence in Korean: at most names and units', () => {
    for (const [key, text] of texts(ko)) {
      if (OWN_NAME.has(key)) continue;
      expect(text.replace(/X|‘[^’]*’/g, ''), key).not.toMatch(/[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}/);
    }
  });

  it('end Korean sentences politely', () => {
    for (const [key, text] of texts(ko)) {
      for (const sentence of text.split(/(?<=[.])\s/).filter((s) => s.endsWith('.') && HANGUL.test(s))) {
        expect(sentence, key).toMatch(/(니다|십시오|109)\.$/);
      }
    }
  });

  it('have the particle that fits what fills the blank', () => {
    for (const [key, text] of texts(ko, '간')) expect(text, key).not.toMatch(/간(를|가|는|와|로)(\s|$)/);
    for (const [key, text] of texts(ko, '가')) expect(text, key).not.toMatch(/가(을|이|은|과|으로)(\s|$)/);
  });
});

describe('particles', () => {
  it.each([
    ['칼륨', '이/가', '칼륨이'],
    ['와파린', '을/를', '와파린을'],
    ['메트포르민', '은/는', '메트포르민은'],
    ['아스피린과 헤파리', '와/과', '아스피린과 헤파리와'],
    ['서울', '으로/로', '서울로'],
    ['병원', '으로/로', '병원으로'],
    ['2', '이/가', '2가'],
    ['3', '이/가', '3이'],
    ['10', '을/를', '10을'],
    ['1', '으로/로', '1로'],
    ['INR', '은/는', 'INR은'],
    ['eGFR', '으로/로', 'eGFR로'],
    ['K', '이/가', 'K가'],
    ['칼륨(K)', '을/를', '칼륨(K)을'],
    ['β', '을/를', 'β을(를)'],
  ] as const)('%s with %s is %s', (word, pair, whole) => expect(josa(word, pair)).toBe(whole));
});

describe('numbers', () => {
  beforeEach(() => speak('en'));
  it('are written as the locale does', () => {
    expect(count(100_000)).toBe('100,000');
    expect(percent(0.973)).toBe('97%');
    expect(signed(-0.24)).toBe('−0.2');
    expect(signed(1.4)).toBe('+1.4');
    expect(bytes(98_362_432)).toBe('94 MiB');
  });
});

describe('a code that the window does not know', () => {
  it('is shown as it is, and never as an empty place', () => {
    speak('ko');
    expect(ofCode('notice', 'something_newer')).toBe('something_newer');
    expect(isKey('notice.no_model')).toBe(true);
    expect(t('tier.critical')).toBe('위험');
  });
});
