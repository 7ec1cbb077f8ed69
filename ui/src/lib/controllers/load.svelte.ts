import { ApiError } from '../api';

/** Something that is read from the program: not there yet, there, or failed. A newer reading wins over an older one. */
export class Loaded<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  loading = $state(false);
  private turn = 0;

  async from(read: () => Promise<T>): Promise<T | null> {
    const turn = ++this.turn;
    this.loading = true;
    try {
      const value = await read();
      if (turn !== this.turn) return null;
      this.value = value;
      this.error = null;
      return value;
    } catch (thrown) {
      if (turn === this.turn) this.error = ApiError.of(thrown);
      return null;
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  }

  set(value: T): void {
    this.turn += 1;
    this.value = value;
    this.error = null;
    this.loading = false;
  }
}

/** Calls a function once things have been quiet for a while; `flush` calls it at once if it was due. */
export function quiet(ms: number, run: () => void): { due: () => void; flush: () => void; drop: () => void } {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const drop = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  return {
    due: () => {
      drop();
      timer = setTimeout(() => {
        timer = null;
        run();
      }, ms);
    },
    flush: () => {
      if (timer === null) return;
      drop();
      run();
    },
    drop,
  };
}
