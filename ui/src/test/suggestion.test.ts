import { cleanup, screen, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { ApiError } from '../lib/api';
import { commands } from '../lib/controllers/commands.svelte';
import { router } from '../lib/controllers/router.svelte';
import { openWindow } from './window';

afterEach(cleanup);

async function opened(start = 'start=open&cases=3', lang: 'ko' | 'en' = 'ko', id: number | null = null) {
  const open = await openWindow(start, lang);
  router.go({ screen: 'suggestion', key: 1, id });
  const grid = await screen.findByRole('grid');
  await vi.waitFor(() => expect(grid.contains(document.activeElement)).toBe(true));
  const rows = () => within(screen.getByRole('grid')).getAllByRole('row');
  const row = (name: string) => rows().find((r) => r.textContent.includes(name))!;
  const focused = (name: string) => vi.waitFor(() => expect(row(name)).toHaveFocus());
  return { ...open, rows, row, focused };
}

const selected = () =>
  within(screen.getByRole('grid'))
    .getAllByRole('row')
    .find((r) => r.getAttribute('aria-selected') === 'true')!;

/** The list of case 1, everything decided and signed. */
async function signed(start?: string) {
  const open = await opened(start);
  const { fake } = open;
  const { suggestions } = await fake.read_case({ key: 1, version: null });
  const id = suggestions[0]!.id;
  const { record } = await fake.read_suggestion({ id });
  const decision = (ingredient: string, kind: 'accepted' | 'rejected') => ({
    ingredient,
    decision: kind,
    changed_to: null,
    reason: kind === 'rejected' ? 'contraindicated' : null,
    note: null,
  });
  const current = record.withheld.filter((d) => d.current);
  await fake.decide({
    id,
    decisions: [
      ...record.drugs.map((d) => decision(d.ingredient, 'accepted')),
      ...current.map((d) => decision(d.ingredient, 'rejected')),
    ],
    overrides: [],
  });
  await fake.sign({ id });
  router.go({ screen: 'suggestion', key: 1, id });
  await screen.findByText(/서명됨/);
  return { ...open, id };
}

describe('a change', () => {
  it('begins with the drug and its dose, is checked before it is taken, and is told in words', async () => {
    const { user, fake, row } = await opened();
    const [check, decide] = [vi.spyOn(fake, 'check_drug'), vi.spyOn(fake, 'decide')];
    await user.keyboard('c');
    const form = await screen.findByRole('form', { name: /푸로세미드를 바꾸어/ });
    const amount = await within(form).findByLabelText('1회 용량');
    expect(amount).toHaveValue('20');
    expect(within(form).getByLabelText('경로')).toHaveValue('PO');
    expect(check.mock.calls[0]![0]).toMatchObject({ instead_of: 'furosemide', drug: { name: 'furosemide' } });
    await user.clear(amount);
    await user.type(amount, '40');
    await user.type(within(form).getByLabelText('1일 횟수'), '2');
    await vi.waitFor(() => expect(within(form).getByRole('button', { name: /결정/ })).toBeEnabled());
    await user.keyboard('{Enter}');
    await vi.waitFor(() => expect(row('푸로세미드')).toHaveTextContent('푸로세미드 40 mg · 경구 · 1일 2회'));
    expect(decide.mock.calls[0]![0]).toMatchObject({
      decisions: [
        {
          decision: 'changed',
          reason: null,
          changed_to: { name: 'furosemide', dose: { value: 40, unit: 'mg' }, route: 'PO', per_day: 2 },
        },
      ],
      overrides: [],
    });
  });

  it('with a critical finding needs a coded reason in its place', async () => {
    const { user, fake } = await opened();
    const decide = vi.spyOn(fake, 'decide');
    await user.keyboard('c');
    const form = await screen.findByRole('form', { name: /푸로세미드를 바꾸어/ });
    const amount = await within(form).findByLabelText('1회 용량');
    await user.clear(amount);
    await user.type(amount, '400');
    expect(await within(form).findByText(/1회 최대 용량 200 mg을 넘습니다/)).toBeInTheDocument();
    await user.type(amount, '{Enter}');
    expect(within(form).getByRole('button', { name: /결정/ })).toBeDisabled();
    expect(decide).not.toHaveBeenCalled();
    await user.click(within(form).getByLabelText(/유익성/));
    await user.click(within(form).getByRole('button', { name: /결정/ }));
    await vi.waitFor(() => expect(decide).toHaveBeenCalled());
    expect(decide.mock.calls[0]![0].overrides).toEqual([
      { finding: 'D1', code: 'max_dose.single', reason: 'benefit_outweighs', note: null },
    ]);
  });

  it('that the program finds critical meanwhile stays open, says so, and is checked anew', async () => {
    const { user, fake } = await opened();
    vi.spyOn(fake, 'decide').mockRejectedValueOnce(new ApiError('drug.needs_override', { code: 'interaction.avoid' }));
    await user.keyboard('c');
    await vi.waitFor(() => expect(screen.getByRole('button', { name: /^결정/ })).toBeEnabled());
    const check = vi.spyOn(fake, 'check_drug');
    await user.click(screen.getByRole('button', { name: /^결정/ }));
    await vi.waitFor(() => expect(check).toHaveBeenCalled());
    expect(screen.getByRole('form', { name: /푸로세미드를 바꾸어/ })).toBeInTheDocument();
    expect(screen.getByRole('alert')).toHaveTextContent('drug.needs_override');
  });

  it('is not accepted over what was found since: it is shown, and goes on with a reason', async () => {
    const { user, fake, row } = await opened();
    const decide = vi.spyOn(fake, 'decide');
    decide.mockRejectedValueOnce(
      new ApiError('drug.needs_override', { code: 'interaction.avoid', ingredient: 'furosemide' }),
    );
    const check = fake.check_drug.bind(fake);
    vi.spyOn(fake, 'check_drug').mockImplementation(async (a) => {
      const known = await check(a);
      const since = { ...(await check({ ...a, drug: 'metformin' })).findings[0]!, id: 'x/1' };
      since.tier = 'critical';
      since.code = 'interaction.avoid';
      since.message = { en: 'Not with the drug that was added.', ko: '추가한 약과 함께 쓰지 않습니다.' };
      return { ...known, findings: [...known.findings, since] };
    });
    await user.keyboard('a');
    const form = await screen.findByRole('form', { name: /푸로세미드/ });
    expect(within(form).getByText('추가한 약과 함께 쓰지 않습니다.')).toBeInTheDocument();
    await user.click(within(form).getByLabelText(/유익성/));
    await user.click(within(form).getByRole('button', { name: /결정/ }));
    await vi.waitFor(() => expect(decide).toHaveBeenCalledTimes(2));
    expect(decide.mock.lastCall![0].overrides).toContainEqual({
      finding: 'x/1',
      code: 'interaction.avoid',
      reason: 'benefit_outweighs',
      note: null,
    });
    await vi.waitFor(() => expect(row('푸로세미드')).toHaveTextContent('승인'));
  });

  it('can be to another drug, whose checks are shown first', async () => {
    const { user, fake, row } = await opened();
    const check = vi.spyOn(fake, 'check_drug');
    await user.keyboard('c');
    await user.type(await screen.findByRole('combobox', { name: '다른 약 찾기' }), 'torsemide');
    await user.click(await screen.findByRole('option', { name: /토르세미드|토라세미드|Torsemide/i }));
    await vi.waitFor(() => expect(check.mock.lastCall![0].drug).toMatchObject({ name: 'torsemide', dose: null }));
    await user.type(await screen.findByLabelText('1회 용량'), '10{Enter}');
    await vi.waitFor(() => expect(screen.getByRole('button', { name: /^결정/ })).toBeEnabled());
    await user.keyboard('{Enter}');
    await vi.waitFor(() => expect(row('푸로세미드')).toHaveTextContent(/10 mg/));
  });

  it('does not take a number that is none', async () => {
    const { user } = await opened();
    await user.keyboard('c');
    const amount = await screen.findByLabelText('1회 용량');
    await user.type(amount, 'x');
    expect(await screen.findByText('0보다 큰 숫자로 입력하십시오.')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: /^결정/ })).toBeDisabled();
  });
});

