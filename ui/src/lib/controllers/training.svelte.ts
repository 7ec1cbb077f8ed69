import { api, ApiError, type Loss, type Progress, type TrainingChoice, type TrainingRun } from '../api';
import { Importing } from './importing.svelte';

export type Step = Extract<Progress, { kind: 'step' }>;

export interface Point {
  x: number;
  y: number;
}

/** Losses as two curves. */
export interface Curves {
  train: Point[];
  validation: Point[];
}

export function curves(losses: readonly Loss[]): Curves {
  return {
    train: losses.flatMap((l) => (l.train === null ? [] : [{ x: l.step, y: l.train }])),
    validation: losses.flatMap((l) => (l.validation === null ? [] : [{ x: l.step, y: l.validation }])),
  };
}

/** Points that are drawn of a curve, at most. */
export const DRAWN = 160;

/** A curve of fewer points: means of as many neighbours each, at the last of them. */
export function thinned(points: readonly Point[], most = DRAWN): { points: Point[]; of: number } {
  const of = Math.max(1, Math.ceil(points.length / most));
  if (of === 1) return { points: [...points], of };
  const out: Point[] = [];
  for (let at = 0; at < points.length; at += of) {
    const part = points.slice(at, at + of);
    const sum = part.reduce((total, p) => total + p.y, 0);
    out.push({ x: part.at(-1)?.x ?? 0, y: sum / part.length });
  }
  return { points: out, of };
}

/** Steps over which the time of one is averaged. */
const RECENT = 20;

/** The one training that can go on. It outlives the screen that began it: whoever comes back sees how far it is. */
export class Trainer extends Importing {
  /** The run that goes on, once it is known; else null. */
  id = $state<string | null>(null);
  step = $state.raw<Step | null>(null);
  curves = $state.raw<Curves>({ train: [], validation: [] });
  stopping = $state(false);
  /** How the last one ended, until the next begins; `nothing`: it was stopped before there was a run. */
  ended = $state<'done' | 'stopped' | 'nothing' | null>(null);
  private times: number[] = [];

  /** Seconds that are left, by the mean of the last steps. */
  get left(): number | null {
    if (this.step === null || this.times.length === 0) return null;
    const mean = this.times.reduce((sum, time) => sum + time, 0) / this.times.length;
    return mean * (this.step.steps - this.step.step);
  }

  /** Trains. `before`: the runs that there are already. */
  train(choice: TrainingChoice, before: readonly string[]): Promise<TrainingRun | null> {
    return this.through(null, { train: [], validation: [] }, (on) => api().train({ choice, on }), before);
  }

  /** Goes on with a run; the curve begins with what is known of it. */
  async resume(id: string): Promise<TrainingRun | null> {
    if (this.busy) return null;
    const known = await api()
      .training_losses({ id })
      .catch(() => []);
    return this.through(id, curves(known), (on) => api().resume_training({ id, on }));
  }

  private async through(
    id: string | null,
    begin: Curves,
    call: (on: (progress: Progress) => void) => Promise<TrainingRun>,
    before: readonly string[] = [],
  ): Promise<TrainingRun | null> {
    if (this.busy) return null;
    this.id = id;
    this.step = null;
    this.curves = begin;
    this.times = [];
    this.stopping = false;
    this.ended = null;
    let stopped = false;
    const run = await this.run(async (on) => {
      try {
        return await call(on);
      } catch (thrown) {
        // That somebody stopped it is no fault.
        stopped = ApiError.of(thrown).code === 'cancelled';
        if (stopped) return null;
        throw thrown;
      }
    });
    this.id = null;
    this.stopping = false;
    if (run !== null) this.ended = 'done';
    else if (stopped) {
      const left = id !== null || this.step !== null || (await this.isMoreThan(before));
      // Another one may have begun meanwhile.
      if (!this.busy) this.ended = left ? 'stopped' : 'nothing';
    }
    return run;
  }

  /** Whether there are other runs than these. Where that cannot be read, there may be. */
  private async isMoreThan(before: readonly string[]): Promise<boolean> {
    const now = await api()
      .training()
      .catch(() => null);
    return now === null || [...now.runs, ...now.unreadable].some((run) => !before.includes(run.id));
  }

  protected override take(progress: Progress): void {
    if (progress.kind !== 'step') {
      super.take(progress);
      // Asked to stop before the number was known.
      if (progress.kind === 'job' && this.stopping) void super.stop();
      return;
    }
    const { train, validation } = this.curves;
    const { step, loss, validation_loss, seconds_left, steps } = progress;
    // It was evaluated before this step. The same figure twice is one evaluation, told twice.
    const told = validation_loss === null || validation.at(-1)?.y === validation_loss;
    this.curves = {
      train: [...train, { x: step, y: loss }],
      validation: told ? validation : [...validation, { x: step - 1, y: validation_loss }],
    };
    if (steps > step) this.times = [...this.times, seconds_left / (steps - step)].slice(-RECENT);
    this.step = progress;
  }

  override async stop(): Promise<void> {
    this.stopping = true;
    await super.stop();
  }

  /** For tests: nothing goes on and nothing went on. */
  reset(): void {
    Object.assign(this, { busy: false, stage: null, job: null, notices: [], more: 0, error: null });
    Object.assign(this, { id: null, step: null, curves: { train: [], validation: [] }, stopping: false, ended: null });
    this.times = [];
  }
}

export const trainer = new Trainer();
