import type { Lang } from '../bindings/clinical';

export interface GenerationSettings {
  max_tokens: number;
  temperature: number;
  top_k: number;
  repetition_penalty: number;
}

/** A drug named in an answer, checked against the patient before the answer is shown as whole. */
export interface Mention {
  ingredient: string;
  /** As it stands in the answer. */
  written: string;
  tier: 'critical' | 'warning' | 'note' | 'none' | 'not_evaluated';
  /** What the check found, in words; empty when nothing. */
  messages: { en: string; ko: string; source: string }[];
}

/** The kinds of danger that get a fixed card. Decided by the program, worded by the window. */
export type RedFlag =
  | 'chest_pain'
  | 'stroke'
  | 'anaphylaxis'
  | 'overdose'
  | 'suicide'
  | 'breathing'
  | 'bleeding'
  | 'seizure'
  | 'unconscious'
  | 'pregnancy';

export interface TalkMessage {
  position: number;
  at: string;
  speaker: 'person' | 'model';
  content: string;
  red_flags: RedFlag[];
  /** Language of the question: that of the card, whatever the window's. */
  lang: Lang;
  mentions: Mention[];
  /** Parts of the answer, as character ranges, that tell of doses or of stopping and starting: nobody checked them. */
  unchecked: { from: number; to: number }[];
  sources: { title: string; code: string }[];
  /** Not written to its end: a person stopped it, its tokens were used up, or it repeated itself. */
  stopped: boolean;
}

export interface Conversation {
  id: number;
  key: number | null;
  at: string;
  messages: TalkMessage[];
  /** Tokens in use, and how many there are; both 0 where no answer told them. */
  context: { used: number; of: number };
}

/** What comes while an answer is written. The red flags come first, before the first word. */
export type TalkEvent =
  | { kind: 'job'; job: number }
  | { kind: 'red_flags'; flags: RedFlag[]; lang: Lang }
  | { kind: 'text'; text: string }
  | { kind: 'context'; used: number; of: number };