describe('a drug of one’s own', () => {
  it('carries a dose, is decided on like others, and can be taken out again', async () => {
    const { user, fake, row } = await opened();
    const add = vi.spyOn(fake, 'add_drug');
    await user.type(screen.getByRole('combobox', { name: '약 추가' }), 'digoxin');
    await user.click(await screen.findByRole('option', { name: /디곡신/ }));
    await user.type(await screen.findByLabelText('1회 용량'), '0.125');
    await user.selectOptions(screen.getByLabelText('경로'), 'PO');
    await user.type(screen.getByLabelText('1일 횟수'), '1');
    await vi.waitFor(() => expect(screen.getByRole('button', { name: /^추가/ })).toBeEnabled());
    await user.click(screen.getByRole('button', { name: /^추가/ }));
    await vi.waitFor(() => expect(row('디곡신')).toHaveTextContent('0.125 mg · 경구 · 1일 1회'));
    expect(add.mock.calls[0]![0].drug).toEqual({
      name: 'digoxin',
      dose: { value: 0.125, unit: 'mg' },
      route: 'PO',
      per_day: 1,
    });
    await user.click(within(row('디곡신')).getByRole('button', { name: '승인: 디곡신' }));
    await vi.waitFor(() => expect(within(row('디곡신')).queryByRole('button', { name: /^승인/ })).toBeNull());
    await user.click(within(row('디곡신')).getByRole('button', { name: /되돌리기/ }));
    await user.click(await within(row('디곡신')).findByRole('button', { name: '추가 취소: 디곡신' }));
    await vi.waitFor(() => expect(row('디곡신')).toBeUndefined());
  });

  it('with a critical finding is added with a reason only, which is asked for again before it is accepted', async () => {
    const { user, fake } = await opened();
    const [add, decide] = [vi.spyOn(fake, 'add_drug'), vi.spyOn(fake, 'decide')];
    await user.type(screen.getByRole('combobox', { name: '약 추가' }), 'digoxin');
    await user.click(await screen.findByRole('option', { name: /디곡신/ }));
    await user.type(await screen.findByLabelText('1회 용량'), '5');
    const group = await screen.findByRole('radiogroup', { name: /위험 확인에도/ });
    expect(screen.getByRole('button', { name: /^추가/ })).toBeDisabled();
    await user.click(within(group).getByLabelText(/대체할 약물/));
    await user.click(screen.getByRole('button', { name: /^추가/ }));
    await vi.waitFor(() => expect(add).toHaveBeenCalled());
    expect(add.mock.calls[0]![0].overrides).toMatchObject([{ code: 'max_dose.single', reason: 'no_alternative' }]);
    const added = () => screen.getByText('직접 추가').closest<HTMLElement>('[role="row"]')!;
    await vi.waitFor(() => expect(added()).toBeInTheDocument());
    await user.click(within(added()).getByRole('button', { name: /^승인/ }));
    expect(within(await within(added()).findByRole('radiogroup')).getByLabelText(/대체할 약물/)).toBeChecked();
    expect(decide).not.toHaveBeenCalled();
  });

  it('that stands in the list is decided there', async () => {
    const { user, focused } = await opened();
    await user.type(screen.getByRole('combobox', { name: '약 추가' }), 'dabigatran');
    await user.click(await screen.findByRole('option', { name: /다비가트란/ }));
    expect(await screen.findByText(/다비가트란은 이미 목록에 있습니다/)).toBeInTheDocument();
    await focused('다비가트란');
    expect(screen.queryByRole('button', { name: /^추가/ })).toBeNull();
  });
});

