import { api, ApiError, type Conversation, type GenerationSettings, type RedFlag } from '../api';
import type { Lang } from '../bindings/clinical';
import { Loaded } from './load.svelte';
import { TypedText } from './typed.svelte';

export const DEFAULT_GENERATION: GenerationSettings = {
  max_tokens: 512,
  temperature: 0.5,
  top_k: 200,
  repetition_penalty: 1.1,
};

/** An answer in the making. Its red flags are shown before its first word. */
export interface Writing {
  job: number | null;
  question: string;
  text: string;
  flags: RedFlag[];
  lang: Lang;
  stopping: boolean;
}

export class Talk {
  readonly past = new Loaded<{ id: number; at: string; first: string }[]>();
  conversation = $state.raw<Conversation | null>(null);
  writing = $state.raw<Writing | null>(null);
  error = $state.raw<ApiError | null>(null);
  /** Flags of a question that could not be answered: the card stays. */
  standing = $state.raw<{ flags: RedFlag[]; lang: Lang } | null>(null);
  /** The question as it is typed: kept until it was answered. */
  readonly question: TypedText;
  /** From which question on the conversation is written anew; null when one is added. */
  replace = $state<number | null>(null);
  /** What was typed before an earlier question was taken back to be edited. */
  private before = '';
  /** The conversation that a question was saved in while it could not be read. */
  private begun: number | null = null;
  settings = $state<GenerationSettings>({ ...DEFAULT_GENERATION });
  private readonly key: number | null;

  constructor(key: number | null) {
    this.key = key;
    this.question = new TypedText(`talk/${key ?? 'general'}`);
  }

  async begin(): Promise<void> {
    await Promise.all([this.past.from(() => api().conversations({ key: this.key })), this.question.restore()]);
  }

  async open(id: number): Promise<void> {
    this.error = null;
    try {
      this.conversation = await api().read_conversation({ id });
      this.begun = null;
      this.standing = null;
      // A question of another conversation is not edited any more.
      if (this.replace !== null) this.leave();
    } catch (thrown) {
      this.error = ApiError.of(thrown);
    }
  }

  fresh(): void {
    this.conversation = null;
    this.begun = null;
    this.standing = null;
    this.error = null;
    this.replace = null;
    void this.question.done();
  }

  async ask(): Promise<void> {
    const question = this.question.text.trim();
    if (question === '' || this.writing !== null) return;
    if (await this.send(question, null)) await this.answered();
  }

  private async answered(): Promise<void> {
    await this.question.done();
    this.question.text = this.before;
    this.before = '';
  }

  /** Whether the last question has no answer: it can be asked again as it stands. */
  get unanswered(): boolean {
    return this.conversation?.messages.at(-1)?.speaker === 'person';
  }

  /** Takes back a question and what came after it, so that it can be written anew. */
  edit(position: number): void {
    const message = this.conversation?.messages.find((m) => m.position === position);
    if (message === undefined || this.writing !== null) return;
    if (this.replace === null) this.before = this.question.text;
    this.question.begin(message.content);
    this.replace = position;
  }

  /** Leaves the question as it was asked. */
  leave(): void {
    this.replace = null;
    this.question.text = this.before;
    this.before = '';
  }

  async regenerate(): Promise<void> {
    const question = this.conversation?.messages.findLast((m) => m.speaker === 'person');
    if (question === undefined || this.writing !== null) return;
    const answered = await this.send(question.content, question.position);
    // A question that went unanswered still stands in the field.
    if (answered && this.question.text.trim() === question.content.trim()) await this.answered();
  }

  private async send(question: string, replace: number | null): Promise<boolean> {
    const from = replace ?? this.replace;
    this.error = null;
    this.standing = null;
    this.writing = { job: null, question, text: '', flags: [], lang: 'ko', stopping: false };
    let flagged: Talk['standing'] = null;
    try {
      this.conversation = await api().consult({
        id: this.conversation?.id ?? this.begun,
        key: this.key,
        text: question,
        replace: from,
        settings: { ...this.settings },
        on: (event) => {
          if (this.writing === null) return;
          if (event.kind === 'job') {
            this.writing = { ...this.writing, job: event.job };
            if (this.writing.stopping) void this.sendStop(event.job);
          } else if (event.kind === 'red_flags') {
            flagged = { flags: event.flags, lang: event.lang };
            this.writing = { ...this.writing, flags: event.flags, lang: event.lang };
          } else if (event.kind === 'text') {
            this.writing = { ...this.writing, text: this.writing.text + event.text };
          }
        },
      });
      this.begun = null;
      this.replace = null;
      void this.past.from(() => api().conversations({ key: this.key }));
      return true;
    } catch (thrown) {
      const error = ApiError.of(thrown);
      this.error = error;
      // Danger is told whether or not a model could answer.
      this.standing = flagged;
      const saved = error.params['conversation'];
      if (saved !== undefined) await this.goOn(Number(saved));
      return false;
    } finally {
      this.writing = null;
    }
  }

  /** The question was saved before something failed: it stands in its conversation, and the next one follows it there. */
  private async goOn(id: number): Promise<void> {
    this.replace = null;
    this.begun = id;
    try {
      const conversation = await api().read_conversation({ id });
      this.writing = null;
      this.conversation = conversation;
      // The card of a question that is shown comes with it.
      if (this.unanswered) this.standing = null;
    } catch {
      // What failed is told already; the next question goes to the same conversation.
    }
    void this.past.from(() => api().conversations({ key: this.key }));
  }

  async stop(): Promise<void> {
    if (this.writing === null || this.writing.stopping) return;
    this.writing = { ...this.writing, stopping: true };
    if (this.writing.job !== null) await this.sendStop(this.writing.job);
  }

  private async sendStop(job: number): Promise<void> {
    try {
      await api().stop_job({ job });
    } catch (thrown) {
      this.error = ApiError.of(thrown);
    }
  }
}

/** A part of an answer: said by nobody who checked it, or not. */
export interface Part {
  text: string;
  unchecked: boolean;
}

/** An answer cut at the ranges that nobody checked; ranges that overlap or lie outside are put in order. */
export function parts(content: string, ranges: readonly { from: number; to: number }[]): Part[] {
  const out: Part[] = [];
  let at = 0;
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const from = Math.max(at, Math.min(content.length, range.from));
    const to = Math.max(from, Math.min(content.length, range.to));
    if (from > at) out.push({ text: content.slice(at, from), unchecked: false });
    if (to > from) out.push({ text: content.slice(from, to), unchecked: true });
    at = to;
  }
  if (at < content.length) out.push({ text: content.slice(at), unchecked: false });
  return out;
}
