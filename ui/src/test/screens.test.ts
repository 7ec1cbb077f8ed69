import { cleanup, screen } from '@testing-library/svelte';
import axe from 'axe-core';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { router, type Route } from '../lib/controllers/router.svelte';
import { openWindow } from './window';

afterEach(cleanup);

type Open = Awaited<ReturnType<typeof openWindow>>;

interface Scene {
  name: string;
  start?: string;
  route?: Route;
  /** What tells that the screen is there. */
  shows: () => HTMLElement | Promise<HTMLElement>;
  then?: (open: Open) => Promise<void>;
}

const tab =
  (name: RegExp) =>
  async ({ user }: Open) =>
    user.click(await screen.findByRole('tab', { name }));

const SCENES: Scene[] = [
  { name: 'first run', start: 'start=first_run', shows: () => screen.findByRole('heading', { level: 1 }) },
  { name: 'locked', start: 'start=locked', shows: () => screen.findByRole('heading', { level: 1 }) },
  { name: 'broken vault', start: 'start=broken', shows: () => screen.findByRole('alert') },
  { name: 'worklist', route: { screen: 'worklist' }, shows: () => screen.findByRole('listbox') },
  {
    name: 'worklist without a case',
    start: 'start=open&cases=0',
    route: { screen: 'worklist' },
    shows: () => screen.findByRole('listbox'),
  },
  {
    name: 'worklist, what came of a file',
    route: { screen: 'worklist' },
    shows: () => screen.findByRole('listbox'),
    then: async ({ user }) => {
      await user.click(screen.getByRole('button', { name: /JSON Lines 파일|Import JSON lines/ }));
      await screen.findByRole('dialog');
    },
  },
  { name: 'suggestion', route: { screen: 'suggestion', key: 1, id: null }, shows: () => screen.findByRole('grid') },
  {
    name: 'no suggestion yet',
    route: { screen: 'suggestion', key: 3, id: null },
    shows: () => screen.findByRole('heading', { level: 2 }),
  },
  {
    name: 'suggestion, rejecting',
    route: { screen: 'suggestion', key: 1, id: null },
    shows: () => screen.findByRole('grid'),
    then: async ({ user }) => {
      await vi.waitFor(() => expect(document.activeElement).toHaveAttribute('role', 'row'));
      await user.keyboard('x');
      await screen.findByRole('radiogroup');
    },
  },
  {
    name: 'suggestion, changing',
    route: { screen: 'suggestion', key: 1, id: null },
    shows: () => screen.findByRole('grid'),
    then: async ({ user }) => {
      await vi.waitFor(() => expect(document.activeElement).toHaveAttribute('role', 'row'));
      await user.keyboard('c');
      await user.type(await screen.findByLabelText(/1회 용량|One dose/), '00');
      await screen.findByRole('radiogroup');
    },
  },
  {
    name: 'suggestion, choosing a model',
    route: { screen: 'suggestion', key: 1, id: null },
    shows: () => screen.findByRole('grid'),
    then: async ({ user }) => {
      await vi.waitFor(() => expect(document.activeElement).toHaveAttribute('role', 'row'));
      await user.click(screen.getByRole('button', { name: /모델을 골라 실행|Choose the model/ }));
      await screen.findByRole('button', { name: /smollm2/ });
    },
  },
  {
    name: 'suggestion, revising what was signed',
    route: { screen: 'suggestion', key: 1, id: null },
    shows: () => screen.findByRole('grid'),
    then: async ({ user, fake }) => {
      const id = (await fake.read_case({ key: 1, version: null })).suggestions[0]!.id;
      const { record } = await fake.read_suggestion({ id });
      const rest = { decision: 'accepted', changed_to: null, reason: null, note: null } as const;
      await fake.decide({
        id,
        decisions: record.drugs.map(({ ingredient }) => ({ ingredient, ...rest })),
        overrides: [],
      });
      await fake.sign({ id });
      router.go({ screen: 'suggestion', key: 1, id });
      await user.click(await screen.findByRole('button', { name: /새 판으로 고치기|Revise/ }));
    },
  },
  {
    name: 'case',
    route: { screen: 'case', key: 1 },
    shows: () => screen.findByRole('group', { name: /사례 편집|Edit the case/ }),
  },
  {
    name: 'new case',
    route: { screen: 'case', key: null },
    shows: () => screen.findByRole('group', { name: /사례 편집|Edit the case/ }),
  },
  {
    name: 'cases that were never saved, and an unconfirmed recovery key',
    start: 'start=open&cases=40&recovery=unconfirmed',
    route: { screen: 'settings' },
    shows: () => screen.findByRole('tablist'),
    then: async ({ fake }) => {
      await fake.save_draft({ draft: 'new-1', content: { case_id: 'new-1', patient: { age_years: 44 } } });
      router.go({ screen: 'worklist' });
      await screen.findByRole('region', { name: /저장 전|Not saved yet/ });
    },
  },
  {
    name: 'earlier version of a case',
    route: { screen: 'version', key: 1, version: 2 },
    shows: () => screen.findByRole('heading', { level: 1, name: /2/ }),
  },
  { name: 'review', route: { screen: 'review' }, shows: () => screen.findByRole('grid') },
  { name: 'consultation', route: { screen: 'talk', key: 1 }, shows: () => screen.findByRole('log') },
  { name: 'models', route: { screen: 'data' }, shows: () => screen.findByRole('region', { name: /smollm2/ }) },
  {
    name: 'training, what will happen, and runs in a plot',
    route: { screen: 'data' },
    shows: () => screen.findByRole('tablist'),
    then: async (open) => {
      await tab(/^(학습|Training)$/)(open);
      const { user } = open;
      await user.click(await screen.findByRole('button', { name: /표본 파일 고르기|Choose a file of samples/ }));
      await screen.findByText('samples.jsonl', { selector: '.file' });
      await user.click(screen.getByRole('button', { name: /내용 확인|See what will happen/ }));
      await screen.findByRole('region', { name: /^(학습 내용|What will happen)$/ });
      for (const box of screen.getAllByRole('checkbox', { name: /그림에 넣기|Draw it/ })) await user.click(box);
      await screen.findByRole('img', { name: /학습 비교|Runs beside each other/ });
    },
  },
  {
    name: 'training, samples that others can read and a run that cannot be read',
    route: { screen: 'data' },
    shows: () => screen.findByRole('tablist'),
    then: async (open) => {
      const { user, fake } = open;
      const samples = { name: 'samples.jsonl', path: '/home/ward/samples.jsonl', bytes: 10, shared: true };
      const unreadable = [{ id: '20260220T080000.000Z', text: 'plan.json: expected value at line 1 column 1' }];
      const known = await fake.training();
      vi.spyOn(fake, 'training').mockResolvedValue({ ...known, samples, unreadable });
      await tab(/^(학습|Training)$/)(open);
      await screen.findByRole('region', { name: unreadable[0]!.id });
      await user.click(screen.getByRole('button', { name: /내용 확인|See what will happen/ }));
      await screen.findByRole('region', { name: /^(학습 내용|What will happen)$/ });
    },
  },
  {
    name: 'training, asked before a run is removed',
    route: { screen: 'data' },
    shows: () => screen.findByRole('tablist'),
    then: async (open) => {
      await tab(/^(학습|Training)$/)(open);
      await open.user.click((await screen.findAllByRole('button', { name: /^(빼기|Remove)$/ }))[0]!);
      await screen.findByRole('dialog');
    },
  },
  {
    name: 'training without permission',
    start: 'start=open&cases=3&role=clinician',
    route: { screen: 'data' },
    shows: () => screen.findByRole('tablist'),
    then: async (open) => {
      await tab(/^(학습|Training)$/)(open);
      await screen.findByRole('heading', { name: /권한이 없습니다|not permitted/ });
    },
  },
  {
    name: 'knowledge',
    route: { screen: 'data' },
    shows: () => screen.findByRole('tablist'),
    then: tab(/지식|Knowledge/),
  },
  {
    name: 'import',
    route: { screen: 'data' },
    shows: () => screen.findByRole('tablist'),
    then: tab(/가져오기|Import/),
  },
  {
    name: 'evaluation',
    route: { screen: 'data' },
    shows: () => screen.findByRole('tablist'),
    then: async (open) => {
      await tab(/평가|Evaluation/)(open);
      await screen.findAllByRole('img');
    },
  },
  { name: 'settings', route: { screen: 'settings' }, shows: () => screen.findByRole('tablist') },
  {
    name: 'people',
    route: { screen: 'settings' },
    shows: () => screen.findByRole('tablist'),
    then: tab(/사용자|People/),
  },
  { name: 'audit', route: { screen: 'settings' }, shows: () => screen.findByRole('tablist'), then: tab(/감사|Audit/) },
  {
    name: 'backup',
    route: { screen: 'settings' },
    shows: () => screen.findByRole('tablist'),
    then: tab(/백업|Backup/),
  },
  {
    name: 'new recovery key',
    route: { screen: 'settings', tab: 'backup' },
    shows: () => screen.findByRole('button', { name: /복구 키 새로 만들기|Make a new recovery key/ }),
    then: async ({ user }) => {
      await user.click(screen.getByRole('button', { name: /복구 키 새로 만들기|Make a new recovery key/ }));
      const button = await screen.findAllByRole('button', { name: /복구 키 새로 만들기|Make a new recovery key/ });
      await user.click(button.at(-1)!);
      await screen.findByRole('list', { name: /복구 키|Recovery key/ });
    },
  },
  {
    name: 'clinic',
    route: { screen: 'settings', tab: 'site' },
    shows: () => screen.findByRole('textbox', { name: /기관|clinic/ }),
  },
  {
    name: 'about',
    route: { screen: 'settings' },
    shows: () => screen.findByRole('tablist'),
    then: async (open) => {
      await tab(/정보|About/)(open);
      await screen.findAllByText(/llama\.cpp/);
    },
  },
  {
    name: 'no permission',
    start: 'start=open&cases=3&role=clinician',
    route: { screen: 'review' },
    shows: () => screen.findByRole('heading', { name: /권한이 없습니다|not permitted/ }),
  },
  {
    name: 'commands by name',
    route: { screen: 'worklist' },
    shows: () => screen.findByRole('listbox'),
    then: async ({ user }) => {
      await user.keyboard('{Control>}k{/Control}');
      await screen.findByRole('dialog');
    },
  },
];

