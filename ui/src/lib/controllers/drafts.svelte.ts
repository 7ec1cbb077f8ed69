import { api, type NewDraft } from '../api';
import { Loaded } from './load.svelte';

/** Cases that were begun and never saved, of whoever is signed in. */
export class Drafts {
  readonly list = new Loaded<NewDraft[]>();

  async read(): Promise<void> {
    await this.list.from(() => api().drafts());
  }

  get all(): NewDraft[] {
    return this.list.value ?? [];
  }
}
