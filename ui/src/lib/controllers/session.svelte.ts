import { api, ApiError, type Preferences, type Role, type Session as Signed, type Start } from '../api';
import { speak, t } from '../i18n/index.svelte';
import { commands } from './commands.svelte';
import { homeOf, router } from './router.svelte';
import { toasts } from './toasts.svelte';

export type Phase = 'starting' | 'first_run' | 'locked' | 'open' | 'broken';

/** Stores what was typed; false when it could not. */
type Keep = () => Promise<unknown>;

const ACTIVITY_MS = 10_000;

export const DEFAULT_PREFERENCES: Preferences = {
  lang: 'ko',
  theme: 'system',
  text_percent: 100,
  reduce_motion: 'system',
  single_keys: true,
  keys: {},
  idle_minutes: 5,
};

/** From the start of the window to somebody signed in, and back when it is locked. */
export class Session {
  phase = $state<Phase>('starting');
  signed = $state.raw<Signed | null>(null);
  people = $state.raw<string[]>([]);
  error = $state.raw<ApiError | null>(null);
  preferences = $state.raw<Preferences>(DEFAULT_PREFERENCES);
  version = $state('');
  /** Why it was locked, for the words on the locked screen. */
  lockedBy = $state<'idle' | 'asked' | 'sleep' | null>(null);
  private active = 0;
  private keepers = new Set<Keep>();

  async start(): Promise<void> {
    this.phase = 'starting';
    try {
      this.take(await api().start());
    } catch (thrown) {
      this.error = ApiError.of(thrown);
      this.phase = 'broken';
    }
  }

  private take(start: Start): void {
    this.version = start.bogam;
    this.people = start.people;
    this.error = start.error === null ? null : ApiError.of(start.error);
    this.apply(start.session?.preferences ?? start.preferences);
    this.signed = start.session;
    if (start.session !== null) this.settle(start.session, true);
    const phases = { none: 'first_run', locked: 'locked', open: 'open', broken: 'broken' } as const;
    this.phase = phases[start.vault];
  }

  async unlock(person: string, passphrase: string): Promise<void> {
    this.enter(await api().unlock({ person, passphrase }));
  }

  enter(session: Signed): void {
    // Somebody else: the places of the one before are not theirs.
    this.settle(session, this.signed?.person !== session.person);
    this.signed = session;
    this.lockedBy = null;
    if (!this.people.includes(session.name)) this.people = [...this.people, session.name];
    this.apply(session.preferences);
    this.phase = 'open';
  }

  /** Where somebody begins, by what they may do. */
  private settle(session: Signed, anew: boolean): void {
    router.home = homeOf(session.roles);
    if (anew) router.reset();
  }

  /** The recovery key was written down, or a new one waits to be. */
  recovery(confirmed: boolean): void {
    if (this.signed !== null) this.signed = { ...this.signed, recovery_confirmed: confirmed };
  }

  /** What is typed and not stored yet is stored by `keep` before the vault closes; gives back what ends that. */
  keeps(keep: Keep): () => void {
    this.keepers.add(keep);
    return () => this.keepers.delete(keep);
  }

  /** Whether everything that was typed is stored. */
  async keepAll(): Promise<boolean> {
    const kept = await Promise.allSettled([...this.keepers].map((keep) => keep()));
    return kept.every((one) => one.status === 'fulfilled' && one.value !== false);
  }

  /** Locks. What could not be stored would be lost with the key: then it is asked whether to lock all the same. */
  async lock(anyway = false): Promise<void> {
    if (this.phase !== 'open') return;
    if (!(await this.keepAll()) && !anyway) {
      toasts.problem(t('lock.unsaved'), { label: t('lock.anyway'), run: () => void this.lock(true) });
      return;
    }
    await api().lock();
    this.covered('asked');
  }

  /** The vault is locked: what is on the screen is covered, and where the window was is kept for who comes back. */
  covered(by: 'idle' | 'asked' | 'sleep'): void {
    if (this.phase !== 'open') return;
    this.lockedBy = by;
    this.phase = 'locked';
  }

  may(role: Role): boolean {
    return this.signed?.roles.includes(role) ?? false;
  }

  /** Whether anything can be written. */
  get writes(): boolean {
    return this.signed !== null && this.signed.read_only === null;
  }

  apply(preferences: Preferences): void {
    this.preferences = preferences;
    speak(preferences.lang);
    commands.singleKeys = preferences.single_keys;
    commands.changed = preferences.keys;
    if (typeof document === 'undefined') return;
    document.title = t('app.name');
    const root = document.documentElement;
    root.dataset['theme'] = preferences.theme === 'system' ? systemTheme() : preferences.theme;
    if (root.dataset['text'] !== String(preferences.text_percent)) resize(root, preferences.text_percent);
    root.dataset['motion'] =
      preferences.reduce_motion === 'yes' ? 'no' : preferences.reduce_motion === 'no' ? 'yes' : '';
  }

  async change(part: Partial<Preferences>): Promise<void> {
    const next = { ...this.preferences, ...part };
    this.apply(next);
    if (this.signed !== null) this.signed = { ...this.signed, preferences: next };
    await api().save_preferences({ preferences: next });
  }

  /** Tells the program that somebody is here. */
  touched(now: number): void {
    if (this.phase !== 'open' || now - this.active < ACTIVITY_MS) return;
    this.active = now;
    // Whether the vault is still open is told by an event; this call has nothing to say about it.
    api()
      .activity()
      .catch(() => undefined);
  }
}

/** Sets the size of the text. Engines keep what a container query came to while its width is the same: asked anew. */
function resize(root: HTMLElement, percent: number): void {
  root.dataset['text'] = String(percent);
  const app = document.getElementById('app');
  if (app === null) return;
  app.style.containerType = 'normal';
  // Reading a size makes the engine lay out before the line after it.
  void app.offsetWidth;
  app.style.containerType = '';
}

function systemTheme(): 'light' | 'dark' | 'contrast' {
  if (typeof window.matchMedia !== 'function') return 'light';
  if (window.matchMedia('(prefers-contrast: more)').matches) return 'contrast';
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export const session = new Session();
