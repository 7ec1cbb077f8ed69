/** What of a key event decides. Tests make these by hand. */
export interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  isComposing: boolean;
  keyCode: number;
}

/** `keyCode` of a key that an input method has taken. */
const TAKEN_BY_INPUT_METHOD = 229;

/** Whether a Korean syllable is being composed: then no key means a command, and Enter only ends the syllable. */
export function composing(pressed: Pick<Pressed, 'isComposing' | 'keyCode' | 'key'>): boolean {
  return pressed.isComposing || pressed.keyCode === TAKEN_BY_INPUT_METHOD || pressed.key === 'Process';
}

/**
 * The chord of a key event, as commands name it: `ctrl+k`, `escape`, `A` (with shift), `a`, `/`, `?`. A Hangul letter
 * from a Korean layout without an input method counts as the Latin letter on the same key.
 */
export function chord(pressed: Pressed): string {
  const parts = [];
  if (pressed.ctrlKey || pressed.metaKey) parts.push('ctrl');
  if (pressed.altKey) parts.push('alt');
  let key = pressed.key;
  if (/^[ㄱ-ㆎ]$/u.test(key) && /^Key[A-Z]$/.test(pressed.code)) {
    const letter = pressed.code.slice(3);
    key = pressed.shiftKey ? letter : letter.toLowerCase();
  }
  if (key.length > 1 || parts.length > 0) key = key.toLowerCase();
  if (pressed.shiftKey && key.length > 1) parts.push('shift');
  return [...parts, key].join('+');
}

/** Whether a chord is one character: those act in lists only, and can be turned off or changed. */
export function isSingle(chord: string): boolean {
  return [...chord].length === 1;
}

/** Whether text is typed into an element. */
export function takesText(element: Element | null): boolean {
  if (element === null) return false;
  if (element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) return true;
  if (element instanceof HTMLInputElement) {
    return !['checkbox', 'radio', 'button', 'submit', 'range'].includes(element.type);
  }
  return element instanceof HTMLElement && element.isContentEditable;
}

/** How a chord is shown on a key cap. */
export function shown(chord: string): string {
  const names: Record<string, string> = {
    escape: 'Esc',
    f1: 'F1',
    enter: 'Enter',
    arrowup: '↑',
    arrowdown: '↓',
    arrowleft: '←',
    pagedown: 'Page Down',
    pageup: 'Page Up',
    ctrl: 'Ctrl',
    alt: 'Alt',
    shift: 'Shift',
  };
  const parts = chord === '+' ? ['+'] : chord.split('+');
  return parts.map((part) => names[part] ?? (parts.length > 1 ? part.toUpperCase() : part)).join('+');
}
