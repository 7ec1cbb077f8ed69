import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { answerWith, ApiError } from '../api';
import { Fake } from '../api/fake';
import { session } from './session.svelte';
import { Typed, TypedText } from './typed.svelte';

let fake: Fake;

beforeEach(async () => {
  fake = new Fake(new URLSearchParams('start=open&cases=3'));
  answerWith(fake);
  await session.start();
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('what is typed', () => {
  it('is kept once the typing rests, and not at every letter', async () => {
    const typed = new Typed();
    await typed.read();
    const keep = vi.spyOn(fake, 'keep_text');
    const text = new TypedText('reason/1/reject/a', typed);
    for (const part of ['a', 'ab', 'abc']) {
      text.text = part;
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(keep).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    expect(keep.mock.calls).toEqual([[{ place: 'reason/1/reject/a', text: 'abc' }]]);
  });

  it('is taken away when it was sent, and when it was wiped out', async () => {
    const typed = new Typed();
    await typed.read();
    const text = new TypedText('talk/1', typed);
    text.text = 'first';
    await typed.flush();
    expect(await fake.kept_texts()).toEqual({ 'talk/1': 'first' });
    await text.done();
    expect(text.text).toBe('');
    expect(await fake.kept_texts()).toEqual({});
    text.text = 'second';
    text.text = '';
    await typed.flush();
    expect(await fake.kept_texts()).toEqual({});
  });

  it('comes back to whoever typed it, and to nobody else', async () => {
    const typed = new Typed();
    await typed.read();
    new TypedText('talk/1', typed).text = 'mine';
    await typed.flush();
    await fake.lock();
    session.covered('asked');
    session.enter(await fake.unlock({ person: '한지우', passphrase: 'demo' }));
    const mine = new TypedText('talk/1', typed);
    expect(await mine.restore()).toBe(true);
    expect(mine.text).toBe('mine');
    // The program has nothing of the next person: what is held in the window does not stand in for it.
    vi.spyOn(fake, 'kept_texts').mockResolvedValue({});
    session.enter(await fake.unlock({ person: '오세린', passphrase: 'demo' }));
    const theirs = new TypedText('talk/1', typed);
    expect(await theirs.restore()).toBe(false);
    expect(theirs.text).toBe('');
  });

  it('that could not be kept before a lock is kept after it', async () => {
    const typed = new Typed();
    await typed.read();
    const keep = vi.spyOn(fake, 'keep_text').mockRejectedValueOnce(new ApiError('locked'));
    new TypedText('talk/1', typed).text = 'late';
    await typed.flush();
    expect(await fake.kept_texts()).toEqual({});
    session.enter(await fake.unlock({ person: '한지우', passphrase: 'demo' }));
    const text = new TypedText('talk/1', typed);
    await text.restore();
    expect(text.text).toBe('late');
    await vi.advanceTimersByTimeAsync(400);
    expect(keep).toHaveBeenCalledTimes(2);
    expect(await fake.kept_texts()).toEqual({ 'talk/1': 'late' });
  });

  it('that cannot be kept is told, and holds back a lock', async () => {
    const typed = new Typed();
    await typed.read();
    const keep = vi.spyOn(fake, 'keep_text').mockRejectedValue(new ApiError('vault.full'));
    const text = new TypedText('talk/1', typed);
    text.text = 'not on the disk';
    expect(await typed.flush()).toBe(false);
    expect(await session.keepAll()).toBe(false);
    const lock = vi.spyOn(fake, 'lock');
    await session.lock();
    expect(lock).not.toHaveBeenCalled();
    keep.mockRestore();
    expect(await typed.flush()).toBe(true);
    expect(await session.keepAll()).toBe(true);
    expect(await fake.kept_texts()).toEqual({ 'talk/1': 'not on the disk' });
  });

  it('is flushed by a session that closes', async () => {
    const typed = new Typed();
    await typed.read();
    new TypedText('advice/1/ko', typed).text = 'due';
    await session.keepAll();
    expect(await fake.kept_texts()).toEqual({ 'advice/1/ko': 'due' });
  });
});
