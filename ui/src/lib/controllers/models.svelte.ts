import { api, ApiError, type AdapterView, type ModelView, type Progress } from '../api';
import { t } from '../i18n/index.svelte';
import { modelsAmong } from './events';
import { Loaded } from './load.svelte';
import { toasts } from './toasts.svelte';

/** The models there are, and one piece of work on them at a time. */
export class Models {
  readonly list = new Loaded<ModelView[]>();
  readonly adapters = new Loaded<AdapterView[]>();
  working = $state.raw<Extract<Progress, { kind: 'stage' }> | null>(null);
  busy = $state(false);
  error = $state.raw<ApiError | null>(null);

  readonly on = (progress: Progress): void => {
    if (progress.kind === 'stage') this.working = progress;
  };

  read(): Promise<ModelView[] | null> {
    return this.list.from(() => api().models());
  }

  readAdapters(): Promise<AdapterView[] | null> {
    return this.adapters.from(() => api().adapters());
  }

  async attempt(work: () => Promise<unknown>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      await work();
      // Before anybody signed in there are none to be read.
      await Promise.all([this.read(), ...(this.adapters.value === null ? [] : [this.readAdapters()])]);
    } catch (thrown) {
      this.error = ApiError.of(thrown);
    } finally {
      this.busy = false;
      this.working = null;
    }
  }

  /** Adds a model: the file at the path, or one that a dialog asks for. */
  add(path: string | null): Promise<void> {
    return this.attempt(() => api().add_model({ path, on: this.on }));
  }

  /** Files that were dropped on the window: those that can be models are added, one after the other. */
  async dropped(paths: readonly string[]): Promise<void> {
    if (this.busy) {
      toasts.problem(t('data.model_busy'));
      return;
    }
    const files = modelsAmong(paths);
    await this.attempt(async () => {
      if (files.length === 0) throw new ApiError('model.file', { path: paths[0] ?? '' });
      for (const path of files) await api().add_model({ path, on: this.on });
    });
  }
}
