import { render } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { vi } from 'vitest';

import App from '../App.svelte';
import { answerWith } from '../lib/api';
import { Fake } from '../lib/api/fake';
import { session } from '../lib/controllers/session.svelte';
import { speak } from '../lib/i18n/index.svelte';

/** The whole window over the calls in memory. `start` as for `npm run dev`. */
export async function openWindow(start = 'start=open&cases=40', lang: 'ko' | 'en' = 'ko') {
  const fake = new Fake(new URLSearchParams(`${start}&lang=${lang}`));
  answerWith(fake);
  session.signed = null;
  session.lockedBy = null;
  session.phase = 'starting';
  speak(lang);
  const user = userEvent.setup();
  const shown = render(App);
  await vi.waitFor(() => {
    if (session.phase === 'starting') throw new Error('still starting');
  });
  return { fake, user, ...shown };
}
