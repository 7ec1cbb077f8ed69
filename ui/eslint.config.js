import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

import config from './svelte.config.js';

export default ts.config(
  { ignores: ['dist', 'dist-fake', 'src/lib/bindings'] },
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, __FAKE__: 'readonly' } },
    rules: {
      // A patient's text never comes in as markup.
      'svelte/no-at-html-tags': 'error',
      // Style directives set properties through the object model, which the policy allows; attributes it does not.
      'svelte/no-inline-styles': ['error', { allowTransitions: true }],
      // Maps and sets that are made once and never changed need not be watched.
      'svelte/prefer-svelte-reactivity': 'off',
      'no-console': 'error',
      // The window keeps nothing of its own: what is stored is in the vault.
      'no-restricted-globals': ['error', 'localStorage', 'sessionStorage', 'indexedDB', 'fetch'],
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['@tauri-apps/*'], message: 'Only lib/api/tauri.ts knows the shell.' }] },
      ],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig: config },
    },
    rules: { 'prefer-const': 'off', 'svelte/prefer-const': ['error', { destructuring: 'all' }] },
  },
  { files: ['src/lib/api/tauri.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['**/*.test.ts'], rules: { '@typescript-eslint/no-non-null-assertion': 'off' } },
);
