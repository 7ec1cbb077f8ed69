import { cleanup, screen, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { router } from '../lib/controllers/router.svelte';
import { session } from '../lib/controllers/session.svelte';
import { ApiError } from '../lib/api';
import { openWindow } from './window';

afterEach(cleanup);

async function openSuggestion(start?: string) {
  const open = await openWindow(start);
  router.go({ screen: 'suggestion', key: 1, id: null });
  // Whoever only reviews begins on another screen, with a grid of the same name that goes.
  const grid = await vi.waitFor(() => {
    const shown = screen.getByRole('grid', { name: '제안 목록' });
    expect(shown).toHaveAttribute('aria-rowcount');
    expect(shown.contains(document.activeElement)).toBe(true);
    return shown;
  });
  const rows = () => within(grid).getAllByRole('row');
  const selected = () => rows().find((row) => row.getAttribute('aria-selected') === 'true')!;
  return { ...open, grid, rows, selected };
}

describe('the first run', () => {
  it('leads from a language to an open vault, and asks for the recovery key again', async () => {
    const { user } = await openWindow('start=first_run');
    await user.click(await screen.findByRole('button', { name: '다음' }));
    expect(screen.getByRole('button', { name: '다음' })).toBeDisabled();
    await user.click(screen.getByRole('checkbox'));
    await user.click(screen.getByRole('button', { name: '다음' }));
    await user.type(screen.getByLabelText('이름'), '한지우');
    await user.type(screen.getByLabelText('암호'), 'blue river quiet');
    await user.type(screen.getByLabelText('암호 확인'), 'blue river quite');
    expect(screen.getByText('두 암호가 다릅니다.')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: '보관함 만들기' })).toBeDisabled();
    await user.clear(screen.getByLabelText('암호 확인'));
    await user.type(screen.getByLabelText('암호 확인'), 'blue river quiet');
    await user.click(screen.getByRole('button', { name: '보관함 만들기' }));
    const list = await screen.findByRole('list', { name: '복구 키' });
    const groups = within(list)
      .getAllByRole('listitem')
      .map((item) => item.querySelector('code')!.textContent!);
    expect(groups).toHaveLength(14);
    await user.click(screen.getByRole('button', { name: '적어 두었습니다' }));
    const fields = screen.getAllByLabelText(/번째 묶음/);
    for (const field of fields) await user.type(field, 'AAAA');
    await user.click(screen.getByRole('button', { name: '확인' }));
    expect(await screen.findByText(/적어 둔 키와 다릅니다/)).toBeInTheDocument();
    for (const field of fields) {
      const at = Number(/^(\d+)/.exec(field.closest('.field')!.textContent!.trim())![1]);
      await user.clear(field);
      await user.type(field, groups[at - 1]!.toLowerCase());
    }
    await user.click(screen.getByRole('button', { name: '확인' }));
    await user.click(await screen.findByRole('button', { name: '시작하기' }));
    expect(await screen.findByRole('heading', { name: '환자 목록' })).toBeInTheDocument();
  });
});

