import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';
import type { Plugin } from 'vite';

/** The framework names its errors by an address. The bundle holds none, so that whoever greps it need not ask why. */
const noAddresses: Plugin = {
  name: 'no-addresses',
  generateBundle: (_, bundle) => {
    for (const file of Object.values(bundle)) {
      if (file.type === 'chunk') file.code = file.code.replaceAll('https://svelte.dev/e/', 'svelte:');
    }
  },
};

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), svelteTesting(), noAddresses],
  // What decides which implementation of the calls is bundled: the other one is left out altogether.
  define: { __FAKE__: JSON.stringify(mode === 'fake' || mode === 'test') },
  build: {
    target: ['safari16.4', 'chrome111'],
    outDir: mode === 'fake' ? 'dist-fake' : 'dist',
    // Nothing is inlined: the content security policy allows files of our own, not data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { port: 5173, strictPort: true },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['src/test/setup.ts'],
    testTimeout: 20_000,
  },
}));