describe('the key a', () => {
  it('never overrides in silence: on a withheld drug it asks for the reason', async () => {
    const { user, fake, row, focused } = await opened();
    const [decide, override] = [vi.spyOn(fake, 'decide'), vi.spyOn(fake, 'override_finding')];
    await user.click(row('다비가트란'));
    row('다비가트란').focus();
    await focused('다비가트란');
    await user.keyboard('a');
    expect(await screen.findByRole('radiogroup', { name: /위험 확인에도 다비가트란/ })).toBeInTheDocument();
    // A second one falls into the form, and does not answer it.
    await user.keyboard('a{Enter}');
    expect(decide).not.toHaveBeenCalled();
    expect(override).not.toHaveBeenCalled();
  });

  it('asks as well on a drug of the list with a critical finding', async () => {
    const open = await openWindow('start=open&cases=3');
    const { suggestions } = await open.fake.read_case({ key: 1, version: null });
    const view = await open.fake.read_suggestion({ id: suggestions[0]!.id });
    view.record.findings.find((f) => f.id === view.record.drugs[1]!.findings[0])!.tier = 'critical';
    vi.spyOn(open.fake, 'read_suggestion').mockResolvedValue(view);
    const decide = vi.spyOn(open.fake, 'decide');
    router.go({ screen: 'suggestion', key: 1, id: null });
    await screen.findByRole('grid');
    await vi.waitFor(() => expect(selected()).toHaveFocus());
    await open.user.keyboard('j');
    await vi.waitFor(() => expect(selected()).toHaveTextContent('비소프롤롤'));
    await vi.waitFor(() => expect(selected()).toHaveFocus());
    await open.user.keyboard('a');
    expect(await screen.findByRole('radiogroup', { name: /위험 확인에도 비소프롤롤/ })).toBeInTheDocument();
    expect(decide).not.toHaveBeenCalled();
  });
});

