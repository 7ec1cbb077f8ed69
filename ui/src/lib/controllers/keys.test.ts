import { describe, expect, it, vi } from 'vitest';

import { Commands, type Command } from './commands.svelte';
import { chord, shown, type Pressed } from './keys';

function press(key: string, more: Partial<Pressed> = {}): Pressed {
  const code = /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : '';
  const plain = { ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, isComposing: false, keyCode: 65 };
  return { key, code, ...plain, ...more };
}

function command(keys: string[], run = vi.fn<() => void>(), more: Omit<Partial<Command>, 'run'> = {}) {
  return { id: keys[0] ?? 'x', title: 'command.accept' as const, keys, group: 'list' as const, ...more, run };
}

describe('a chord', () => {
  it.each([
    [press('a'), 'a'],
    [press('A', { shiftKey: true }), 'A'],
    [press('k', { ctrlKey: true }), 'ctrl+k'],
    [press('Escape'), 'escape'],
    [press('ArrowLeft', { altKey: true }), 'alt+arrowleft'],
    [press('?', { shiftKey: true }), '?'],
    [press('ㅁ', { code: 'KeyA' }), 'a'],
    [press('ㅃ', { code: 'KeyQ', shiftKey: true }), 'Q'],
  ])('%o is %s', (pressed, expected) => expect(chord(pressed)).toBe(expected));

  it('is shown as it stands on the keys', () => {
    expect(shown('ctrl+k')).toBe('Ctrl+K');
    expect(shown('escape')).toBe('Esc');
    expect(shown('A')).toBe('A');
    expect(shown('+')).toBe('+');
  });
});

describe('commands', () => {
  const list = document.createElement('div');

  it('act on a single letter in a list, and nowhere else', () => {
    const commands = new Commands();
    const accept = command(['a']);
    commands.add([accept]);
    expect(commands.press(press('a'), list, true)).toBe(true);
    expect(commands.press(press('a'), list, false)).toBe(false);
    expect(commands.press(press('a'), document.createElement('input'), true)).toBe(false);
    expect(accept.run).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['while a syllable is composed', { isComposing: true }],
    ['on a key that an input method took', { keyCode: 229 }],
    ['on a key that is being processed', { key: 'Process' }],
  ])('do nothing %s', (_, more) => {
    const commands = new Commands();
    const accept = command(['a', 'enter']);
    commands.add([accept]);
    expect(commands.press(press('a', more), list, true)).toBe(false);
    expect(commands.press(press('Enter', more), list, true)).toBe(false);
    expect(accept.run).not.toHaveBeenCalled();
  });

  it('leave single letters alone when they are turned off, and keep the others', () => {
    const commands = new Commands();
    const accept = command(['a', 'ctrl+enter']);
    commands.add([accept]);
    commands.singleKeys = false;
    expect(commands.press(press('a'), list, true)).toBe(false);
    expect(commands.press(press('Enter', { ctrlKey: true }), list, true)).toBe(true);
  });

  it('follow a letter that a person changed', () => {
    const commands = new Commands();
    const accept = command(['a']);
    commands.add([accept]);
    commands.changed = { a: 'y' };
    expect(commands.press(press('a'), list, true)).toBe(false);
    expect(commands.press(press('y'), list, true)).toBe(true);
  });

  it('prefer the screen to the window, and go with their screen', () => {
    const commands = new Commands();
    const [window_, screen] = [command(['escape']), command(['escape'])];
    commands.add([window_]);
    const leave = commands.add([screen]);
    commands.press(press('Escape'), list, false);
    leave();
    commands.press(press('Escape'), list, false);
    expect([window_.run.mock.calls.length, screen.run.mock.calls.length]).toEqual([1, 1]);
  });

  it('do not act when they are not possible, and are not offered', () => {
    const commands = new Commands();
    const off = command(['r'], vi.fn(), { enabled: () => false });
    commands.add([off, command(['j'], vi.fn(), { inList: true })]);
    expect(commands.press(press('r'), list, true)).toBe(false);
    expect(commands.offered('')).toEqual([]);
  });

  it('leave Enter to a button that has focus', () => {
    const commands = new Commands();
    const open = command(['enter']);
    commands.add([open]);
    expect(commands.press(press('Enter'), document.createElement('button'), true)).toBe(false);
    expect(commands.press(press('Enter'), list, true)).toBe(true);
  });
});
