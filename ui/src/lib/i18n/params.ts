import type { ErrorParams, Words } from './errors';

/** What happened, what to do, and what else is known of it. */
export const say = (what: string, todo: string, detail = ''): Words => ({ what, todo, detail });

/** A parameter as text; empty when it is not there. */
export const told = (p: ErrorParams, name: string) => String(p[name] ?? '');

/** The parameters that are there, in their order. */
export const both = (p: ErrorParams, ...names: string[]) =>
  names
    .map((name) => told(p, name))
    .filter((part) => part !== '')
    .join(', ');

/** The file, in brackets after what is said of it. */
export const path = (p: ErrorParams) => (p['path'] === undefined ? '' : ` (${p['path']})`);
