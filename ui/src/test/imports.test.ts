import { cleanup, screen, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { ApiError } from '../lib/api';
import { router } from '../lib/controllers/router.svelte';
import { openWindow } from './window';

afterEach(cleanup);

describe('a file of cases', () => {
  it('tells each line that was left out by field and reason, and each field that nobody knows', async () => {
    const { user, fake } = await openWindow('start=open&cases=3');
    vi.spyOn(fake, 'import_cases').mockImplementation(async ({ on }) => {
      on({ kind: 'notice', code: 'case.unknown_field', params: { line: 2, field: 'patient.wieght_kg' } });
      return {
        added: 2,
        rejected: [
          { line: 3, field: 'patient.age_years', code: 'missing' },
          { line: 3, field: 'patient.sex', code: 'missing' },
          { line: 5, field: '', code: 'json' },
        ],
      };
    });
    await user.click(await screen.findByRole('button', { name: 'JSON Lines 파일 가져오기' }));
    const dialog = await screen.findByRole('dialog', { name: '가져온 결과' });
    // Three faults of two lines.
    expect(dialog).toHaveTextContent('2건을 가져왔고 2줄은 오류로 제외했습니다.');
    const rows = within(dialog).getAllByRole('row').slice(1);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toHaveTextContent(/3.*patient\.age_years.*필요한 값이 없습니다\./);
    expect(rows[2]).toHaveTextContent(/5.*—.*JSON으로 읽을 수 없습니다\./);
    expect(dialog).toHaveTextContent('2번째 줄의 ‘patient.wieght_kg’ 항목은');
    await user.click(within(dialog).getByRole('button', { name: '닫기' }));
    await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  });

  it('that was taken whole is told in a word, and the list is read again', async () => {
    const { user, fake } = await openWindow('start=open&cases=3');
    vi.spyOn(fake, 'import_cases').mockResolvedValue({ added: 7, rejected: [] });
    const button = await screen.findByRole('button', { name: 'JSON Lines 파일 가져오기' });
    const search = vi.spyOn(fake, 'search_cases');
    await user.click(button);
    expect(await screen.findByText('7건을 가져왔습니다.')).toBeInTheDocument();
    expect(screen.queryByRole('dialog')).toBeNull();
    await vi.waitFor(() => expect(search).toHaveBeenCalled());
  });

  it('can be stopped; what it had saved by then is read', async () => {
    const { user, fake } = await openWindow('start=open&cases=3');
    let end: (error: ApiError) => void = () => undefined;
    vi.spyOn(fake, 'import_cases').mockImplementation(({ on }) => {
      on({ kind: 'job', job: 77 });
      on({ kind: 'stage', stage: 'saving', done: 400, total: null });
      return new Promise((_, fail) => (end = fail));
    });
    const stop = vi.spyOn(fake, 'stop_job');
    await user.click(await screen.findByRole('button', { name: 'JSON Lines 파일 가져오기' }));
    await user.click(await screen.findByRole('button', { name: '중지' }));
    expect(stop).toHaveBeenCalledWith({ job: 77 });
    const search = vi.spyOn(fake, 'search_cases');
    end(new ApiError('cancelled'));
    expect(await screen.findByText(/이미 저장된 것은 그대로 있습니다/)).toBeInTheDocument();
    await vi.waitFor(() => expect(search).toHaveBeenCalled());
    expect(screen.queryByRole('button', { name: '중지' })).toBeNull();
  });
});

describe('tables', () => {
  const bring = async () => {
    const open = await openWindow('start=open&cases=3');
    router.go({ screen: 'data' });
    await open.user.click(await screen.findByRole('tab', { name: '가져오기' }));
    return { ...open, button: await screen.findByRole('button', { name: 'MIMIC 표 폴더 가져오기' }) };
  };

  it('are said to add no case, and what an import tells of stays to be read', async () => {
    const { user, fake, button } = await bring();
    expect(screen.getByText(/사례는 환자 목록에 추가하지 않습니다/)).toBeInTheDocument();
    const report = (await fake.imports())[0]!;
    vi.spyOn(fake, 'import_tables').mockImplementation(async ({ on }) => {
      on({ kind: 'notice', code: 'prior.not_evaluated', params: { text: 'too few patients' } });
      return report;
    });
    await user.click(button);
    expect(await screen.findByText(/평가하지 못했습니다.*\(too few patients\)/)).toBeInTheDocument();
  });

  it('from which nothing could be learned keep their accounting, which is read', async () => {
    const { user, fake, button } = await bring();
    vi.spyOn(fake, 'import_tables').mockRejectedValue(new ApiError('prior.not_learned', { text: 'one admission' }));
    const read = vi.spyOn(fake, 'imports');
    await user.click(button);
    expect(await screen.findByRole('alert')).toHaveTextContent(/표의 처리 결과는 저장했습니다.*one admission/);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('names every fault of a row in words', async () => {
    await bring();
    expect(await screen.findByText(/읽을 수 없는 날짜나 시각 37/)).toBeInTheDocument();
  });
});

describe('a knowledge pack', () => {
  it('that is not the one that was opened is told beside the button, and can be opened again', async () => {
    const { user, fake } = await openWindow('start=open&cases=3');
    const difference = { token: 'a', id: 'site', version: '1', added: 1, removed: 0, changed: [], faults: [] };
    vi.spyOn(fake, 'open_pack').mockResolvedValue(difference);
    vi.spyOn(fake, 'import_pack').mockRejectedValue(new ApiError('pack.token'));
    router.go({ screen: 'data' });
    await user.click(await screen.findByRole('tab', { name: '지식' }));
    await user.click(await screen.findByRole('button', { name: '지식 폴더 열기' }));
    await user.click(await screen.findByRole('button', { name: '이 지식을 쓰기' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('다시 열어');
    await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    await vi.waitFor(() => expect(screen.getByRole('button', { name: '지식 폴더 열기' })).toBeEnabled());
  });
});

describe('an evaluation', () => {
  it('says where its reports are read from', async () => {
    const { user } = await openWindow('start=open&cases=3');
    router.go({ screen: 'data' });
    await user.click(await screen.findByRole('tab', { name: '평가' }));
    expect(await screen.findByText(/evaluations 폴더의 보고서/)).toBeInTheDocument();
  });
});
