import type { AppEvent } from '../api';

type Of<K extends AppEvent['kind']> = Extract<AppEvent, { kind: K }>;

/** What the program tells of without being asked, for the screens that are shown. */
export class Events {
  private listeners = new Set<(event: AppEvent) => boolean>();

  /** Hears events of a kind; gives back what ends that. */
  on<K extends AppEvent['kind']>(kind: K, hear: (event: Of<K>) => void): () => void {
    const listener = (event: AppEvent) => {
      if (event.kind !== kind) return false;
      hear(event as Of<K>);
      return true;
    };
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Whether any screen heard it. */
  tell(event: AppEvent): boolean {
    return [...this.listeners].map((listener) => listener(event)).some(Boolean);
  }
}

export const events = new Events();

/** The files among those that were dropped that can be models. */
export function modelsAmong(paths: readonly string[]): string[] {
  return paths.filter((path) => path.toLowerCase().endsWith('.gguf'));
}
