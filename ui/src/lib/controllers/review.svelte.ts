import { api, ApiError, type Review, type ReviewItem, type SuggestionView } from '../api';
import { Loaded } from './load.svelte';

/** The queue of a reviewer, and the suggestion that is open. */
export class ReviewDesk {
  readonly queue = new Loaded<{ items: ReviewItem[]; total: number }>();
  readonly open = new Loaded<SuggestionView>();
  undone = $state(true);
  active = $state(0);
  /** Which drug of the open suggestion. */
  drug = $state(0);
  error = $state.raw<ApiError | null>(null);
  saving = $state(false);
  private readonly me: string;

  constructor(me: string) {
    this.me = me;
  }

  async read(): Promise<void> {
    const queue = await this.queue.from(() => api().review_queue({ after: null, limit: 200, undone: this.undone }));
    const first = queue?.items[this.active] ?? queue?.items[0];
    if (first !== undefined) await this.choose(queue?.items.indexOf(first) ?? 0);
  }

  async choose(at: number): Promise<void> {
    const item = this.queue.value?.items[at];
    if (item === undefined) return;
    this.active = at;
    this.drug = 0;
    await this.open.from(() => api().read_suggestion({ id: item.suggestion }));
  }

  /** The last word of whoever reviews, on a drug. Comments stand beside it. */
  verdictOf(ingredient: string): Review['verdict'] | null {
    const own =
      this.open.value?.reviews.filter((r) => r.person === this.me && r.review.ingredient === ingredient) ?? [];
    return own.findLast((r) => r.review.verdict !== 'comment')?.review.verdict ?? null;
  }

  get reviewed(): number {
    return this.open.value?.record.drugs.filter((d) => this.verdictOf(d.ingredient) !== null).length ?? 0;
  }

  move(by: number): void {
    const last = (this.open.value?.record.drugs.length ?? 1) - 1;
    this.drug = Math.max(0, Math.min(last, this.drug + by));
  }

  async say(verdict: Review['verdict'], comment: string | null, advance = false): Promise<boolean> {
    const view = this.open.value;
    const drug = view?.record.drugs[this.drug];
    if (view == null || drug === undefined || this.saving) return false;
    this.saving = true;
    this.error = null;
    try {
      const review = { ingredient: drug.ingredient, verdict, comment: comment?.trim() || null };
      this.open.set(await api().save_review({ id: view.id, review }));
      const item = this.queue.value?.items[this.active];
      const queue = this.queue.value;
      if (queue !== null && item !== undefined) {
        const items = queue.items.with(this.active, { ...item, reviewed: this.reviewed });
        this.queue.set({ ...queue, items });
      }
      if (advance) this.move(1);
      return true;
    } catch (thrown) {
      this.error = ApiError.of(thrown);
      return false;
    } finally {
      this.saving = false;
    }
  }
}
