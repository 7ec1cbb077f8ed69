import { cleanup, screen, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { ApiError, type Progress, type TrainingRun } from '../lib/api';
import { router } from '../lib/controllers/router.svelte';
import { curves, thinned, trainer } from '../lib/controllers/training.svelte';
import { openWindow } from './window';

afterEach(cleanup);

const open = async (start = 'start=open&cases=3') => {
  const opened = await openWindow(start);
  router.go({ screen: 'data' });
  await opened.user.click(await screen.findByRole('tab', { name: '학습' }));
  return opened;
};

/** As far as what will happen is shown. */
const looked = async () => {
  const opened = await open();
  await opened.user.click(await screen.findByRole('button', { name: '표본 파일 고르기' }));
  await opened.user.click(await screen.findByRole('button', { name: '내용 확인' }));
  return { ...opened, plan: await screen.findByRole('region', { name: '학습 내용' }) };
};

/** A training that goes on until the test says otherwise. */
const held = (fake: { train: unknown }, call: 'train' | 'resume_training' = 'train') => {
  const hold = {
    on: (() => undefined) as (progress: Progress) => void,
    end: (() => undefined) as (run: TrainingRun) => void,
    fail: (() => undefined) as (error: ApiError) => void,
  };
  const spy = vi.spyOn(fake as never, call as never) as unknown as ReturnType<typeof vi.fn>;
  spy.mockImplementation((({ on }: { on: (progress: Progress) => void }) => {
    hold.on = on;
    on({ kind: 'job', job: 71 });
    return new Promise<TrainingRun>((end, fail) => Object.assign(hold, { end, fail }));
  }) as never);
  return { hold, spy };
};

const step = (n: number, loss: number, validation_loss: number | null): Progress => ({
  ...{ kind: 'step', step: n, steps: 40, loss, validation_loss },
  ...{ tokens_per_second: 234, seconds_left: (40 - n) * 60 },
});

describe('what will happen', () => {
  it('is shown before anything begins: samples by fate, steps, memory', async () => {
    const { plan } = await looked();
    expect(plan).toHaveTextContent('읽은 표본 254');
    expect(plan).toHaveTextContent('제외 14');
    const row = within(plan).getByRole('row', { name: /답이 없음/ });
    expect(row).toHaveTextContent(/제외\s*9\s*4, 31, 55, 90, 121 …/);
    expect(within(plan).getByRole('row', { name: /반복된 항목 삭제/ })).toHaveTextContent(/수정\s*3/);
    expect(plan).toHaveTextContent('필요 834 MiB / 사용 가능 14 GiB. 메모리가 충분합니다.');
    expect(screen.getByRole('button', { name: '학습 시작' })).toBeEnabled();
    // It is told as well, by what was there before it.
    expect(screen.getByText(/학습 내용이 나왔습니다\. 학습용 표본 228개, 285단계/)).toHaveAttribute('role', 'status');
  });

  it('can be stopped while it is looked for, and the focus stays in the form', async () => {
    const { user, fake } = await open();
    let fail: (error: ApiError) => void = () => undefined;
    vi.spyOn(fake, 'plan_training').mockImplementation(({ on }) => {
      on({ kind: 'job', job: 31 });
      return new Promise((_, reject) => (fail = reject));
    });
    const stop = vi.spyOn(fake, 'stop_job');
    await user.click(await screen.findByRole('button', { name: '표본 파일 고르기' }));
    await user.click(await screen.findByRole('button', { name: '내용 확인' }));
    await user.click(await screen.findByRole('button', { name: '중지' }));
    expect(stop).toHaveBeenCalledWith({ job: 31 });
    fail(new ApiError('cancelled'));
    expect(await screen.findByText(/확인을 중지했습니다/)).toHaveAttribute('role', 'status');
    expect(screen.queryByRole('alert')).toBeNull();
    expect(screen.queryByRole('button', { name: '중지' })).toBeNull();
    expect(screen.getByRole('button', { name: '내용 확인' })).toHaveFocus();
  });

  it('is of the samples that were chosen last, though the dialog was open meanwhile', async () => {
    const { user, fake } = await looked();
    const other = { name: 'other.jsonl', path: '/home/ward/other.jsonl', bytes: 10, shared: true };
    let answer: (file: typeof other) => void = () => undefined;
    vi.spyOn(fake, 'choose_samples').mockImplementation(() => new Promise((done) => (answer = done)));
    await user.click(screen.getByRole('button', { name: '다른 파일 고르기' }));
    await user.click(screen.getByRole('button', { name: '내용 확인' }));
    await screen.findByRole('region', { name: '학습 내용' });
    answer(other);
    expect(await screen.findByText(/other\.jsonl/)).toBeInTheDocument();
    expect(screen.queryByRole('region', { name: '학습 내용' })).toBeNull();
    // And who else can read it is said.
    expect(screen.getByText(/다른 사용자가 이 파일을 읽을 수 있습니다/)).toHaveTextContent(/권한을 바꾼 뒤/);

    // Asked for before, answered after.
    const plan = await fake.plan_training({
      ...{ choice: { model: 'm', preset: 'best', rank: null, epochs: null }, on: () => undefined },
    });
    let planned: (of: typeof plan) => void = () => undefined;
    vi.spyOn(fake, 'plan_training').mockImplementation(() => new Promise((done) => (planned = done)));
    await user.click(screen.getByRole('button', { name: '다른 파일 고르기' }));
    await user.click(screen.getByRole('button', { name: '내용 확인' }));
    answer({ ...other, shared: false });
    await vi.waitFor(() => expect(screen.queryByText(/다른 사용자가 이 파일을/)).toBeNull());
    planned(plan);
    expect(await screen.findByRole('button', { name: '내용 확인' })).toBeEnabled();
    expect(screen.queryByRole('region', { name: '학습 내용' })).toBeNull();
  });

  it('holds no more when something is changed: it has to be looked at again', async () => {
    const { user } = await looked();
    await user.type(screen.getByRole('textbox', { name: /랭크/ }), '8');
    expect(screen.queryByRole('region', { name: '학습 내용' })).toBeNull();
    expect(screen.queryByRole('button', { name: '학습 시작' })).toBeNull();
  });

  it('refuses with numbers what does not fit into memory, and samples of which none is left', async () => {
    const { user, fake } = await open();
    const choice = { model: 'm', preset: 'best', rank: null, epochs: null } as const;
    const plan = await fake.plan_training({ choice, on: () => undefined });
    const look = vi.spyOn(fake, 'plan_training');
    look.mockResolvedValue({ ...plan, fits: false, needs_bytes: 30 * 1024 ** 3, available_bytes: 6 * 1024 ** 3 });
    await user.click(await screen.findByRole('button', { name: '표본 파일 고르기' }));
    await user.click(await screen.findByRole('button', { name: '내용 확인' }));
    expect(await screen.findByRole('region', { name: '학습 내용' })).toHaveTextContent(
      /필요 30 GiB \/ 사용 가능 6 GiB\. 메모리가 모자라/,
    );
    expect(screen.getByRole('button', { name: '학습 시작' })).toBeDisabled();
    look.mockResolvedValue({ ...plan, train_samples: 0, validation_samples: 0, dropped: 254 });
    await user.click(screen.getByRole('button', { name: '내용 확인' }));
    expect(await screen.findByText(/학습할 표본이 없습니다/)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: '학습 시작' })).toBeDisabled();
  });

  it('asks for whole numbers, and for the preset’s where nothing is typed', async () => {
    const { user, fake } = await open();
    await user.click(await screen.findByRole('button', { name: '표본 파일 고르기' }));
    const rank = screen.getByRole('textbox', { name: /랭크/ });
    expect(rank).toHaveAttribute('placeholder', '16');
    await user.type(rank, '1.5');
    expect(screen.getByText('1 이상의 정수를 입력하십시오.')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: '내용 확인' })).toBeDisabled();
    await user.clear(rank);
    await user.click(screen.getByRole('radio', { name: '논문 설정' }));
    expect(rank).toHaveAttribute('placeholder', '32');
    await user.type(screen.getByRole('textbox', { name: /반복/ }), '3');
    const look = vi.spyOn(fake, 'plan_training');
    await user.click(screen.getByRole('button', { name: '내용 확인' }));
    await screen.findByRole('region', { name: '학습 내용' });
    expect(look.mock.calls[0]![0].choice).toEqual({
      ...{ model: 'smollm2-135m-instruct', preset: 'published', rank: null, epochs: 3 },
    });
  });
});

