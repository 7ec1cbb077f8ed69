// The words of the window, from its own dictionaries: a test names what is to be seen by key, in either language.

import { resolve } from 'node:path';

import { build } from '../../ui/node_modules/esbuild/lib/main.js';

const UI = resolve(import.meta.dirname, '../../ui/src/lib/i18n');

/** `t(key, params)` of a language. */
export async function words(lang) {
  const made = await build({ entryPoints: [`${UI}/${lang}/index.ts`], bundle: true, format: 'esm', write: false });
  const text = Buffer.from(made.outputFiles[0].contents).toString('base64');
  const all = (await import(`data:text/javascript;base64,${text}`))[lang];
  return (key, params) => {
    const found = all[key];
    if (found === undefined) throw new Error(`the window has no words for ${key}`);
    return typeof found === 'function' ? found(params) : found;
  };
}
