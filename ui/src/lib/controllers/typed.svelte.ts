import { api } from '../api';
import { quiet } from './load.svelte';
import { session } from './session.svelte';

const KEEP_MS = 400;

/**
 * What is typed outside the form of a case, and not sent yet: kept in the vault by its place while it is typed, so that
 * neither a lock nor a crash loses it, and taken away when it was sent.
 */
export class Typed {
  private kept = new Map<string, string>();
  /** Places whose text is not in the vault as it stands. */
  private dirty = new Set<string>();
  private person: number | null = null;
  private reading: { signed: unknown; done: Promise<void> } | null = null;
  private writing: Promise<boolean> = Promise.resolve(true);
  private resting = quiet(KEEP_MS, () => void this.flush());
  private registered = false;

  /** Reads what was kept for whoever is signed in, once after each time the vault was opened. */
  read(): Promise<void> {
    if (!this.registered) {
      this.registered = true;
      session.keeps(() => this.flush());
    }
    const signed = session.signed;
    if (this.reading?.signed === signed) return this.reading.done;
    // Somebody else signed in: what the one before typed is not theirs to see.
    if (signed?.person !== this.person) this.forget();
    this.person = signed?.person ?? null;
    const done = this.readNow();
    this.reading = { signed, done };
    return done;
  }

  private async readNow(): Promise<void> {
    const person = this.person;
    try {
      const texts = await api().kept_texts();
      // Somebody else signed in meanwhile.
      if (person !== this.person) return;
      const mine = new Map(Object.entries(texts));
      // What was typed since, or could not be kept, is newer than what the vault has.
      for (const place of this.dirty) {
        const text = this.kept.get(place);
        if (text === undefined) mine.delete(place);
        else mine.set(place, text);
      }
      this.kept = mine;
      if (this.dirty.size > 0) this.resting.due();
    } catch {
      // Without them the window works; the next opening asks again.
      this.reading = null;
    }
  }

  /** Drops what is held here; the vault is not asked. */
  forget(): void {
    this.resting.drop();
    this.kept.clear();
    this.dirty.clear();
    this.reading = null;
  }

  /** Whether what is held here is of whoever is signed in. */
  private get theirs(): boolean {
    return session.signed !== null && session.signed.person === this.person;
  }

  of(place: string): string {
    return this.theirs ? (this.kept.get(place) ?? '') : '';
  }

  /** Places that begin so and hold something. */
  under(begin: string): string[] {
    return this.theirs ? [...this.kept.keys()].filter((place) => place.startsWith(begin)) : [];
  }

  put(place: string, text: string): void {
    if (!this.theirs) void this.read();
    if (this.of(place) === text) return;
    if (text === '') this.kept.delete(place);
    else this.kept.set(place, text);
    this.dirty.add(place);
    this.resting.due();
  }

  /** It was sent, or given up: it is not kept any more. */
  async done(place: string): Promise<void> {
    this.put(place, '');
    await this.flush();
  }

  /** Keeps at once what is due; false when some of it could not be. A later text never comes before an earlier one. */
  flush(): Promise<boolean> {
    this.resting.drop();
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<boolean> {
    // Of somebody else: nothing that whoever is signed in could lose.
    if (!this.theirs || this.dirty.size === 0) return true;
    if (!session.writes) return false;
    let kept = true;
    for (const place of [...this.dirty]) {
      const text = this.kept.get(place) ?? null;
      this.dirty.delete(place);
      try {
        await api().keep_text({ place, text });
      } catch {
        // It stays in the field and is due still: the next letter, or the next opening, tries again.
        this.dirty.add(place);
        kept = false;
      }
    }
    return kept;
  }
}

export const typed = new Typed();

/** A text field whose text is kept under a place. */
export class TypedText {
  private value = $state('');
  readonly place: string;
  private readonly typed: Typed;

  constructor(place: string, of: Typed = typed) {
    this.place = place;
    this.typed = of;
    this.value = of.of(place);
  }

  get text(): string {
    return this.value;
  }
  set text(text: string) {
    this.value = text;
    this.typed.put(this.place, text);
  }

  /** Begins with a text that nobody typed: it is not kept until it is changed. */
  begin(text: string): void {
    this.value = text;
  }

  /** Takes over what was kept, unless something was typed already. Gives whether there was something. */
  async restore(): Promise<boolean> {
    await this.typed.read();
    if (this.value === '') this.value = this.typed.of(this.place);
    return this.value !== '';
  }

  async done(): Promise<void> {
    this.value = '';
    await this.typed.done(this.place);
  }
}