describe('the suggestion', () => {
  it('is asked for once: who comes back after a lock finds it, and does not ask again', async () => {
    const { fake, user } = await openWindow();
    const asked = vi.spyOn(fake, 'suggest');
    router.go({ screen: 'suggestion', key: 1, id: null, run: true });
    await screen.findByRole('grid', { name: '제안 목록' }, { timeout: 10_000 });
    await session.lock();
    await user.type(await screen.findByLabelText('암호'), 'demo{Enter}');
    await screen.findByRole('grid', { name: '제안 목록' }, { timeout: 10_000 });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('is decided by keyboard: accept, reject with a coded reason, undo', async () => {
    const { user, selected, rows } = await openSuggestion();
    expect(selected()).toHaveTextContent('푸로세미드');
    await user.keyboard('a');
    await vi.waitFor(() => expect(rows()[0]).toHaveTextContent('승인'));
    await vi.waitFor(() => expect(selected()).toHaveTextContent('비소프롤롤'));
    await user.keyboard('x');
    await screen.findByRole('radiogroup');
    await user.keyboard('2{Enter}');
    await vi.waitFor(() => expect(screen.queryByRole('radiogroup')).toBeNull());
    expect(rows()[1]).toHaveTextContent('금기 또는 위험이 큼');
    await user.click(within(rows()[1]!).getByRole('button', { name: /되돌리기/ }));
    await vi.waitFor(() => expect(rows()[1]).not.toHaveTextContent('금기 또는 위험이 큼'));
  });

  it('takes no letter of the list while a reason is asked for', async () => {
    const { user, rows } = await openSuggestion();
    await user.keyboard('x');
    await screen.findByRole('radiogroup');
    await user.keyboard('aA');
    expect(screen.getByRole('radiogroup')).toBeInTheDocument();
    expect(within(rows()[0]!).getByRole('button', { name: /^승인/ })).toBeInTheDocument();
  });

  it('does not take a letter while a Korean syllable is composed', async () => {
    const { rows, selected } = await openSuggestion();
    const composed = new KeyboardEvent('keydown', {
      key: 'a',
      code: 'KeyA',
      keyCode: 229,
      isComposing: true,
      bubbles: true,
    });
    selected().dispatchEvent(composed);
    await new Promise((done) => setTimeout(done, 20));
    expect(rows()[0]).not.toHaveTextContent('승인');
  });

  it('asks why before a withheld drug is given, and offers only reasons that answer a critical finding', async () => {
    const { user, rows, fake } = await openSuggestion();
    const decide = vi.spyOn(fake, 'decide');
    const ibuprofen = rows().find((row) => row.textContent!.includes('이부프로펜'))!;
    expect(within(ibuprofen).queryByRole('button', { name: /^승인/ })).toBeNull();
    await user.click(within(ibuprofen).getByRole('button', { name: /이유를 적고 계속/ }));
    const reasons = await screen.findByRole('radiogroup');
    expect(within(reasons).queryByLabelText(/모니터링/)).toBeNull();
    await user.click(within(reasons).getByLabelText(/기타/));
    await user.click(screen.getByRole('button', { name: /결정/ }));
    expect(await screen.findByText('이유를 적어야 합니다.')).toBeInTheDocument();
    expect(decide).not.toHaveBeenCalled();
    await user.type(screen.getByLabelText('덧붙일 말'), '짧게');
    await user.click(screen.getByRole('button', { name: /결정/ }));
    await vi.waitFor(() => expect(decide).toHaveBeenCalled());
    const { decisions, overrides } = decide.mock.calls[0]![0];
    expect(decisions).toMatchObject([{ ingredient: 'ibuprofen', decision: 'accepted', reason: 'other_with_text' }]);
    expect(overrides).toEqual([{ finding: 'F6', code: 'renal.avoid', reason: 'other_with_text', note: '짧게' }]);
  });

  it('accepts together only what has no warning and no unmade check', async () => {
    const { user, fake } = await openSuggestion();
    const decide = vi.spyOn(fake, 'decide');
    await user.keyboard('A');
    await vi.waitFor(() => expect(decide).toHaveBeenCalledTimes(1));
    const view = await fake.read_suggestion({ id: decide.mock.calls[0]![0].id });
    for (const { ingredient } of decide.mock.calls[0]![0].decisions) {
      const drug = view.record.drugs.find((d) => d.ingredient === ingredient)!;
      const tiers = view.record.findings.filter((f) => drug.findings.includes(f.id)).map((f) => f.tier);
      expect(
        tiers.every((tier) => tier === 'note'),
        ingredient,
      ).toBe(true);
      expect(
        view.record.not_evaluated.some((n) => n.drugs.includes(ingredient)),
        ingredient,
      ).toBe(false);
    }
  });

  it('is signed when everything is decided, and not before', async () => {
    const { user, fake, rows } = await openSuggestion();
    expect(screen.getByRole('button', { name: '서명' })).toBeDisabled();
    for (let i = 0; i < 40 && screen.getByRole('button', { name: '서명' }).hasAttribute('disabled'); i += 1) {
      const row = rows().find((r) => within(r).queryByRole('button', { name: /^승인:|^중단:/ }))!;
      await user.click(within(row).getByRole('button', { name: /^승인:|^중단:/ }));
      const reasons = within(row).queryByRole('radiogroup');
      // To stop a drug asks for the reason; that it is contraindicated is offered.
      if (reasons !== null) {
        expect(within(reasons).getByLabelText(/금기/)).toBeChecked();
        await user.click(within(row).getByRole('button', { name: /^결정/ }));
      }
      await vi.waitFor(() => expect(within(row).queryByRole('button', { name: /^승인:|^중단:/ })).toBeNull());
    }
    const sign = vi.spyOn(fake, 'sign');
    await user.click(screen.getByRole('button', { name: '서명' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: /서명/ }));
    await vi.waitFor(() => expect(sign).toHaveBeenCalled());
    expect(await screen.findByText(/서명됨/)).toBeInTheDocument();
    await vi.waitFor(() => expect(screen.queryByRole('button', { name: /^승인:/ })).toBeNull());
  });

  it('shows no drug while it is made, tells the stage, and can be stopped', async () => {
    const { user, fake } = await openWindow('start=open&cases=3');
    let tell: (progress: never) => void = () => undefined;
    let fail: (error: ApiError) => void = () => undefined;
    vi.spyOn(fake, 'suggest').mockImplementation(({ on }) => {
      tell = on as typeof tell;
      return new Promise((_, reject) => (fail = reject));
    });
    const stop = vi.spyOn(fake, 'stop_job').mockImplementation(async () => fail(new ApiError('cancelled')));
    router.go({ screen: 'suggestion', key: 3, id: null });
    await user.click(await screen.findByRole('button', { name: /제안 만들기/ }));
    tell({ kind: 'job', job: 7 } as never);
    tell({ kind: 'stage', stage: 'scoring', done: 19, total: 28 } as never);
    expect(await screen.findByText(/19\/28/)).toBeInTheDocument();
    expect(screen.queryByRole('grid')).toBeNull();
    await user.keyboard('{Escape}');
    expect(stop).toHaveBeenCalledWith({ job: 7 });
    expect(await screen.findByText(/^중지했습니다/)).toBeInTheDocument();
  });

  it('keeps what was asked when it cannot be stored, and says why', async () => {
    const { user, fake, rows } = await openSuggestion();
    vi.spyOn(fake, 'decide').mockRejectedValue(new ApiError('vault.full', { path: '/vault' }));
    await user.keyboard('x');
    await screen.findByRole('radiogroup');
    await user.keyboard('1{Enter}');
    expect(await screen.findByText(/디스크가 가득 찼습니다/)).toBeInTheDocument();
    expect(screen.getByRole('radiogroup')).toBeInTheDocument();
    expect(within(rows()[0]!).getByRole('button', { name: /^승인/ })).toBeInTheDocument();
  });

  it('checks an added drug at once, before it is added', async () => {
    const { user, fake } = await openSuggestion();
    const add = vi.spyOn(fake, 'add_drug');
    await user.type(screen.getByRole('combobox', { name: '약 추가' }), 'amiodarone');
    await user.click(await screen.findByRole('option', { name: /아미오다론/ }));
    const tried = await screen.findByRole('region', { name: '아미오다론' });
    expect(tried).toHaveTextContent('와르파린');
    expect(add).not.toHaveBeenCalled();
    await user.click(screen.getByRole('button', { name: /^추가/ }));
    await vi.waitFor(() => expect(screen.getByText('직접 추가')).toBeInTheDocument());
  });

  it('says so when there is no model, and has a list all the same', async () => {
    await openSuggestion('start=open&cases=3&model=none');
    expect(screen.getByText(/모델 없이 지식과 통계로 만든 목록입니다/)).toBeInTheDocument();
  });

  it('lets a reviewer read and not decide', async () => {
    const { user, rows } = await openSuggestion('start=open&cases=3&role=reviewer');
    expect(within(rows()[0]!).queryByRole('button')).toBeNull();
    await user.keyboard('a');
    expect(rows()[0]).not.toHaveTextContent('승인');
  });
});

describe('the window', () => {
  it('covers everything when it is locked, and comes back to where it was', async () => {
    const { user, fake } = await openSuggestion();
    fake.happen({ kind: 'locked', reason: 'idle' });
    expect(await screen.findByText(/사용하지 않아 잠갔습니다/)).toBeInTheDocument();
    expect(document.body).not.toHaveTextContent('푸로세미드');
    expect(document.body).not.toHaveTextContent('김○○');
    await user.type(screen.getByLabelText('암호'), 'wrong{Enter}');
    expect(await screen.findByText(/암호가 맞지 않습니다/)).toBeInTheDocument();
    await user.type(screen.getByLabelText('암호'), 'demo{Enter}');
    expect(await screen.findByRole('grid')).toHaveTextContent('푸로세미드');
  });

  it('begins anew when somebody else signs in', async () => {
    const { user } = await openSuggestion();
    await user.keyboard('{Control>}l{/Control}');
    await user.selectOptions(await screen.findByLabelText('사용자'), '오세린');
    await user.type(screen.getByLabelText('암호'), 'demo{Enter}');
    expect(await screen.findByRole('heading', { name: '환자 목록' })).toBeInTheDocument();
  });

  it('changes its language without a restart', async () => {
    const { user } = await openSuggestion();
    await user.keyboard('{Control>}k{/Control}');
    await user.type(await screen.findByRole('combobox', { name: '명령 찾기' }), 'english{Enter}');
    await vi.waitFor(() => expect(screen.getByRole('grid', { name: 'Suggested drugs' })).toBeInTheDocument());
    expect(document.documentElement.lang).toBe('en');
    expect(session.preferences.lang).toBe('en');
  });

  it('asks before it closes over running work', async () => {
    const { user, fake } = await openSuggestion();
    const close = vi.spyOn(fake, 'close_window');
    fake.happen({ kind: 'close_requested', running: 1 });
    const dialog = await screen.findByRole('dialog');
    expect(close).not.toHaveBeenCalled();
    await user.click(within(dialog).getByRole('button', { name: '중단하고 닫기' }));
    await vi.waitFor(() => expect(close).toHaveBeenCalledWith({ force: true }));
  });

  it('says that the model was restarted, and keeps the list', async () => {
    const { fake } = await openSuggestion();
    fake.happen({ kind: 'model', state: 'restarted', params: {} });
    expect(await screen.findByText(/모델이 멈춰 다시 시작했습니다/)).toBeInTheDocument();
    expect(screen.getByRole('grid')).toBeInTheDocument();
  });
});

describe('the case', () => {
  it('is kept as a draft while it is typed, and saved only when it is one', async () => {
    const { user, fake } = await openWindow();
    const [draft, save] = [vi.spyOn(fake, 'save_draft'), vi.spyOn(fake, 'save_case')];
    router.go({ screen: 'case', key: null });
    await user.type(await screen.findByLabelText(/나이/), '181');
    expect(await screen.findByText(/0–130 사이여야 합니다/)).toBeInTheDocument();
    await user.type(screen.getByLabelText(/체중/), '7o');
    expect(await screen.findByText('숫자로 입력하십시오.')).toBeInTheDocument();
    await vi.waitFor(() => expect(draft).toHaveBeenCalled(), 2000);
    expect(await screen.findByText(/저장 전 · .* 보관됨/)).toBeInTheDocument();
    await user.keyboard('{Control>}s{/Control}');
    await vi.waitFor(() => expect(screen.getAllByText('입력이 필요합니다.').length).toBeGreaterThan(1));
    expect(save).not.toHaveBeenCalled();
  });

  it('tells unknown from none', async () => {
    const { user, fake } = await openWindow();
    const check = vi.spyOn(fake, 'check_case');
    router.go({ screen: 'case', key: null });
    const allergies = await screen.findByRole('group', { name: '알레르기' });
    expect(within(allergies).getByRole('radio', { name: '모름' })).toBeChecked();
    await user.click(within(allergies).getByRole('radio', { name: '없음 (확인함)' }));
    await vi.waitFor(() => expect(check.mock.lastCall![0].content.patient!.allergies).toEqual([]));
  });

  it('is stored before the vault is locked by a key', async () => {
    const { user, fake } = await openWindow();
    const order: string[] = [];
    const [save, lock] = [fake.save_draft.bind(fake), fake.lock.bind(fake)];
    vi.spyOn(fake, 'save_draft').mockImplementation((a) => (order.push('draft'), save(a)));
    vi.spyOn(fake, 'lock').mockImplementation(() => (order.push('lock'), lock()));
    router.go({ screen: 'case', key: null });
    await user.type(await screen.findByLabelText(/나이/), '7');
    await user.keyboard('{Control>}l{/Control}');
    await screen.findByRole('heading', { name: '잠겨 있습니다' });
    expect(order).toEqual(['draft', 'lock']);
  });
});

describe('the consultation', () => {
  it('shows the red-flag card before an answer, in the language of the question, and without a model as well', async () => {
    const { user } = await openWindow('start=open&cases=3&model=none');
    router.go({ screen: 'talk', key: null });
    await user.type(await screen.findByRole('textbox', { name: '질문' }), 'The patient has chest pain{Enter}');
    const card = await screen.findByText('Signs of danger: act on these now');
    expect(card.closest('[lang]')).toHaveAttribute('lang', 'en');
    expect(screen.getByText(/쓸 수 있는 모델이 없습니다/)).toBeInTheDocument();
    expect(screen.getByRole('textbox', { name: '질문' })).toHaveValue('The patient has chest pain');
  });

  it('marks what nobody checked, and shows what the checks say of each drug', async () => {
    const { user } = await openWindow();
    router.go({ screen: 'talk', key: 1 });
    await user.type(await screen.findByRole('textbox', { name: '질문' }), '이부프로펜을 써도 됩니까?{Enter}');
    const answer = await screen.findByRole('article', { name: '모델의 답' });
    expect(answer.querySelector('mark')).toHaveTextContent('확인되지 않은');
    expect(answer).toHaveTextContent('위험');
  });
});

describe('the review', () => {
  it('takes a verdict by one key and counts it', async () => {
    const { user, fake } = await openWindow();
    const save = vi.spyOn(fake, 'save_review');
    router.go({ screen: 'review' });
    const grid = await screen.findByRole('grid');
    await vi.waitFor(() => expect(grid.contains(document.activeElement)).toBe(true));
    await user.keyboard('a');
    await vi.waitFor(() => expect(save).toHaveBeenCalledTimes(1));
    expect(save.mock.calls[0]![0].review).toMatchObject({ ingredient: 'furosemide', verdict: 'agree', comment: null });
    expect(await screen.findByText(/검토 1\//)).toBeInTheDocument();
  });
});
