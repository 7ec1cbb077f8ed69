import type { TitleKey } from './commands.svelte';
import { isSingle } from './keys';

/** Where a command's letter acts. Those of the window act everywhere. */
export type Place = 'window' | 'worklist' | 'suggestion' | 'review';

/** A command whose letter can be changed. The screens have the commands; a test compares this list with theirs. */
export interface Lettered {
  id: string;
  title: TitleKey;
  key: string;
  places: Place[];
}

export const LETTERED: Lettered[] = [
  { id: 'keys', title: 'command.keys', key: '?', places: ['window'] },
  { id: 'search', title: 'command.search', key: '/', places: ['worklist'] },
  { id: 'new_case', title: 'command.new_case', key: 'n', places: ['worklist'] },
  { id: 'next', title: 'command.next', key: 'j', places: ['worklist', 'suggestion', 'review'] },
  { id: 'previous', title: 'command.previous', key: 'k', places: ['worklist', 'suggestion', 'review'] },
  { id: 'why', title: 'command.why', key: 'w', places: ['suggestion'] },
  { id: 'accept', title: 'command.accept', key: 'a', places: ['suggestion', 'review'] },
  { id: 'change', title: 'command.change', key: 'c', places: ['suggestion'] },
  { id: 'reject', title: 'command.reject', key: 'x', places: ['suggestion', 'review'] },
  { id: 'accept_all', title: 'command.accept_all', key: 'A', places: ['suggestion'] },
  { id: 'add_drug', title: 'command.add_drug', key: '+', places: ['suggestion'] },
  { id: 'run', title: 'command.run', key: 'r', places: ['suggestion'] },
  { id: 'edit_case', title: 'command.edit_case', key: 'e', places: ['suggestion'] },
  { id: 'print', title: 'command.print', key: 'p', places: ['suggestion'] },
  { id: 'talk_case', title: 'command.talk_case', key: 't', places: ['suggestion'] },
];

const meet = (a: Lettered, b: Lettered): boolean =>
  a.places.includes('window') || b.places.includes('window') || a.places.some((place) => b.places.includes(place));

export function keyOf(command: Lettered, changed: Record<string, string>): string {
  return changed[command.id] ?? command.key;
}

/** The command that has a key already where this one acts; null when the key is free. */
export function holder(command: Lettered, key: string, changed: Record<string, string>): Lettered | null {
  return (
    LETTERED.find((other) => other.id !== command.id && meet(command, other) && keyOf(other, changed) === key) ?? null
  );
}

/** Whether a chord can be a letter of a command. */
export function fits(chord: string): boolean {
  return isSingle(chord) && chord.trim() !== '';
}

/** The changed letters with one more; a letter as it was at first is no change. */
export function withKey(command: Lettered, key: string, changed: Record<string, string>): Record<string, string> {
  const others = Object.fromEntries(Object.entries(changed).filter(([id]) => id !== command.id));
  return key === command.key ? others : { ...others, [command.id]: key };
}
