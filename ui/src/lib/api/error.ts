import type { ApiErrorData } from './session';

/** A call that failed: its code, and what its words are filled with. */
export class ApiError extends Error {
  readonly code: string;
  readonly params: Record<string, string | number>;

  constructor(code: string, params: Record<string, string | number> = {}) {
    super(code);
    this.name = 'ApiError';
    this.code = code;
    this.params = params;
  }

  /** Whatever was thrown, as an error with a code: what is not ours is `unknown`, and is shown as such. */
  static of(thrown: unknown): ApiError {
    if (thrown instanceof ApiError) return thrown;
    if (isData(thrown)) return new ApiError(thrown.code, thrown.params);
    return new ApiError('unknown', { what: thrown instanceof Error ? thrown.name : typeof thrown });
  }
}

function isData(thrown: unknown): thrown is ApiErrorData {
  if (typeof thrown !== 'object' || thrown === null) return false;
  const { code, params } = thrown as Partial<ApiErrorData>;
  return typeof code === 'string' && (params === undefined || typeof params === 'object');
}
