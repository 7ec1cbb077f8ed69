import { api } from '../api';

/** Groups of a recovery key, each of four letters and digits. */
export const GROUPS = 14;

/** How many groups are asked for after the key was shown. */
const ASKED = 3;

/**
 * A recovery key from the moment it is drawn: shown once, then confirmed by some of its groups, so that it was written
 * down and not only looked at.
 */
export class RecoveryKey {
  step = $state<'shown' | 'asked'>('shown');
  key = $state.raw<string[]>([]);
  positions = $state.raw<number[]>([]);
  groups = $state<string[]>([]);
  wrong = $state(false);
  private readonly random: () => number;

  constructor(random: () => number = Math.random) {
    this.random = random;
  }

  show(key: string): void {
    this.key = key.split('-');
    this.step = 'shown';
  }

  /** Asks for some groups, others each time. */
  ask(): void {
    const left = this.key.map((_, i) => i + 1);
    const chosen: number[] = [];
    while (chosen.length < ASKED && left.length > 0) {
      chosen.push(...left.splice(Math.floor(this.random() * left.length), 1));
    }
    this.positions = chosen.sort((a, b) => a - b);
    this.groups = chosen.map(() => '');
    this.wrong = false;
    this.step = 'asked';
  }

  get complete(): boolean {
    return this.groups.every((group) => group.trim().length === 4);
  }

  /** Whether the groups were right. The key is not kept a moment longer than that. */
  async confirm(): Promise<boolean> {
    const groups = this.groups.map((group) => group.trim().toUpperCase());
    this.wrong = !(await api().confirm_recovery_key({ positions: this.positions, groups }));
    if (!this.wrong) this.forget();
    return !this.wrong;
  }

  forget(): void {
    this.key = [];
    this.positions = [];
    this.groups = [];
    this.step = 'shown';
  }
}

/** The groups of a key as somebody wrote it: by lines, blanks or hyphens; null when it is no whole key. */
export function groupsOf(text: string): string[] | null {
  const plain = text.replace(/[^0-9A-Za-z]/g, '').toUpperCase();
  if (plain.length !== GROUPS * 4) return null;
  return Array.from({ length: GROUPS }, (_, i) => plain.slice(i * 4, i * 4 + 4));
}

/** Whether a whole key, as it was written down, is the key of the vault. */
export async function confirmWhole(text: string): Promise<boolean> {
  const groups = groupsOf(text);
  if (groups === null) return false;
  return api().confirm_recovery_key({ positions: groups.map((_, i) => i + 1), groups });
}
