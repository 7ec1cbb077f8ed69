import { api, ApiError, type CaseQuery, type CaseRow, type ImportedCases } from '../api';
import { quiet } from './load.svelte';

export type StatusFilter = CaseQuery['status'];

/** Rows of a page: a screen has some twenty, and the next page is asked for well before its end. */
const PAGE = 200;
const TYPING_MS = 80;
/** Rows at most that one call gives. */
const MOST = 1000;
/** A job tells of several changes at once. */
const CHANGED_MS = 150;

/** The cases that are found, in pages as they are scrolled to. */
export class Worklist {
  text = $state('');
  status = $state<StatusFilter>(null);
  mine = $state(false);
  rows = $state.raw<CaseRow[]>([]);
  total = $state<number | null>(null);
  active = $state(0);
  loading = $state(false);
  error = $state.raw<ApiError | null>(null);
  /** Whether the first page was answered: before that an empty list says nothing. */
  answered = $state(false);
  private turn = 0;
  private whole = false;
  private more = false;
  private typing = quiet(TYPING_MS, () => void this.search());
  private changing = quiet(CHANGED_MS, () => void this.refresh());

  get current(): CaseRow | null {
    return this.rows[this.active] ?? null;
  }

  get narrowed(): boolean {
    return this.text.trim() !== '' || this.status !== null || this.mine;
  }

  private query(after: number | null, limit = PAGE): CaseQuery {
    return { text: this.text.trim(), status: this.status, mine: this.mine, limit, after };
  }

  type(text: string): void {
    this.text = text;
    this.typing.due();
  }

  filter(status: StatusFilter): void {
    this.status = status;
    void this.search();
  }

  onlyMine(mine: boolean): void {
    this.mine = mine;
    void this.search();
  }

  clear(): void {
    this.text = '';
    this.status = null;
    this.mine = false;
    void this.search();
  }

  async search(): Promise<void> {
    this.typing.drop();
    const turn = ++this.turn;
    this.loading = true;
    try {
      const page = await api().search_cases({ query: this.query(null) });
      if (turn !== this.turn) return;
      this.rows = page.rows;
      this.total = page.total;
      this.whole = page.rows.length < PAGE;
      this.active = 0;
      this.error = null;
      this.answered = true;
    } catch (thrown) {
      if (turn === this.turn) this.error = ApiError.of(thrown);
    } finally {
      if (turn === this.turn) this.loading = false;
    }
  }

  /** A case was changed elsewhere. */
  changed(): void {
    this.changing.due();
  }

  /** The list is not shown any more. */
  leave(): void {
    this.typing.drop();
    this.changing.drop();
  }

  /** Reads what is shown again. The row that is chosen stays chosen, wherever it went. */
  async refresh(): Promise<void> {
    if (this.loading || !this.answered) return;
    const turn = ++this.turn;
    const limit = Math.min(MOST, Math.max(PAGE, this.rows.length));
    try {
      const page = await api().search_cases({ query: this.query(null, limit) });
      if (turn !== this.turn) return;
      const chosen = this.current?.key;
      const fresh = new Set(page.rows.map((row) => row.key));
      const last = page.rows.at(-1)?.place ?? 0;
      this.whole = page.rows.length < limit;
      // Further down than one call reaches the rows stay as they were.
      const below = this.whole ? [] : this.rows.filter((row) => row.place < last && !fresh.has(row.key));
      this.rows = [...page.rows, ...below];
      this.total = page.total;
      this.error = null;
      const at = this.rows.findIndex((row) => row.key === chosen);
      this.active = at >= 0 ? at : Math.max(0, Math.min(this.active, this.rows.length - 1));
    } catch (thrown) {
      if (turn === this.turn) this.error = ApiError.of(thrown);
    }
  }

  async readMore(): Promise<void> {
    const last = this.rows.at(-1);
    if (last === undefined || this.whole || this.more || this.loading) return;
    this.more = true;
    const turn = this.turn;
    try {
      const page = await api().search_cases({ query: this.query(last.place) });
      // Another search was begun in the meantime: this page is not its.
      if (turn !== this.turn) return;
      this.rows = [...this.rows, ...page.rows];
      this.whole = page.rows.length < PAGE;
    } catch (thrown) {
      if (turn === this.turn) this.error = ApiError.of(thrown);
    } finally {
      this.more = false;
    }
  }

  move(by: number): void {
    this.active = Math.max(0, Math.min(this.rows.length - 1, this.active + by));
  }
}

/** Lines of a file that were left out: a line may have several faults. */
export function faultyLines(imported: ImportedCases): number {
  return new Set(imported.rejected.map((fault) => fault.line)).size;
}

/** What a row's state is called: what is under way matters more than what was. */
export function stateOf(
  row: Pick<CaseRow, 'status' | 'job'>,
): CaseRow['status'] | 'running' | 'interrupted' | 'failed' {
  if (row.job === 'running' || row.job === 'queued') return 'running';
  if (row.status === 'open' && (row.job === 'interrupted' || row.job === 'cancelled')) return 'interrupted';
  if (row.status === 'open' && row.job === 'failed') return 'failed';
  return row.status;
}

/** Where a press on a row leads: to the suggestion once there is one. */
export function opensForm(row: Pick<CaseRow, 'status' | 'job'>): boolean {
  return stateOf(row) === 'open';
}
