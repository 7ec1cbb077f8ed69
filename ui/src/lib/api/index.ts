import type { Api } from './api';

let chosen: Api | null = null;

/** Chooses what answers the calls. Done once, before anything is shown. */
export async function choose(): Promise<void> {
  if (__FAKE__) {
    const { Fake } = await import('./fake');
    chosen = new Fake(new URLSearchParams(window.location.search));
  } else {
    const { tauri } = await import('./tauri');
    chosen = tauri;
  }
}

/** For tests: answers the calls with what is given. */
export function answerWith(api: Api): void {
  chosen = api;
}

/** What answers the calls. */
export function api(): Api {
  if (chosen === null) throw new Error('nothing answers the calls yet');
  return chosen;
}

export { ApiError } from './error';
export type * from './api';
export type * from './cases';
export type * from './session';
export type * from './site';
export type * from './talk';
export type * from './training';
