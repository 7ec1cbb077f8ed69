import { api } from '../api';
import type { Bilingual } from '../bindings/clinical';
import { said } from '../i18n/index.svelte';
import { Loaded } from './load.svelte';

/** Names of laboratory results by id: findings and missing fields speak of them. Read once. */
const names = new Loaded<Map<string, Bilingual>>();

export async function readLabNames(): Promise<void> {
  if (names.value !== null) return;
  await names.from(async () => {
    const labs = await api().search_labs({ query: '', limit: 200 });
    return new Map(labs.map((lab) => [lab.id, lab.name]));
  });
}

/** The name of a result; its id until the names are there. */
export function labName(id: string): string {
  const name = names.value?.get(id);
  return name === undefined ? id.replaceAll('_', ' ') : said(name);
}
