import { api, ApiError } from '../api';
import { Models } from './models.svelte';
import { RecoveryKey } from './recoveryKey.svelte';
import { session } from './session.svelte';

export type Step = 'language' | 'use' | 'person' | 'key' | 'confirm' | 'model';

export const STEPS: Step[] = ['language', 'use', 'person', 'key', 'confirm', 'model'];

/** Characters that a passphrase needs at least: `vault::key::SHORTEST_PASSPHRASE`. */
export const SHORTEST = 10;

/** The first run: from a language to an open vault. A step is left only when what it asks for is there. */
export class FirstRun {
  step = $state<Step>('language');
  agreed = $state(false);
  name = $state('');
  passphrase = $state('');
  again = $state('');
  busy = $state(false);
  error = $state.raw<ApiError | null>(null);
  readonly recovery = new RecoveryKey();
  readonly models = new Models();

  get at(): number {
    return STEPS.indexOf(this.step);
  }

  /** Characters that the passphrase still needs. */
  get short(): number {
    return Math.max(0, SHORTEST - [...this.passphrase.normalize('NFC')].length);
  }

  get differs(): boolean {
    return this.again !== '' && this.again !== this.passphrase;
  }

  get ready(): boolean {
    if (this.busy) return false;
    if (this.step === 'use') return this.agreed;
    if (this.step === 'person') return this.name.trim() !== '' && this.short === 0 && this.again === this.passphrase;
    if (this.step === 'confirm') return this.recovery.complete;
    if (this.step === 'model') return !this.models.busy;
    return true;
  }

  back(): void {
    if (this.step === 'use') this.step = 'language';
    else if (this.step === 'person') this.step = 'use';
    else if (this.step === 'confirm') {
      this.recovery.step = 'shown';
      this.step = 'key';
    }
  }

  async next(): Promise<void> {
    if (!this.ready) return;
    this.error = null;
    if (this.step === 'language') this.step = 'use';
    else if (this.step === 'use') this.step = 'person';
    else if (this.step === 'person') await this.create();
    else if (this.step === 'key') {
      this.recovery.ask();
      this.step = 'confirm';
    } else if (this.step === 'confirm') await this.confirm();
    else await this.attempt(async () => session.enter(await api().finish_first_run()));
  }

  private async create(): Promise<void> {
    await this.attempt(async () => {
      const made = await api().create_vault({
        person: this.name.trim(),
        passphrase: this.passphrase,
        preferences: session.preferences,
      });
      this.recovery.show(made.recovery_key);
      this.passphrase = '';
      this.again = '';
      this.step = 'key';
    });
  }

  private async confirm(): Promise<void> {
    await this.attempt(async () => {
      if (!(await this.recovery.confirm())) return;
      this.step = 'model';
      void this.models.read();
    });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await work();
    } catch (thrown) {
      this.error = ApiError.of(thrown);
    } finally {
      this.busy = false;
    }
  }
}
