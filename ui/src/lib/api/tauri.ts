import { Channel, invoke } from '@tauri-apps/api/core';

import type { Api } from './api';
import { ApiError } from './error';

/** Turns a function among the arguments into a channel that the program writes to. */
function crossing(args: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(args).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value] as const;
    const channel = new Channel<unknown>();
    channel.onmessage = (message) => (value as (message: unknown) => void)(message);
    return [name, channel] as const;
  });
  return Object.fromEntries(entries);
}

async function call(command: string, argument: unknown): Promise<unknown> {
  const args = typeof argument === 'function' ? { on: argument } : ((argument ?? {}) as Record<string, unknown>);
  try {
    return await invoke(command, crossing(args));
  } catch (thrown) {
    throw ApiError.of(thrown);
  }
}

/** The calls as commands of the program behind the window. A method's name is the command's name. */
export const tauri: Api = new Proxy({} as Api, {
  get: (_, command) => {
    // A promise that is resolved with this object asks it for `then`.
    if (typeof command !== 'string' || command === 'then') return undefined;
    return (argument?: unknown) => call(command, argument);
  },
});
