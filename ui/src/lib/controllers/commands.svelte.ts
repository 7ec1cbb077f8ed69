import { untrack } from 'svelte';

import { t, type Key } from '../i18n/index.svelte';
import { chord, composing, isSingle, takesText, type Pressed } from './keys';

/** Titles of commands are texts without a blank to fill. */
export type TitleKey = Extract<Key, `command.${string}`>;

/** Something that can be done here and now: by its key, or by name in the palette. */
export interface Command {
  /** Permanent: changed keys are kept by it. */
  id: string;
  title: TitleKey;
  /** Chords; the first is the one that is shown. */
  keys: string[];
  group: 'go' | 'list' | 'case' | 'suggestion' | 'talk' | 'window';
  /** Acts on the entry of a list that has focus: not offered in the palette. */
  inList?: boolean;
  enabled?: () => boolean;
  run: () => void;
}

/** The commands there are: those of the window, and those of the screen that is shown. */
export class Commands {
  private groups = $state.raw<{ commands: Command[] }[]>([]);
  /** Whether single letters act. */
  singleKeys = $state(true);
  /** Letters that a person changed. */
  changed = $state<Record<string, string>>({});

  /** Adds commands for as long as a screen is shown; gives back what takes them away. */
  add(commands: Command[]): () => void {
    const group = { commands };
    // The screen that adds its commands does not depend on those of others.
    this.groups = [...untrack(() => this.groups), group];
    return () => {
      this.groups = untrack(() => this.groups).filter((g) => g !== group);
    };
  }

  get all(): Command[] {
    return this.groups.flatMap((group) => group.commands);
  }

  keysOf(command: Command): string[] {
    const changed = this.changed[command.id];
    return changed === undefined ? command.keys : [changed, ...command.keys.filter((key) => !isSingle(key))];
  }

  /** The keys of a command by its id, for labels; empty when it is not there. */
  keyOf(id: string): string {
    const command = this.all.find((c) => c.id === id);
    return command === undefined ? '' : (this.keysOf(command)[0] ?? '');
  }

  offered(words: string): Command[] {
    const wanted = words.trim().toLowerCase();
    return this.all.filter(
      (c) => !c.inList && (c.enabled?.() ?? true) && (wanted === '' || t(c.title).toLowerCase().includes(wanted)),
    );
  }

  /**
   * Does what a key says, if it says something here. The command of the screen goes before that of the window.
   * `inList`: whether the element that has focus lies in a list that takes letters.
   */
  press(pressed: Pressed, target: Element | null, inList: boolean): boolean {
    if (composing(pressed)) return false;
    const key = chord(pressed);
    if (isSingle(key) && (!this.singleKeys || takesText(target) || !inList)) return false;
    // Enter and the arrows keep their meaning on buttons and in fields.
    if ((key === 'enter' || key.startsWith('arrow')) && (takesText(target) || !inList)) return false;
    if (key === 'enter' && target instanceof HTMLElement && target.closest('button, a, summary') !== null) return false;
    const found = this.all.findLast((c) => this.keysOf(c).includes(key) && (c.enabled?.() ?? true));
    if (found === undefined) return false;
    found.run();
    return true;
  }
}

export const commands = new Commands();
