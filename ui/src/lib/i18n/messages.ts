import type { ko } from './ko';

/** Every text, by its key, with what it is filled with. Korean is the original; English must have the same keys. */
export type Messages = {
  [K in keyof typeof ko]: (typeof ko)[K] extends (params: infer P) => string ? (params: P) => string : string;
};

export type Key = keyof Messages;

/** What a text is filled with; nothing for most. */
export type Params<K extends Key> = Messages[K] extends (params: infer P) => string ? [params: P] : [];
