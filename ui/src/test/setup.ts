import '@testing-library/jest-dom/vitest';

import { configure } from '@testing-library/svelte';
import { afterEach, vi } from 'vitest';

import { commands } from '../lib/controllers/commands.svelte';
import { router } from '../lib/controllers/router.svelte';
import { trainer } from '../lib/controllers/training.svelte';
import { toasts } from '../lib/controllers/toasts.svelte';
import { typed } from '../lib/controllers/typed.svelte';

// A failure names what is missing; the whole page beside it helps nobody.
configure({ getElementError: (message) => new Error(message ?? 'not found') });

// What jsdom does not have.
window.matchMedia ??= ((query: string) => ({
  matches: false,
  media: query,
  onchange: null,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  addListener: () => undefined,
  removeListener: () => undefined,
  dispatchEvent: () => false,
})) as typeof window.matchMedia;
class Observer {
  observe() {
    return undefined;
  }
  unobserve() {
    return undefined;
  }
  disconnect() {
    return undefined;
  }
}
window.ResizeObserver ??= Observer as unknown as typeof ResizeObserver;
Element.prototype.scrollTo ??= () => undefined;
Element.prototype.scrollIntoView ??= () => undefined;
Element.prototype.animate ??= vi.fn().mockReturnValue({ cancel: () => undefined, finished: Promise.resolve() });
if (typeof CSS === 'undefined' || CSS.escape === undefined) {
  globalThis.CSS = { ...globalThis.CSS, escape: (text: string) => text.replace(/["\\[\]. ]/g, '\\$&') };
}
Object.defineProperty(window, 'innerWidth', { value: 1366, writable: true });

afterEach(() => {
  router.reset();
  trainer.reset();
  typed.forget();
  for (const toast of toasts.list) toasts.dismiss(toast.id);
  commands.singleKeys = true;
  commands.changed = {};
});