describe('a withheld drug that is taken now', () => {
  it('is stopped with a coded reason, which is offered and can be another', async () => {
    const { user, fake, row } = await opened();
    const decide = vi.spyOn(fake, 'decide');
    await user.click(within(row('이부프로펜')).getByRole('button', { name: '중단: 이부프로펜' }));
    const reasons = await screen.findByRole('radiogroup');
    expect(within(reasons).getByLabelText(/금기/)).toBeChecked();
    await user.click(within(reasons).getByLabelText(/다른 약을 선택함/));
    await user.click(screen.getByRole('button', { name: /^결정/ }));
    await vi.waitFor(() => expect(decide).toHaveBeenCalled());
    expect(decide.mock.calls[0]![0].decisions).toMatchObject([{ decision: 'rejected', reason: 'other_drug' }]);
  });

  it('is replaced by the key c', async () => {
    const { user, fake, row, focused } = await opened();
    const decide = vi.spyOn(fake, 'decide');
    row('이부프로펜').focus();
    await focused('이부프로펜');
    await user.keyboard('c');
    await user.type(await screen.findByRole('combobox', { name: '다른 약 찾기' }), 'acetaminophen');
    await user.click((await screen.findAllByRole('option', { name: /아세트아미노펜/ }))[0]!);
    await user.type(await screen.findByLabelText('1회 용량'), '650');
    await vi.waitFor(() => expect(screen.getByRole('button', { name: /^결정/ })).toBeEnabled());
    await user.click(screen.getByRole('button', { name: /^결정/ }));
    await vi.waitFor(() => expect(decide).toHaveBeenCalled());
    expect(decide.mock.calls[0]![0].decisions[0]!.changed_to).toMatchObject({ name: 'acetaminophen' });
    await vi.waitFor(() => expect(row('이부프로펜')).toHaveTextContent('아세트아미노펜 650 mg'));
  });

  it('a withheld drug that is not taken has nothing to stop or change', async () => {
    const { user, row, focused } = await opened();
    expect(within(row('다비가트란')).getAllByRole('button')).toHaveLength(1);
    row('다비가트란').focus();
    await focused('다비가트란');
    await user.keyboard('xc');
    expect(screen.queryByRole('radiogroup')).toBeNull();
    expect(screen.queryByRole('combobox', { name: '다른 약 찾기' })).toBeNull();
  });
});

describe('after a signature', () => {
  it('the rows are frozen until one asks to revise, and deciding begins a new version', async () => {
    const { user, fake, rows, focused } = await signed();
    const decide = vi.spyOn(fake, 'decide');
    expect(within(screen.getByRole('grid')).queryByRole('button')).toBeNull();
    expect(screen.queryByRole('combobox', { name: '약 추가' })).toBeNull();
    expect(screen.getByRole('list', { name: '서명 기록' })).toHaveTextContent('1판 서명');
    rows()[0]!.focus();
    await user.keyboard('x');
    expect(await screen.findByText(/‘새 판으로 고치기’를 누르십시오/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: /새 판으로 고치기/ }));
    await focused('푸로세미드');
    await user.keyboard('x');
    await user.click(within(await screen.findByRole('radiogroup')).getByLabelText(/적응증이 없음/));
    await user.keyboard('{Enter}');
    await vi.waitFor(() => expect(decide).toHaveBeenCalledTimes(1));
    expect(await screen.findByText(/서명한 1판 이후에 바뀌었습니다/)).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: '서명' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: /서명/ }));
    await vi.waitFor(() => expect(screen.getByRole('list', { name: '서명 기록' })).toHaveTextContent('2판 서명'));
    expect(within(screen.getByRole('grid')).queryByRole('button')).toBeNull();
  });
});

