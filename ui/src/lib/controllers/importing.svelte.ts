import { api, ApiError, type Progress } from '../api';

/** Notices that are shown one by one: a file of something else has one a line. */
export const SHOWN = 200;

export type Notice = Extract<Progress, { kind: 'notice' }>;

/** An import under way: how far it is, what it tells of besides, and how to stop it. */
export class Importing {
  busy = $state(false);
  stage = $state.raw<Extract<Progress, { kind: 'stage' }> | null>(null);
  job = $state<number | null>(null);
  /** What stopped nothing and is good to know; it stays until the next import. */
  notices = $state.raw<Notice[]>([]);
  /** Notices beyond those. */
  more = $state(0);
  error = $state.raw<ApiError | null>(null);

  /** Null when it failed, and when the person closed the dialog without choosing. */
  async run<T>(call: (on: (progress: Progress) => void) => Promise<T | null>): Promise<T | null> {
    if (this.busy) return null;
    this.busy = true;
    this.error = null;
    this.notices = [];
    this.more = 0;
    try {
      return await call((progress) => this.take(progress));
    } catch (thrown) {
      this.error = ApiError.of(thrown);
      return null;
    } finally {
      this.busy = false;
      this.stage = null;
      this.job = null;
    }
  }

  protected take(progress: Progress): void {
    if (progress.kind === 'job') this.job = progress.job;
    else if (progress.kind === 'stage') this.stage = progress;
    else if (progress.kind === 'step') return;
    else if (this.notices.length < SHOWN) this.notices = [...this.notices, progress];
    else this.more += 1;
  }

  async stop(): Promise<void> {
    if (this.job === null) return;
    try {
      await api().stop_job({ job: this.job });
    } catch (thrown) {
      this.error = ApiError.of(thrown);
    }
  }
}
