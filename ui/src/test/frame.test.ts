import { cleanup, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { commands } from '../lib/controllers/commands.svelte';
import { isSingle } from '../lib/controllers/keys';
import { LETTERED } from '../lib/controllers/keymap';
import { router } from '../lib/controllers/router.svelte';
import { session } from '../lib/controllers/session.svelte';
import { ApiError } from '../lib/api';
import { openWindow } from './window';

afterEach(cleanup);

const lockAndOpen = async (user: Awaited<ReturnType<typeof openWindow>>['user']) => {
  await user.type(await screen.findByLabelText('암호'), 'demo{Enter}');
};

describe('a case that was never saved', () => {
  it('is there again after a lock, and above the worklist when one went elsewhere', async () => {
    const { user, fake } = await openWindow();
    router.go({ screen: 'case', key: null });
    await user.type(await screen.findByLabelText(/나이/), '77');
    await user.type(screen.getByLabelText('이름'), '홍○○');
    await user.keyboard('{Control>}l{/Control}');
    await lockAndOpen(user);
    expect(await screen.findByLabelText(/나이/)).toHaveValue('77');
    expect(screen.getByText(/저장하지 않은 사례를 이어서/)).toBeInTheDocument();

    router.go({ screen: 'worklist' });
    const drafts = await screen.findByRole('region', { name: '저장 전' });
    expect(within(drafts).getByRole('button')).toHaveTextContent('홍○○');
    const made = vi.spyOn(fake, 'new_case');
    await user.click(within(drafts).getByRole('button'));
    expect(await screen.findByLabelText(/나이/)).toHaveValue('77');
    expect(made).not.toHaveBeenCalled();

    // Another one is begun beside it.
    router.go({ screen: 'worklist' });
    (await screen.findByRole('listbox')).focus();
    await user.keyboard('n');
    await waitFor(() => expect(screen.getByLabelText(/나이/)).toHaveValue(''));
    expect(made).toHaveBeenCalledTimes(1);
    expect(await fake.drafts()).toHaveLength(1);
  });

  it('is above the worklist though it was kept only after one went there', async () => {
    const { user, fake } = await openWindow();
    router.go({ screen: 'case', key: null });
    await user.type(await screen.findByLabelText('이름'), '홍○○');
    const keep = fake.save_draft.bind(fake);
    vi.spyOn(fake, 'save_draft').mockImplementation(async (a) => {
      await new Promise((done) => setTimeout(done, 300));
      return keep(a);
    });
    router.go({ screen: 'worklist' });
    expect(await screen.findByRole('region', { name: '저장 전' })).toHaveTextContent('홍○○');
  });

  it('can be discarded, and that undone for a while', async () => {
    const { user, fake } = await openWindow();
    await fake.save_draft({ draft: 'new-1', content: { case_id: 'new-1', patient: { age_years: 44 } } });
    router.go({ screen: 'case', key: null, draft: 'new-1' });
    await user.click(await screen.findByRole('button', { name: '저장 전 내용 버리기' }));
    await waitFor(async () => expect(await fake.drafts()).toHaveLength(0));
    await user.click(await screen.findByRole('button', { name: '되돌리기' }));
    expect(await screen.findByLabelText(/나이/)).toHaveValue('44');
    expect(await fake.drafts()).toHaveLength(1);
  });

  it('keeps what was pasted and not taken in yet', async () => {
    const { user, fake } = await openWindow();
    router.go({ screen: 'case', key: null });
    await user.click(await screen.findByRole('button', { name: 'JSON 붙여넣기' }));
    await user.click(await screen.findByLabelText('JSON'));
    await user.paste('{"patient": ');
    fake.happen({ kind: 'locked', reason: 'idle' });
    await lockAndOpen(user);
    await user.click(await screen.findByRole('button', { name: 'JSON 붙여넣기' }));
    await waitFor(() => expect(screen.getByLabelText('JSON')).toHaveValue('{"patient": '));
  });

  it('is asked about before the window closes when it could not be kept', async () => {
    const { user, fake } = await openWindow();
    const close = vi.spyOn(fake, 'close_window');
    vi.spyOn(fake, 'save_draft').mockRejectedValue(new ApiError('vault.full', { path: '/media/usb' }));
    router.go({ screen: 'case', key: null });
    await user.type(await screen.findByLabelText(/나이/), '7');
    fake.happen({ kind: 'close_requested', running: 0 });
    const dialog = await screen.findByRole('dialog', { name: '보관하지 못한 내용이 있습니다' });
    expect(close).not.toHaveBeenCalled();
    await user.click(within(dialog).getByRole('button', { name: '계속 작업' }));
    await user.keyboard('{Control>}l{/Control}');
    expect(await screen.findByText(/보관하지 못해 잠그지 않았습니다/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: '그래도 잠그기' }));
    expect(await screen.findByRole('heading', { name: '잠겨 있습니다' })).toBeInTheDocument();
  });
});