describe('an older suggestion', () => {
  it('of an earlier version of the case says so, cannot be decided, and offers to run again', async () => {
    const open = await openWindow('start=open&cases=3');
    const view = await open.fake.read_case({ key: 1, version: null });
    await open.fake.save_case({ content: view.case, key: 1, version: view.version });
    router.go({ screen: 'suggestion', key: 1, id: null });
    expect(await screen.findByText(/이전 판에 대한 것입니다/)).toBeInTheDocument();
    const grid = screen.getByRole('grid');
    expect(within(grid).queryByRole('button')).toBeNull();
    expect(grid).toHaveTextContent('결정하지 않음');
    expect(screen.queryByText(/^결정 \d/)).toBeNull();
    expect(screen.queryByRole('button', { name: '서명' })).toBeNull();
    const suggest = vi.spyOn(open.fake, 'suggest');
    const notice = screen.getByText(/이전 판에 대한 것입니다/).closest('p')!;
    await open.user.click(within(notice).getByRole('button', { name: /다시 실행/ }));
    await vi.waitFor(() => expect(suggest).toHaveBeenCalled());
    await vi.waitFor(() => expect(screen.queryByText(/이전 판에 대한 것입니다/)).toBeNull());
    await screen.findByRole('grid');
    expect(await screen.findByRole('button', { name: '서명' })).toBeInTheDocument();
  });

  it('of several offers the newest', async () => {
    const open = await openWindow('start=open&cases=3');
    const { suggestions } = await open.fake.read_case({ key: 1, version: null });
    const options = { model: null, without_model: true, advice: true };
    await open.fake.suggest({ key: 1, options, on: () => undefined });
    router.go({ screen: 'suggestion', key: 1, id: suggestions[0]!.id });
    expect(await screen.findByText(/더 새로운 제안이 있습니다/)).toBeInTheDocument();
    await open.user.click(screen.getByRole('button', { name: '최신 제안 보기' }));
    await vi.waitFor(() => expect(screen.queryByText(/더 새로운 제안이 있습니다/)).toBeNull());
    expect(screen.getByText(/모델 없이 지식과 통계로 만든 목록입니다/)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: '비교' })).toBeInTheDocument();
  });
});

describe('the run', () => {
  it.each([1, 3])('without a model or with another is offered beside it, case %i', async (key) => {
    const { user, fake } = await openWindow('start=open&cases=3');
    router.go({ screen: 'suggestion', key, id: null });
    const suggest = vi.spyOn(fake, 'suggest');
    if (key === 1) await vi.waitFor(() => expect(selected()).toHaveFocus(), 5000);
    const menus = await screen.findAllByRole('button', { name: '모델을 골라 실행' });
    await user.click(menus.at(-1)!);
    const group = screen.getAllByRole('group', { name: '모델을 골라 실행' }).at(-1)!;
    const models = await fake.models();
    for (const model of models) {
      expect(await within(group).findByRole('button', { name: new RegExp(`^${model.name}`) })).toBeInTheDocument();
    }
    await user.click(within(group).getByRole('button', { name: '모델 없이 실행' }));
    await vi.waitFor(() => expect(suggest).toHaveBeenCalled());
    expect(suggest.mock.calls[0]![0].options).toMatchObject({ model: null, without_model: true });
    await screen.findByRole('grid');
    // The list takes the focus when it is shown.
    await vi.waitFor(() => expect(selected()).toHaveFocus(), 5000);
    await user.click(screen.getByRole('button', { name: '모델을 골라 실행' }));
    const usable = models.findLast((m) => m.intact !== false && m.fits !== 'no')!;
    await user.click(await screen.findByRole('button', { name: new RegExp(`^${usable.name}`) }));
    await vi.waitFor(() => expect(suggest.mock.lastCall![0].options.model).toBe(usable.name));
  });
});

describe('the advice', () => {
  async function outdated() {
    const open = await opened();
    const { fake, user } = open;
    await user.click(screen.getByRole('button', { name: '환자 안내' }));
    await user.click(within(screen.getByRole('region', { name: '환자 안내' })).getByRole('button', { name: '편집' }));
    const field = await screen.findByRole('textbox', { name: '환자 안내' });
    await user.clear(field);
    await user.type(field, '저녁에 드십시오.');
    await user.keyboard('{Control>}{Enter}{/Control}');
    await screen.findByText('고친 글');
    await user.click(screen.getByRole('button', { name: '승인: 푸로세미드' }));
    await screen.findByText('이전 결정에 대한 글');
    return { ...open, fake };
  }

  it('that was edited before a decision says so, and cannot be confirmed until it is composed anew', async () => {
    const { user, fake } = await outdated();
    const save = vi.spyOn(fake, 'save_advice');
    expect(screen.queryByRole('button', { name: /확인함으로 표시/ })).toBeNull();
    await user.click(screen.getByRole('button', { name: /고친 글을 버리고 새로 만들기/ }));
    await vi.waitFor(() => expect(screen.queryByText('이전 결정에 대한 글')).toBeNull());
    expect(save.mock.calls.map(([a]) => [a.lang, a.text])).toEqual([
      ['ko', ''],
      ['en', ''],
    ]);
    expect(screen.getByRole('region', { name: '환자 안내' })).not.toHaveTextContent('저녁에 드십시오.');
    expect(screen.getByRole('button', { name: /확인함으로 표시/ })).toBeInTheDocument();
  });

  it('can be edited again instead', async () => {
    const { user } = await outdated();
    await user.click(screen.getByRole('button', { name: /고친 글 다시 고치기/ }));
    const field = await screen.findByRole('textbox', { name: '환자 안내' });
    expect(field).toHaveValue('저녁에 드십시오.');
    await vi.waitFor(() => expect(field).toHaveFocus());
    await user.keyboard('{Control>}{Enter}{/Control}');
    await vi.waitFor(() => expect(screen.queryByText('이전 결정에 대한 글')).toBeNull());
    expect(screen.getByText('고친 글')).toBeInTheDocument();
  });

  it('goes to the paper that is chosen, and is a draft until it is confirmed', async () => {
    const { user, fake } = await opened();
    const print = vi.spyOn(fake, 'print_leaflet');
    expect(screen.getAllByText(/초안/).length).toBeGreaterThan(0);
    await user.click(screen.getByRole('radio', { name: 'A5' }));
    await user.click(screen.getByRole('button', { name: 'PDF로 저장' }));
    await vi.waitFor(() => expect(print.mock.calls[0]![0]).toMatchObject({ paper: 'a5', to: 'file' }));
    await user.click(screen.getByRole('button', { name: /^인쇄/ }));
    await vi.waitFor(() => expect(print.mock.lastCall![0]).toMatchObject({ paper: 'a5', to: 'printer' }));
    await user.click(screen.getByRole('button', { name: '환자 안내' }));
    await user.click(screen.getByRole('button', { name: /확인함으로 표시/ }));
    await vi.waitFor(() => expect(screen.queryByText('초안')).toBeNull());
  });
});

