import type { Lang } from '../bindings/clinical';
import { language } from './index.svelte';

const LOCALE: Record<Lang, string> = { ko: 'ko-KR', en: 'en-GB' };

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const name = `n${language()}${JSON.stringify(options)}`;
  const found = made.get(name) ?? new Intl.NumberFormat(LOCALE[language()], options);
  made.set(name, found);
  return found as Intl.NumberFormat;
}

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = `d${language()}${JSON.stringify(options)}`;
  const found = made.get(name) ?? new Intl.DateTimeFormat(LOCALE[language()], { hourCycle: 'h23', ...options });
  made.set(name, found);
  return found as Intl.DateTimeFormat;
}

/** A count, with separators. */
export function count(value: number): string {
  return numbers({ maximumFractionDigits: 0 }).format(value);
}

/** A measured value: as many digits as were given, up to `digits`. */
export function measure(value: number, digits = 2): string {
  return numbers({ maximumFractionDigits: digits }).format(value);
}

/** A figure of a table: always as many digits. */
export function figure(value: number, digits: number): string {
  return numbers({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** A share as per cent. */
export function percent(share: number, digits = 0): string {
  return numbers({ style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share);
}

/** Log-odds, with their sign. */
export function signed(value: number): string {
  const text = numbers({ signDisplay: 'always', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
  return text.replace('-', '−');
}

/** A size of a file or of memory. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let at = 0;
  while (size >= 1024 && at < units.length - 1) {
    size /= 1024;
    at += 1;
  }
  return `${measure(size, size < 10 && at > 0 ? 1 : 0)} ${units[at] ?? 'B'}`;
}

/** How long something takes: hours, minutes or seconds, whichever says enough. */
export function duration(seconds: number): string {
  const of = (unit: 'hour' | 'minute' | 'second', value: number, digits = 0) =>
    numbers({ style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: digits }).format(value);
  if (seconds >= 5400) return of('hour', seconds / 3600, 1);
  return seconds >= 90 ? of('minute', seconds / 60) : of('second', seconds);
}

/** A day and a time of day. */
export function dateTime(iso: string): string {
  return dates({ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).format(
    new Date(iso),
  );
}

export function date(iso: string): string {
  return dates({ year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(iso));
}

export function time(iso: string): string {
  return dates({ hour: '2-digit', minute: '2-digit' }).format(new Date(iso));
}

/** The time of day for what is of today, the day for what is older. */
export function when(iso: string, now: Date = new Date()): string {
  const then = new Date(iso);
  return then.toDateString() === now.toDateString() ? time(iso) : date(iso);
}