describe('closing over work that goes on', () => {
  it('asks on a locked window as well, and says that a training can be gone on with', async () => {
    const { user, fake } = await openWindow('start=locked&cases=3');
    const close = vi.spyOn(fake, 'close_window');
    fake.happen({ kind: 'close_requested', running: 2 });
    const dialog = await screen.findByRole('dialog', { name: '작업이 끝나지 않았습니다' });
    expect(dialog).toHaveTextContent(/작업 2건을 중단합니다\. 학습은 저장 지점을 남기므로 나중에 이어서/);
    await user.click(within(dialog).getByRole('button', { name: '계속 작업' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(close).not.toHaveBeenCalled();
  });

  it('says that it closes while a training keeps its checkpoint', async () => {
    const { user, fake } = await openWindow('start=locked&cases=3');
    let closed: () => void = () => undefined;
    const close = vi.spyOn(fake, 'close_window').mockImplementation(() => new Promise((done) => (closed = done)));
    fake.happen({ kind: 'close_requested', running: 1 });
    const dialog = await screen.findByRole('dialog');
    await user.click(within(dialog).getByRole('button', { name: '중단하고 닫기' }));
    expect(await within(dialog).findByText(/작업이 멈추면 닫습니다/)).toBeInTheDocument();
    await user.click(within(dialog).getByRole('button', { name: '중단하고 닫기' }));
    expect(close).toHaveBeenCalledTimes(1);
    expect(close).toHaveBeenCalledWith({ force: true });
    closed();
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  });
});

describe('an earlier version of a case', () => {
  it('opens from the list of versions, says what differs, and becomes the base of a new one', async () => {
    const { user, fake } = await openWindow();
    router.go({ screen: 'case', key: 1 });
    await user.click(await screen.findByRole('button', { name: '2판' }));
    expect(await screen.findByText(/1판과 다른 항목 \d+개/)).toBeInTheDocument();
    const weight = screen.getByText('체중').closest('div')!;
    expect(weight).toHaveAttribute('data-change', 'changed');
    expect(weight.querySelector('del')).toHaveTextContent('60 kg');
    expect(screen.queryByRole('textbox')).toBeNull();
    await user.click(screen.getByRole('checkbox', { name: '다른 항목만' }));
    expect(screen.queryByText('성별')).toBeNull();
    await user.click(screen.getByRole('button', { name: '이전 판' }));
    expect(await screen.findByText(/비교할 이전 판이 없습니다/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: '이 판으로 새 판 만들기' }));
    expect(await screen.findByText(/1판의 내용으로 시작했습니다/)).toBeInTheDocument();
    expect(screen.getByLabelText(/체중/)).toHaveValue('60');
    await user.keyboard('{Control>}s{/Control}');
    await waitFor(async () => expect((await fake.read_case({ key: 1, version: null })).version).toBe(3));
  });
});

describe('roles', () => {
  it('let an administrator begin with people, and see no patient', async () => {
    const { fake } = await openWindow('start=open&cases=3&role=administrator');
    const search = vi.spyOn(fake, 'search_cases');
    expect(await screen.findByRole('button', { name: '사용자 추가' })).toBeInTheDocument();
    const names = within(screen.getByRole('navigation'))
      .getAllByRole('button')
      .map((b) => b.textContent!.trim());
    expect(names).toEqual(['자료와 모델', '설정', '잠금']);
    expect(commands.offered('').map((c) => c.id)).not.toContain('worklist');
    router.back();
    expect(await screen.findByRole('button', { name: '사용자 추가' })).toBeInTheDocument();
    expect(search).not.toHaveBeenCalled();
  });

  it('let a reviewer begin with the review', async () => {
    await openWindow('start=open&cases=3&role=reviewer');
    expect(await screen.findByRole('heading', { level: 1, name: /검토/ })).toBeInTheDocument();
    expect(within(screen.getByRole('navigation')).queryByRole('button', { name: /상담/ })).toBeNull();
    router.go({ screen: 'settings' });
    await waitFor(() => expect(screen.getAllByRole('tab').map((tab) => tab.textContent)).toEqual(['화면', '정보']));
  });

  it('hold after somebody else signed in as well', async () => {
    const { user } = await openWindow('start=locked&cases=3&role=administrator');
    await lockAndOpen(user);
    expect(await screen.findByRole('button', { name: '사용자 추가' })).toBeInTheDocument();
  });
});

describe('the recovery key', () => {
  it('is asked for quietly until it was confirmed', async () => {
    const { user, fake } = await openWindow('start=open&cases=3&recovery=unconfirmed');
    const { recovery_key } = await fake.renew_recovery_key();
    expect(await screen.findByText(/복구 키를 적어 두었는지/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: '복구 키 확인하기' }));
    const dialog = await screen.findByRole('dialog');
    const field = within(dialog).getByLabelText('복구 키');
    await user.click(field);
    await user.paste(recovery_key.replace('A', 'B'));
    await user.click(within(dialog).getByRole('button', { name: '확인' }));
    expect(await within(dialog).findByText(/적어 둔 키와 다릅니다/)).toBeInTheDocument();
    await user.clear(field);
    await user.paste(recovery_key.toLowerCase().replaceAll('-', ' '));
    await user.click(within(dialog).getByRole('button', { name: '확인' }));
    await waitFor(() => expect(screen.queryByText(/복구 키를 적어 두었는지/)).toBeNull());
    expect(session.signed!.recovery_confirmed).toBe(true);
  });

  it('is nobody’s business who can do nothing about it', async () => {
    await openWindow('start=open&cases=3&recovery=unconfirmed&role=clinician');
    await screen.findByRole('listbox');
    expect(screen.queryByText(/복구 키를 적어 두었는지/)).toBeNull();
  });

  it('is made anew in the settings: asked, shown once, confirmed by its groups', async () => {
    const { user, fake } = await openWindow('start=open&cases=3');
    const renew = vi.spyOn(fake, 'renew_recovery_key');
    router.go({ screen: 'settings', tab: 'backup' });
    await user.click(await screen.findByRole('button', { name: '복구 키 새로 만들기' }));
    const dialog = await screen.findByRole('dialog');
    expect(renew).not.toHaveBeenCalled();
    await user.click(within(dialog).getByRole('button', { name: '복구 키 새로 만들기' }));
    const groups = within(await within(dialog).findByRole('list', { name: '복구 키' }))
      .getAllByRole('listitem')
      .map((item) => item.querySelector('code')!.textContent!);
    expect(groups).toHaveLength(14);
    expect(session.signed!.recovery_confirmed).toBe(false);
    await user.click(within(dialog).getByRole('button', { name: '적어 두었습니다' }));
    for (const field of within(dialog).getAllByLabelText(/번째 묶음/)) {
      const at = Number(/^(\d+)/.exec(field.closest('.field')!.textContent!.trim())![1]);
      await user.type(field, groups[at - 1]!);
    }
    await user.click(within(dialog).getByRole('button', { name: '확인' }));
    await waitFor(() => expect(session.signed!.recovery_confirmed).toBe(true));
    expect(document.body).not.toHaveTextContent(groups.join(''));
  });
});

describe('what happens without being asked for', () => {
  it('adds a dropped model on the models screen, and elsewhere says where', async () => {
    const { user, fake } = await openWindow('start=open&cases=3');
    const add = vi.spyOn(fake, 'add_model');
    await screen.findByRole('listbox');
    fake.happen({ kind: 'dropped', paths: ['/home/ward/Small.gguf'] });
    expect(await screen.findByText(/‘자료와 모델’ 화면에 놓으면/)).toBeInTheDocument();
    expect(add).not.toHaveBeenCalled();
    await user.click(
      within(screen.getByText(/화면에 놓으면/).closest('.toast') as HTMLElement).getByRole('button', {
        name: '자료와 모델',
      }),
    );
    await screen.findByRole('region', { name: /smollm2/ });
    fake.happen({ kind: 'dropped', paths: ['/home/ward/Small.gguf'] });
    expect(await screen.findByRole('region', { name: 'Small' })).toBeInTheDocument();
  });

  it('adds a dropped model in the first run', async () => {
    const { user, fake } = await openWindow('start=first_run');
    await user.click(await screen.findByRole('button', { name: '다음' }));
    await user.click(screen.getByRole('checkbox'));
    await user.click(screen.getByRole('button', { name: '다음' }));
    await user.type(screen.getByLabelText('이름'), '한');
    await user.type(screen.getByLabelText('암호'), 'blue river quiet');
    await user.type(screen.getByLabelText('암호 확인'), 'blue river quiet');
    await user.click(screen.getByRole('button', { name: '보관함 만들기' }));
    const list = await screen.findByRole('list', { name: '복구 키' });
    const groups = [...list.querySelectorAll('code')].map((code) => code.textContent);
    await user.click(screen.getByRole('button', { name: '적어 두었습니다' }));
    for (const field of screen.getAllByLabelText(/번째 묶음/)) {
      const at = Number(/^(\d+)/.exec(field.closest('.field')!.textContent!.trim())![1]);
      await user.type(field, groups[at - 1]!);
    }
    await user.click(screen.getByRole('button', { name: '확인' }));
    await screen.findByRole('button', { name: '시작하기' });
    fake.happen({ kind: 'dropped', paths: ['/home/ward/Small.gguf'] });
    expect(await screen.findByRole('region', { name: 'Small' })).toBeInTheDocument();
  });

  it('reads the worklist again when a case changed', async () => {
    const { fake } = await openWindow('start=open&cases=3');
    const rows = (await screen.findAllByRole('option')).length;
    await fake.save_case({
      content: { case_id: 'y', patient: { age_years: 4, sex: 'M' }, diagnoses: [{ system: 'icd10', code: 'I10' }] },
      key: null,
      version: null,
    });
    fake.happen({ kind: 'case_changed', key: 104 });
    await waitFor(() => expect(screen.getAllByRole('option')).toHaveLength(rows + 1));
  });

  it('says why a vault is open for reading only', async () => {
    const { fake } = await openWindow('start=locked&cases=3');
    const unlock = fake.unlock.bind(fake);
    vi.spyOn(fake, 'unlock').mockImplementation(async (a) => ({ ...(await unlock(a)), read_only: 'read_only.full' }));
    await lockAndOpen((await import('@testing-library/user-event')).default.setup());
    expect(await screen.findByText(/디스크가 가득 찼습니다/)).toBeInTheDocument();
  });
});

describe('the settings', () => {
  it('change a letter by pressing it, tell a conflict, and set it back', async () => {
    const { user } = await openWindow('start=open&cases=3');
    router.go({ screen: 'settings' });
    const accept = await screen.findByRole('button', { name: '단축키 바꾸기: 승인' });
    await user.click(accept);
    await user.keyboard('c');
    expect(await screen.findByText(/같은 화면의 ‘변경’ 명령/)).toBeInTheDocument();
    expect(session.preferences.keys).toEqual({});
    await user.keyboard('y');
    await waitFor(() => expect(session.preferences.keys).toEqual({ accept: 'y' }));
    expect(accept).toHaveTextContent('y');
    expect(commands.changed).toEqual({ accept: 'y' });
    await user.click(screen.getByRole('button', { name: '처음 단축키로: 승인' }));
    await waitFor(() => expect(session.preferences.keys).toEqual({}));
    await user.click(accept);
    await user.keyboard('{Escape}');
    expect(accept).toHaveTextContent('a');
  });

  it('offer every letter that a screen has, and no other', async () => {
    const { fake } = await openWindow('start=open&cases=3');
    const letters = new Map<string, string>();
    const gather = () => {
      for (const c of commands.all) {
        const letter = c.keys.find((k) => isSingle(k));
        if (letter !== undefined) letters.set(c.id, letter);
      }
    };
    await screen.findByRole('listbox');
    gather();
    router.go({ screen: 'suggestion', key: 1, id: null });
    await screen.findByRole('grid', { name: '제안 목록' });
    gather();
    for (const route of [
      { screen: 'review' },
      { screen: 'talk', key: 1 },
      { screen: 'case', key: 1 },
      { screen: 'version', key: 1, version: 1 },
      { screen: 'data' },
      { screen: 'settings' },
    ] as const) {
      router.go(route);
      await new Promise((done) => setTimeout(done, 150));
      gather();
    }
    expect(fake).toBeDefined();
    const offered = new Map(LETTERED.map((c) => [c.id, c.key]));
    expect([...letters].sort()).toEqual([...offered].sort());
  });

  it('keep the clinic for the leaflet', async () => {
    const { user, fake } = await openWindow('start=open&cases=3');
    router.go({ screen: 'settings', tab: 'site' });
    const name = await screen.findByLabelText('기관 이름');
    expect(screen.getByRole('button', { name: '저장' })).toBeDisabled();
    await user.clear(name);
    await user.type(name, '새봄의원');
    expect(screen.getByText('저장 전')).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: '저장' }));
    await waitFor(async () => expect(await fake.clinic()).toEqual({ name: '새봄의원', phone: '02-000-0000' }));
  });
});

