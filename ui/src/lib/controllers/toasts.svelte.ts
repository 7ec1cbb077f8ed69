/** A short word on what was done, that goes away by itself. Errors stay until they are read. */
export interface Toast {
  id: number;
  text: string;
  /** `note`: neither done nor wrong, and good to know. */
  kind: 'done' | 'note' | 'problem';
  action?: { label: string; run: () => void };
}

const SHOWN_MS = 4000;
/** With something to press, or more than a line to read, it stays for longer. */
const SHOWN_LONGER_MS = 12_000;
const LINE = 60;
const MOST = 3;

export class Toasts {
  list = $state.raw<Toast[]>([]);
  private next = 1;

  done(text: string, action?: Toast['action']): void {
    this.passing({ text, kind: 'done', action });
  }

  note(text: string, action?: Toast['action']): void {
    this.passing({ text, kind: 'note', action });
  }

  private passing(toast: Omit<Toast, 'id'>): void {
    const id = this.push(toast);
    const short = toast.action === undefined && toast.text.length <= LINE;
    setTimeout(() => this.dismiss(id), short ? SHOWN_MS : SHOWN_LONGER_MS);
  }

  problem(text: string, action?: Toast['action']): void {
    // The same trouble twice is said once.
    if (this.list.some((toast) => toast.kind === 'problem' && toast.text === text)) return;
    this.push({ text, kind: 'problem', action });
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  private push(toast: Omit<Toast, 'id'>): number {
    const id = this.next++;
    this.list = [...this.list, { ...toast, id }].slice(-MOST);
    return id;
  }
}

export const toasts = new Toasts();