describe('the consultation', () => {
  it.each([
    { screen: 'case' as const, key: 1 },
    { screen: 'suggestion' as const, key: 1, id: null },
  ])('is a button away from $screen', async (route) => {
    const { user } = await openWindow('start=open&cases=3');
    router.go(route);
    await screen.findByRole('banner');
    await user.click(within(screen.getByRole('banner')).getByRole('button', { name: /상담/ }));
    expect(router.route).toEqual({ screen: 'talk', key: 1 });
    await screen.findByRole('log');
    // The strip comes once the case was read, after the log.
    const strip = await screen.findByRole('banner');
    expect(within(strip).queryByRole('button')).toBeNull();
  });

  it('can stop editing an earlier question, and finds what was typed before', async () => {
    const { user, fake } = await openWindow('start=open&cases=3');
    const consult = vi.spyOn(fake, 'consult');
    router.go({ screen: 'talk', key: 1 });
    const field = await screen.findByRole('textbox', { name: '질문' });
    await user.type(field, '처음 질문{Enter}');
    await screen.findByRole('article', { name: '모델의 답' });
    await user.type(field, '다음');
    await user.click(screen.getByRole('button', { name: '질문 고치기' }));
    expect(field).toHaveValue('처음 질문');
    expect(screen.getByText(/앞의 질문을 고치는 중입니다/)).toBeInTheDocument();
    await user.keyboard('{Escape}');
    expect(field).toHaveValue('다음');
    await user.keyboard('{Enter}');
    await vi.waitFor(() => expect(consult.mock.lastCall![0]).toMatchObject({ text: '다음', replace: null }));
  });

  it('goes on where a question was saved that no model answered, without a meter of nothing', async () => {
    const { user } = await openWindow('start=open&cases=3&model=none');
    router.go({ screen: 'talk', key: 1 });
    await user.type(await screen.findByRole('textbox', { name: '질문' }), '신기능은 어떻습니까?{Enter}');
    expect(await screen.findByRole('article', { name: '질문' })).toHaveTextContent('신기능은 어떻습니까?');
    expect(screen.queryByRole('meter')).toBeNull();
    // Asking again is a button away, and adds no second question.
    await user.click(screen.getByRole('button', { name: '다시 시도' }));
    await vi.waitFor(() => expect(screen.getByRole('button', { name: '다시 시도' })).toBeEnabled());
    expect(screen.getAllByRole('article', { name: '질문' })).toHaveLength(1);
  });

  it('shows how full the context is once a model told it', async () => {
    const { user } = await openWindow('start=open&cases=3');
    router.go({ screen: 'talk', key: 1 });
    await user.type(await screen.findByRole('textbox', { name: '질문' }), '신기능은?{Enter}');
    await screen.findByRole('article', { name: '모델의 답' });
    expect(screen.getByRole('meter', { name: '문맥' })).toHaveAttribute('max', '4096');
  });

  it('marks what nobody checked in the language of the answer', async () => {
    const { user } = await openWindow('start=open&cases=3');
    router.go({ screen: 'talk', key: 1 });
    await user.type(await screen.findByRole('textbox', { name: '질문' }), 'May I give ibuprofen?{Enter}');
    const answer = await screen.findByRole('article', { name: '모델의 답' });
    expect(answer.querySelector('mark')).toHaveTextContent('unchecked');
  });
});