describe('a training', () => {
  it('shows step, losses, speed and the time that is left, and a plot that grows', async () => {
    const { user, fake } = await looked();
    const { hold } = held(fake);
    await user.click(screen.getByRole('button', { name: '학습 시작' }));
    const going = await screen.findByRole('region', { name: '학습 중' });
    hold.on(step(1, 2.5, 2.75));
    hold.on(step(2, 2.25, 2.75));
    await vi.waitFor(() => expect(going).toHaveTextContent('2/40단계'));
    expect(going).toHaveTextContent('학습 손실 2.250');
    expect(going).toHaveTextContent('검증 손실 2.750');
    expect(going).toHaveTextContent('234토큰/초');
    expect(going).toHaveTextContent('남은 시간 약 38분');
    hold.on(step(3, 2, 2.5));
    await user.click(within(going).getByRole('button', { name: '표로 보기' }));
    const rows = within(going).getAllByRole('row');
    // Evaluated before the first step and before the third.
    expect(rows.map((row) => row.textContent?.replace(/\s+/g, ' ').trim())).toEqual([
      ...['단계학습검증', '0 2.75', '1 2.5', '2 2.25 2.5', '3 2'].map((text) => expect.stringMatching(pattern(text))),
    ]);
    // One at a time.
    expect(screen.getByRole('button', { name: '내용 확인' })).toBeDisabled();
  });

  it('outlives the tab that began it', async () => {
    const { user, fake } = await looked();
    const { hold } = held(fake);
    await user.click(screen.getByRole('button', { name: '학습 시작' }));
    hold.on(step(5, 2, null));
    await user.click(screen.getByRole('tab', { name: '지식' }));
    hold.on(step(6, 1.875, null));
    const known = await fake.training();
    const run = { ...known.runs[1]!, id: 'run-1', model: 'ward' };
    const list = vi.spyOn(fake, 'training');
    const runs = [{ ...run, ended: 'running' as const, job: 71 }, ...known.runs];
    list.mockResolvedValue({ ...known, runs });
    await user.click(screen.getByRole('tab', { name: '학습' }));
    expect(await screen.findByText(/6\/40단계/)).toBeInTheDocument();
    const card = await screen.findByRole('region', { name: /ward/ });
    expect(card).toHaveTextContent('학습 중');
    list.mockResolvedValue({ ...known, runs: [run, ...known.runs] });
    hold.end(run);
    expect(await screen.findByText('학습을 마쳤습니다.')).toBeInTheDocument();
    await vi.waitFor(() => expect(screen.queryByRole('region', { name: '학습 중' })).toBeNull());
    // Its card as well, though another showing of the tab began it.
    await vi.waitFor(() => expect(card).toHaveTextContent('완료'));
    expect(within(card).queryByRole('button', { name: '중지' })).toBeNull();
    expect(within(card).getByRole('button', { name: '이 어댑터 쓰기' })).toBeEnabled();
  });

  it('is shown, and can be stopped, when the list cannot be read', async () => {
    const { user, fake } = await looked();
    const { hold } = held(fake);
    const stop = vi.spyOn(fake, 'stop_job');
    await user.click(screen.getByRole('button', { name: '학습 시작' }));
    hold.on(step(5, 2, null));
    await user.click(screen.getByRole('tab', { name: '지식' }));
    vi.spyOn(fake, 'training').mockRejectedValue(new ApiError('vault.file', { path: '/media/usb' }));
    await user.click(screen.getByRole('tab', { name: '학습' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('/media/usb');
    const going = screen.getByRole('region', { name: '학습 중' });
    expect(going).toHaveTextContent('5/40단계');
    await user.click(within(going).getByRole('button', { name: '중지' }));
    expect(stop).toHaveBeenCalledWith({ job: 71 });
  });

  it('tells how it ended where it told how it went, and keeps the focus', async () => {
    const { user, fake } = await looked();
    const { hold } = held(fake);
    await user.click(screen.getByRole('button', { name: '학습 시작' }));
    const state = screen.getByRole('group', { name: '학습 상태' });
    await vi.waitFor(() => expect(state).toHaveFocus());
    hold.on(step(5, 2, null));
    const status = [...state.querySelectorAll(':scope > [role=status]')];
    expect(status).toHaveLength(1);
    within(state).getByRole('button', { name: '중지' }).focus();
    hold.end((await fake.training()).runs[1]!);
    await vi.waitFor(() => expect(status[0]).toHaveTextContent('학습을 마쳤습니다.'));
    expect(status[0]).toBeInTheDocument();
    expect(state).toHaveFocus();
  });

  it('that was stopped before it began leaves nothing to go on with, and does not say so', async () => {
    const { user, fake } = await looked();
    const { hold } = held(fake);
    await user.click(screen.getByRole('button', { name: '학습 시작' }));
    await user.click(await screen.findByRole('button', { name: '중지' }));
    hold.fail(new ApiError('cancelled'));
    expect(await screen.findByText(/시작하기 전이라 남은 기록이 없습니다/)).toBeInTheDocument();
    expect(screen.queryByText(/아래 목록에 남아/)).toBeNull();
    // One that left a run, though it came to no step.
    const next = held(fake);
    await user.click(screen.getByRole('button', { name: '내용 확인' }));
    await user.click(await screen.findByRole('button', { name: '학습 시작' }));
    const known = await fake.training();
    const run = { ...known.runs[0]!, id: 'run-2' };
    vi.spyOn(fake, 'training').mockResolvedValue({ ...known, runs: [run, ...known.runs] });
    next.hold.fail(new ApiError('cancelled'));
    expect(await screen.findByText(/아래 목록에 남아/)).toBeInTheDocument();
  });

  it('that is stopped says so without an alarm, and can be gone on with where it was', async () => {
    const { user, fake } = await looked();
    const { hold } = held(fake);
    const stop = vi.spyOn(fake, 'stop_job');
    await user.click(screen.getByRole('button', { name: '학습 시작' }));
    hold.on(step(7, 2, null));
    await user.click(await screen.findByRole('button', { name: '중지' }));
    expect(stop).toHaveBeenCalledWith({ job: 71 });
    expect(await screen.findByText(/멈추는 중입니다/)).toBeInTheDocument();
    expect(screen.getByRole('group', { name: '학습 상태' })).toHaveFocus();
    hold.fail(new ApiError('cancelled'));
    expect(await screen.findByText(/아래 목록에 남아 있으며, 이어서 학습할 수 있습니다/)).toBeInTheDocument();
    expect(screen.queryByRole('alert')).toBeNull();
    const next = held(fake, 'resume_training');
    await user.click(await screen.findByRole('button', { name: '이어서 학습' }));
    await vi.waitFor(() => expect(next.spy).toHaveBeenCalled());
    // What was learned before is in the plot at once: 120 steps, and an evaluation each 30.
    expect([trainer.curves.train.length, trainer.curves.validation.length]).toEqual([120, 5]);
    next.hold.fail(new ApiError('train.diverged', { text: 'step 121' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('학습이 발산했습니다.');
  });
});

describe('runs', () => {
  it('are drawn beside each other, with the same numbers as a table', async () => {
    const { user } = await open();
    for (const box of await screen.findAllByRole('checkbox', { name: /그림에 넣기/ })) await user.click(box);
    const plot = await screen.findByRole('img', { name: /학습 비교/ });
    // Two runs, each with a curve and its evaluations.
    expect(plot.querySelectorAll('path.line')).toHaveLength(4);
    const figure = plot.closest('figure')!;
    expect(figure).toHaveTextContent(/1\. .*smollm2-135m-instruct · 학습/);
    expect(figure).toHaveTextContent(/2\. .*smollm2-135m-instruct · 학습, 2단계 평균/);
    await user.click(within(figure).getByRole('button', { name: '표로 보기' }));
    expect(within(figure).getAllByRole('columnheader')).toHaveLength(5);
    await user.click(screen.getAllByRole('checkbox', { name: /그림에 넣기/ })[0]!);
    await user.click(screen.getAllByRole('checkbox', { name: /그림에 넣기/ })[1]!);
    expect(screen.queryByRole('figure')).toBeNull();
  });

  it('give their adapter to their model, which then shows it', async () => {
    const { user } = await open();
    await user.click(await screen.findByRole('button', { name: '이 어댑터 쓰기' }));
    expect(await screen.findByText('smollm2-135m-instruct 모델에 적용했습니다.')).toBeInTheDocument();
    expect(await screen.findByText('적용한 모델: smollm2-135m-instruct')).toBeInTheDocument();
    await user.click(screen.getByRole('tab', { name: '모델' }));
    const card = await screen.findByRole('region', { name: 'smollm2-135m-instruct' });
    const choice = await within(card).findByRole('combobox', { name: '어댑터' });
    expect(choice).toHaveValue('smollm2-135m-instruct-20260221T093000.000Z');
  });

  it('say when their adapter is at a model that suggestions do not use', async () => {
    const { user, fake } = await open();
    const [first, second] = await fake.models();
    await fake.set_model({ name: second!.name, default: true, settings: second!.settings });
    await user.click(await screen.findByRole('button', { name: '이 어댑터 쓰기' }));
    expect(await screen.findByText(/이 모델을 기본으로 정하기 전에는/)).toHaveTextContent(first!.name);
    expect(await screen.findByText(`적용한 모델: ${first!.name}`)).toBeInTheDocument();
  });

  it('that cannot be read are shown with why, and can be removed', async () => {
    const { user, fake } = await open();
    const known = await fake.training();
    const text = 'plan.json: expected value at line 1';
    vi.spyOn(fake, 'training').mockResolvedValue({ ...known, runs: [], unreadable: [{ id: 'broken-1', text }] });
    const remove = vi.spyOn(fake, 'remove_training');
    await user.click(screen.getByRole('tab', { name: '지식' }));
    await user.click(screen.getByRole('tab', { name: '학습' }));
    const card = await screen.findByRole('region', { name: 'broken-1' });
    expect(card).toHaveTextContent(/읽을 수 없음.*되돌려 놓거나 기록을 빼십시오/);
    expect(card).toHaveTextContent(text);
    expect(screen.queryByText('아직 학습한 적이 없습니다.')).toBeNull();
    await user.click(within(card).getByRole('button', { name: '빼기' }));
    const dialog = await screen.findByRole('dialog', { name: '학습 기록을 지웁니다' });
    expect(dialog).toHaveTextContent('broken-1');
    await user.click(within(dialog).getByRole('button', { name: '빼기' }));
    expect(remove).toHaveBeenCalledWith({ id: 'broken-1' });
  });

  it('are not ticked when they could not be drawn', async () => {
    const { user, fake } = await open();
    vi.spyOn(fake, 'training_losses').mockRejectedValue(new ApiError('training.missing'));
    const [box] = await screen.findAllByRole('checkbox', { name: /그림에 넣기/ });
    await user.click(box!);
    expect(await screen.findByRole('alert')).toHaveTextContent('찾는 학습 기록이 없습니다.');
    expect(box).not.toBeChecked();
  });

  it('are removed only after a question', async () => {
    const { user, fake } = await open();
    const remove = vi.spyOn(fake, 'remove_training');
    await user.click((await screen.findAllByRole('button', { name: '빼기' }))[1]!);
    const dialog = await screen.findByRole('dialog', { name: '학습 기록을 지웁니다' });
    await user.click(within(dialog).getByRole('button', { name: '취소' }));
    expect(remove).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await user.click(screen.getAllByRole('button', { name: '빼기' })[1]!);
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: '빼기' }));
    expect(remove).toHaveBeenCalledWith({ id: '20260221T093000.000Z' });
  });
});

describe('an adapter', () => {
  const models = async () => {
    const opened = await openWindow('start=open&cases=3');
    router.go({ screen: 'data' });
    return { ...opened, card: await screen.findByRole('region', { name: 'smollm2-135m-instruct' }) };
  };

  it('is offered at its own model only, and can be taken off again', async () => {
    const { user, fake, card } = await models();
    const other = screen.getByRole('region', { name: 'llama-3.1-8b-instruct' });
    const choice = await within(card).findByRole('combobox', { name: '어댑터' });
    expect(within(other).queryByRole('combobox', { name: '어댑터' })).toBeNull();
    const set = vi.spyOn(fake, 'set_model');
    await user.selectOptions(choice, 'ward-ffa-lora-16');
    await vi.waitFor(() => expect(set).toHaveBeenCalledTimes(1));
    expect(set.mock.calls[0]![0].settings.adapter).toBe('ward-ffa-lora-16');
    const now = screen.getByRole('region', { name: 'smollm2-135m-instruct' });
    await vi.waitFor(() => expect(within(now).getByRole('combobox', { name: '어댑터' })).toBeEnabled());
    await user.selectOptions(within(now).getByRole('combobox', { name: '어댑터' }), '쓰지 않음');
    await vi.waitFor(() => expect(set).toHaveBeenCalledTimes(2));
    expect(set.mock.calls[1]![0].settings.adapter).toBeNull();
  });

  it('is not shown as chosen when it could not be attached', async () => {
    const { user, fake, card } = await models();
    const choice = await within(card).findByRole('combobox', { name: '어댑터' });
    vi.spyOn(fake, 'set_model').mockRejectedValue(new ApiError('vault.full', { path: '/home/ward' }));
    await user.selectOptions(choice, 'ward-ffa-lora-16');
    expect(await screen.findByRole('alert')).toBeInTheDocument();
    await vi.waitFor(() => expect(choice).toHaveValue(''));
  });

  it('is listed with what it was made of, and removed after a question', async () => {
    const { user, fake } = await models();
    const adapter = await screen.findByRole('region', { name: 'ward-ffa-lora-16' });
    for (const text of ['FFA-LoRA · 랭크 16 · α 32', '228', '0.802', 'sha256:b179c9523d0e', 'sha256:5b1d4c0a77e2'])
      expect(adapter).toHaveTextContent(text);
    expect(within(adapter).getByText('추가한 때').nextElementSibling).toHaveTextContent(/2026/);
    const remove = vi.spyOn(fake, 'remove_adapter');
    await user.click(within(adapter).getByRole('button', { name: '빼기' }));
    await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: '빼기' }));
    expect(remove).toHaveBeenCalled();
    expect(await screen.findByText('아직 어댑터가 없습니다.')).toBeInTheDocument();
  });
});

/** Cells without the space between them. */
const pattern = (text: string) => new RegExp(`^${text.split(' ').join('\\s*')}$`);

describe('a curve', () => {
  it('is thinned to means of neighbours, at their last step', () => {
    const points = Array.from({ length: 10 }, (_, i) => ({ x: i + 1, y: i }));
    expect(thinned(points, 10)).toEqual({ points, of: 1 });
    expect(thinned(points, 4)).toEqual({
      points: [
        { x: 3, y: 1 },
        { x: 6, y: 4 },
        { x: 9, y: 7 },
        { x: 10, y: 9 },
      ],
      of: 3,
    });
  });

  it('has a point where there was a loss only', () => {
    const of = curves([
      { step: 0, train: null, validation: 3 },
      { step: 1, train: 2.5, validation: null },
    ]);
    expect(of).toEqual({ train: [{ x: 1, y: 2.5 }], validation: [{ x: 0, y: 3 }] });
  });
});