interface Combination {
  lang: 'ko' | 'en';
  theme: string;
  text: number;
}

/** One language and theme by default; all twelve with `BOGAM_AXE=all`. */
const COMBINATIONS: Combination[] =
  process.env['BOGAM_AXE'] === 'all'
    ? (['ko', 'en'] as const).flatMap((lang) =>
        (['light', 'dark', 'contrast'] as const).flatMap((theme) => [100, 200].map((text) => ({ lang, theme, text }))),
      )
    : [{ lang: 'ko' as const, theme: 'light', text: 100 }];

describe.each(COMBINATIONS)('in $lang, $theme, $text %', ({ lang, theme, text }) => {
  it.each(SCENES)('axe finds nothing on: $name', async ({ start, route, shows, then }) => {
    const open = await openWindow(`${start ?? 'start=open&cases=40'}&theme=${theme}&text=${text}`, lang);
    if (route !== undefined) router.go(route);
    expect(await shows()).toBeInTheDocument();
    await then?.(open);
    await vi.waitFor(() => expect(screen.queryByText(/^(읽는 중|Reading)$/)).toBeNull());
    // Colours are computed by `tokens.test.ts`; jsdom draws nothing.
    const found = await axe.run(document, { rules: { 'color-contrast': { enabled: false } } });
    expect(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join('\n')}`)).toEqual([]);
    expect(document.documentElement.lang).toBe(lang);
  });
});