describe('what is typed', () => {
  const unlock = async (user: Awaited<ReturnType<typeof openWindow>>['user']) => {
    await user.type(await screen.findByLabelText('암호'), 'demo{Enter}');
  };

  it('as a reason is kept before a lock by key, and asked for again with its words', async () => {
    const { user, fake } = await opened();
    const order: string[] = [];
    const [keep, lock] = [fake.keep_text.bind(fake), fake.lock.bind(fake)];
    vi.spyOn(fake, 'keep_text').mockImplementation((a) => (order.push(a.place), keep(a)));
    vi.spyOn(fake, 'lock').mockImplementation(() => (order.push('lock'), lock()));
    await user.keyboard('x');
    await user.type(await screen.findByLabelText('덧붙일 말'), '혈압이 낮음');
    await user.keyboard('{Control>}l{/Control}');
    await screen.findByRole('heading', { name: '잠겨 있습니다' });
    expect(order.at(-1)).toBe('lock');
    expect(order.at(-2)).toMatch(/^reason\/\d+\/reject\/furosemide$/);
    await unlock(user);
    expect(await screen.findByLabelText('덧붙일 말')).toHaveValue('혈압이 낮음');
    await user.click(screen.getByLabelText(/적응증이 없음/));
    await user.click(screen.getByRole('button', { name: /^결정/ }));
    await vi.waitFor(async () => expect(await fake.kept_texts()).toEqual({}));
  });

  it('as the drug and the dose of a change come back, and a reason that was chosen', async () => {
    const { user, fake } = await opened();
    await user.keyboard('c');
    const amount = await screen.findByLabelText<HTMLInputElement>('1회 용량');
    const before = amount.value;
    await user.clear(amount);
    await user.type(amount, '30');
    expect(before).not.toBe('30');
    fake.happen({ kind: 'locked', reason: 'idle' });
    await unlock(user);
    await vi.waitFor(() => expect(screen.getByLabelText('1회 용량')).toHaveValue('30'));
    await user.keyboard('{Escape}');
    await vi.waitFor(async () => expect(await fake.kept_texts()).toEqual({}));
    await user.keyboard('x');
    await user.click(await screen.findByLabelText(/적응증이 없음/));
    fake.happen({ kind: 'locked', reason: 'idle' });
    await unlock(user);
    expect(await screen.findByLabelText(/적응증이 없음/)).toBeChecked();
    await user.click(screen.getByRole('button', { name: /^결정/ }));
    await vi.waitFor(async () => expect(await fake.kept_texts()).toEqual({}));
  });

  it('as advice comes back after the window was locked for being idle', async () => {
    const { user, fake } = await opened();
    await user.click(screen.getByRole('button', { name: '환자 안내' }));
    await user.click(within(screen.getByRole('region', { name: '환자 안내' })).getByRole('button', { name: '편집' }));
    await user.type(await screen.findByRole('textbox', { name: '환자 안내' }), ' 한 문장 더.');
    await vi.waitFor(async () => expect(Object.keys(await fake.kept_texts())).toHaveLength(1), 2000);
    fake.happen({ kind: 'locked', reason: 'idle' });
    await unlock(user);
    const field = await screen.findByRole<HTMLTextAreaElement>('textbox', { name: '환자 안내' });
    expect(field.value).toMatch(/ 한 문장 더\.$/);
    await user.click(within(screen.getByRole('region', { name: '환자 안내' })).getByRole('button', { name: /^저장/ }));
    await vi.waitFor(async () => expect(await fake.kept_texts()).toEqual({}));
    expect((await screen.findByRole('region', { name: '환자 안내' })).textContent).toContain('한 문장 더.');
  });

  it('as a question comes back, and goes when it was answered', async () => {
    const { user, fake } = await openWindow('start=open&cases=3');
    router.go({ screen: 'talk', key: 1 });
    await user.type(await screen.findByRole('textbox', { name: '질문' }), '신기능은');
    await user.keyboard('{Control>}l{/Control}');
    await unlock(user);
    const field = await screen.findByRole('textbox', { name: '질문' });
    await vi.waitFor(() => expect(field).toHaveValue('신기능은'));
    await user.type(field, ' 어떻습니까?{Enter}');
    await screen.findByRole('article', { name: '모델의 답' });
    await vi.waitFor(async () => expect(await fake.kept_texts()).toEqual({}));
    expect(field).toHaveValue('');
  });

  it('as a comment stays with its drug, and is kept', async () => {
    const { user, fake } = await openWindow('start=open&cases=3');
    const save = vi.spyOn(fake, 'save_review');
    router.go({ screen: 'review' });
    const grid = await screen.findByRole('grid');
    await vi.waitFor(() => expect(grid.contains(document.activeElement)).toBe(true));
    await user.type(screen.getByLabelText('의견'), '용량이 큼');
    const rows = within(grid).getAllByRole('row');
    await user.click(rows[1]!);
    expect(screen.getByLabelText('의견')).toHaveValue('');
    await user.click(rows[0]!);
    expect(screen.getByLabelText('의견')).toHaveValue('용량이 큼');
    await vi.waitFor(async () => expect(Object.values(await fake.kept_texts())).toEqual(['용량이 큼']), 2000);
    await user.type(screen.getByLabelText('의견'), '{Enter}');
    await vi.waitFor(() =>
      expect(save.mock.calls[0]![0].review).toMatchObject({ verdict: 'comment', comment: '용량이 큼' }),
    );
    await vi.waitFor(async () => expect(await fake.kept_texts()).toEqual({}));
  });

  it('is not lost when it cannot be kept for a moment', async () => {
    const { user, fake } = await opened();
    const keep = vi.spyOn(fake, 'keep_text').mockRejectedValueOnce(new ApiError('vault.full'));
    await user.keyboard('x');
    const field = await screen.findByLabelText('덧붙일 말');
    await user.type(field, '하나');
    await vi.waitFor(() => expect(keep).toHaveBeenCalledTimes(1), 2000);
    await user.type(field, ' 둘');
    await vi.waitFor(async () => expect(Object.values(await fake.kept_texts())).toEqual(['하나 둘']), 2000);
  });
});

