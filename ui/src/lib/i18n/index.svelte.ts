import type { Bilingual, Lang } from '../bindings/clinical';
import { en } from './en';
import { ko } from './ko';
import type { Key, Messages, Params } from './messages';

/** The language of the window. Every text that is shown depends on it. */
let lang = $state<Lang>('ko');

export function language(): Lang {
  return lang;
}

export function speak(next: Lang): void {
  lang = next;
  if (typeof document !== 'undefined') document.documentElement.lang = next;
}

const ALL: Record<Lang, Messages> = { ko, en };

/** A text of the window. */
export function t<K extends Key>(key: K, ...params: Params<K>): string {
  return inLanguage(lang, key, ...params);
}

/** A text in a language that is not the window's: a card for the patient, an advice. */
export function inLanguage<K extends Key>(of: Lang, key: K, ...params: Params<K>): string {
  const text: unknown = ALL[of][key];
  return typeof text === 'function' ? String((text as (p: unknown) => string)(params[0])) : String(text);
}

/** Whether there is a text of this name: codes from the program may be newer than the window. */
export function isKey(name: string): name is Key {
  return name in ko;
}

/** The text of a code under a prefix, or the code itself: never an empty place. */
export function ofCode(prefix: string, code: string): string {
  const name = `${prefix}.${code}`;
  if (!isKey(name)) return code;
  const text: unknown = ALL[lang][name];
  return typeof text === 'string' ? text : code;
}

/** What the program says in both languages, in that of the window. */
export function said(text: Bilingual): string {
  return text[lang];
}

/** The other language of a name: shown beside it, since orders and labels carry both. */
export function saidOther(text: Bilingual): string {
  return lang === 'ko' ? text.en : text.ko;
}

export type { Key, Lang };
