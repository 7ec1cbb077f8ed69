import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { answerWith, ApiError } from '../api';
import { Fake } from '../api/fake';
import { session } from './session.svelte';
import { Talk } from './talk.svelte';
import { typed } from './typed.svelte';

let fake: Fake;
beforeEach(async () => {
  fake = new Fake(new URLSearchParams('start=open&cases=3'));
  answerWith(fake);
  await session.start();
});
afterEach(() => {
  vi.restoreAllMocks();
  typed.forget();
});

describe('a question that was saved and not answered', () => {
  /** The program as it is when its model fails: the question is in the vault, and the fault says where. */
  async function failed(text: string) {
    const talk = new Talk(1);
    await talk.begin();
    const consult = vi.spyOn(fake, 'consult');
    const ask = fake.consult.bind(fake);
    consult.mockImplementationOnce(async (a) => {
      const done = await ask({ ...a, on: () => undefined });
      vi.spyOn(fake, 'read_conversation').mockResolvedValue({
        ...done,
        messages: done.messages.slice(0, -1),
        context: { used: 0, of: 0 },
      });
      throw new ApiError('model.failed', { conversation: done.id });
    });
    talk.question.text = text;
    await talk.ask();
    return { talk, consult };
  }

  it('stands in its conversation, and the next one goes there', async () => {
    const { talk, consult } = await failed('처음');
    expect(talk.error?.code).toBe('model.failed');
    expect(talk.conversation?.messages.map((m) => m.content)).toEqual(['처음']);
    expect(talk.unanswered).toBe(true);
    // It stands in the field as well, to be mended.
    expect(talk.question.text).toBe('처음');
    expect(talk.past.value).toHaveLength(1);
    talk.question.text = '다음';
    await talk.ask();
    expect(consult.mock.lastCall![0]).toMatchObject({ id: talk.conversation!.id, text: '다음', replace: null });
  });

  it('can be asked again as it stands, and then leaves the field', async () => {
    const { talk, consult } = await failed('처음');
    const { id } = talk.conversation!;
    await talk.regenerate();
    expect(consult.mock.lastCall![0]).toMatchObject({ id, text: '처음', replace: 1 });
    expect(talk.unanswered).toBe(false);
    expect(talk.question.text).toBe('');
    expect(talk.error).toBeNull();
  });

  it('shows its danger once: with the question', async () => {
    const { talk } = await failed('가슴이 아프고 조이는 통증');
    expect(talk.conversation!.messages[0]!.red_flags).toEqual(['chest_pain']);
    expect(talk.standing).toBeNull();
  });

  it('is followed in its conversation also when that cannot be read, and its danger stands', async () => {
    const talk = new Talk(1);
    await talk.begin();
    vi.spyOn(fake, 'read_conversation').mockRejectedValue(new ApiError('vault.database'));
    const consult = vi.spyOn(fake, 'consult').mockImplementationOnce(({ on }) => {
      on({ kind: 'red_flags', flags: ['stroke'], lang: 'ko' });
      return Promise.reject(new ApiError('model.none', { conversation: 42 }));
    });
    talk.question.text = '말이 어눌합니다';
    await talk.ask();
    expect(talk.error?.code).toBe('model.none');
    expect(talk.standing?.flags).toEqual(['stroke']);
    await talk.ask();
    expect(consult.mock.lastCall![0].id).toBe(42);
    talk.fresh();
    talk.question.text = '새로';
    await talk.ask();
    expect(consult.mock.lastCall![0].id).toBeNull();
  });

  it('was not saved when the fault names no conversation', async () => {
    const talk = new Talk(1);
    const read = vi.spyOn(fake, 'read_conversation');
    vi.spyOn(fake, 'consult').mockRejectedValueOnce(new ApiError('talk.empty'));
    talk.question.text = '?';
    await talk.ask();
    expect(read).not.toHaveBeenCalled();
    expect(talk.conversation).toBeNull();
  });
});

describe('another conversation', () => {
  it('is not written anew from where a question of this one was edited', async () => {
    const talk = new Talk(1);
    talk.question.text = '하나';
    await talk.ask();
    const first = talk.conversation!.id;
    talk.fresh();
    talk.question.text = '둘';
    await talk.ask();
    talk.edit(1);
    await talk.open(first);
    expect(talk.replace).toBeNull();
    expect(talk.question.text).toBe('');
  });
});