describe('keys', () => {
  it('are shown beside their buttons as they were set', async () => {
    await opened();
    commands.changed = { accept: 'y' };
    await vi.waitFor(() =>
      expect(within(selected()).getByRole('button', { name: /^승인/ }).querySelector('kbd')).toHaveTextContent('y'),
    );
    commands.singleKeys = false;
    await vi.waitFor(() => expect(selected().querySelector('kbd')).toBeNull());
  });
});

describe('the review', () => {
  it('tells what a drug was changed to', async () => {
    const { fake } = await openWindow('start=open&cases=3');
    const id = (await fake.read_case({ key: 1, version: null })).suggestions[0]!.id;
    const changed_to = { name: 'furosemide', dose: { value: 40, unit: 'mg' }, route: 'PO', per_day: 1 };
    const changed = { ingredient: 'furosemide', decision: 'changed', changed_to, reason: null, note: null } as const;
    await fake.decide({ id, decisions: [changed], overrides: [] });
    router.go({ screen: 'review' });
    const rows = within(await screen.findByRole('grid')).getAllByRole('row');
    expect(rows[0]).toHaveTextContent('푸로세미드 40 mg · 경구 · 1일 1회');
  });
});

describe('the list', () => {
  const measured = (part: string) => performance.getEntriesByName(`bogam:list:${part}`) as PerformanceMeasure[];

  it('is measured when it is shown, once', async () => {
    for (const part of ['read', 'first', 'whole']) performance.clearMeasures(`bogam:list:${part}`);
    const { user } = await opened();
    await vi.waitFor(() => expect(measured('whole')).toHaveLength(1));
    const { length: rows } = within(screen.getByRole('grid')).getAllByRole('row');
    expect(measured('read')).toHaveLength(1);
    expect(measured('first')[0]!.detail.rows).toBeLessThanOrEqual(rows);
    expect(measured('whole')[0]!.detail).toEqual({ rows });
    expect(measured('whole')[0]!.duration).toBeGreaterThanOrEqual(measured('first')[0]!.duration);
    const [before] = measured('first');
    await user.keyboard('a');
    await vi.waitFor(() => expect(selected()).toHaveTextContent('비소프롤롤'));
    await new Promise((done) => setTimeout(done, 50));
    expect(measured('first')).toEqual([before]);
  });

  it('is drawn a screen first, and whole soon after, with what stands below it', async () => {
    await openWindow('start=open&cases=40&drugs=60');
    router.go({ screen: 'suggestion', key: 1, id: null });
    const grid = await screen.findByRole('grid');
    const shown = () => within(grid).getAllByRole('row').length;
    const first = shown();
    expect(first).toBeLessThan(60);
    expect(screen.queryByRole('form', { name: '약 추가' })).toBeNull();
    const all = Number(grid.getAttribute('aria-rowcount'));
    expect(all).toBeGreaterThanOrEqual(60);
    await vi.waitFor(() => expect(shown()).toBe(all));
    expect(await screen.findByRole('form', { name: '약 추가' })).toBeInTheDocument();
  });
});
