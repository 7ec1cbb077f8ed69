import type { ApiError } from '../api/error';
import { language } from './index.svelte';
import { errors as en } from './en/errors';
import { errors as ko } from './ko/errors';

/** What happened and what it means, and what to do. */
export interface Words {
  what: string;
  todo: string;
  /** What the program says of it besides, such as a path or a field. Not worded here; empty for most. */
  detail: string;
}

export type ErrorParams = Record<string, string | number>;

/** The words of an error. A code that the window does not know yet is said to be one. */
export function words(error: ApiError): Words {
  const all = language() === 'ko' ? ko : en;
  const known = error.code in all ? all[error.code as keyof typeof ko] : all['unknown'];
  return known(error.params);
}

/** The same as one text, for where there is one line: what happened, then what to do. */
export function sentence(error: ApiError): string {
  const { what, todo, detail } = words(error);
  return `${what} ${todo}${detail === '' ? '' : ` (${detail})`}`;
}