describe('measures', () => {
  it('are taken of keys where text is typed, and of nothing else', async () => {
    const measure = vi.fn();
    vi.stubGlobal(
      'MessageChannel',
      class {
        port1 = { onmessage: null as null | (() => void), close: () => undefined };
        port2 = { postMessage: () => setTimeout(() => this.port1.onmessage?.(), 0) };
      },
    );
    performance.measure = measure as unknown as typeof performance.measure;
    performance.clearMeasures = vi.fn();
    performance.mark = vi.fn() as unknown as typeof performance.mark;
    const { user } = await openWindow('start=open&cases=3');
    (await screen.findByRole('listbox')).focus();
    await user.keyboard('j');
    await new Promise((done) => setTimeout(done, 60));
    expect(measure).not.toHaveBeenCalled();
    await user.type(screen.getByRole('searchbox'), '폐');
    await waitFor(() => expect(measure).toHaveBeenCalled());
    expect(measure.mock.calls[0]![0]).toBe('bogam:key');
    expect(JSON.stringify(measure.mock.calls)).not.toContain('폐');
    vi.unstubAllGlobals();
  });
});

it('says that sex is required, and which keys save and run', async () => {
  await openWindow('start=open&cases=3');
  router.go({ screen: 'case', key: null });
  expect(await screen.findByRole('group', { name: /성별\s*필수/ })).toBeInTheDocument();
  expect(screen.getByRole('button', { name: /저장하고 제안 만들기/ })).toHaveTextContent('Ctrl+Enter');
  expect(commands.all.find((c) => c.id === 'save_run')?.keys).toEqual(['ctrl+enter']);
});
