import type { Lang } from '../../bindings/clinical';
import type { RedFlag, TalkMessage } from '../talk';

/** Stands in for what the program decides: a few words only, enough to show the card. */
const WORDS: [RedFlag, RegExp][] = [
  ['chest_pain', /가슴.{0,6}(통증|아프|조이)|chest pain/i],
  ['stroke', /말이 어눌|얼굴.{0,6}마비|face droop|slurred/i],
  ['anaphylaxis', /목이 붓|anaphyla|throat.{0,10}swell/i],
  ['overdose', /한꺼번에.{0,12}(먹|복용)|overdose/i],
  ['suicide', /죽고 싶|suicid|kill (myself|himself|herself)/i],
];

export function flagsOf(text: string): RedFlag[] {
  return WORDS.filter(([, pattern]) => pattern.test(text)).map(([flag]) => flag);
}

type Reply = Pick<TalkMessage, 'content' | 'mentions' | 'unchecked' | 'sources'>;

export function answer(lang: Lang): Reply {
  const content =
    lang === 'ko'
      ? '심부전과 심방세동이 함께 있는 환자에서는 심박수 조절을 위해 비소프롤롤을 유지하는 경우가 많습니다. 이부프로펜은 체액 저류를 일으킬 수 있어 중단을 고려합니다. 통증에는 아세트아미노펜을 쓸 수 있습니다.'
      : 'In heart failure with atrial fibrillation, bisoprolol is often continued for rate control. Ibuprofen can cause fluid retention; consider stopping it. Acetaminophen can be used for pain.';
  const stop = lang === 'ko' ? '중단을 고려합니다' : 'consider stopping it';
  const from = content.indexOf(stop);
  return {
    content,
    unchecked: from < 0 ? [] : [{ from, to: from + stop.length }],
    mentions: [
      {
        ingredient: 'ibuprofen',
        written: lang === 'ko' ? '이부프로펜' : 'Ibuprofen',
        tier: 'critical',
        messages: [
          {
            en: 'Ibuprofen: avoid (eGFR 26). Lowers kidney blood flow; can worsen renal failure and raise potassium.',
            ko: '이부프로펜: 사용하지 않음 (eGFR 26). 신혈류를 줄여 신기능 악화와 고칼륨혈증을 일으킬 수 있음.',
            source: 'MFDS',
          },
        ],
      },
      { ingredient: 'bisoprolol', written: lang === 'ko' ? '비소프롤롤' : 'bisoprolol', tier: 'note', messages: [] },
      {
        ingredient: 'acetaminophen',
        written: lang === 'ko' ? '아세트아미노펜' : 'Acetaminophen',
        tier: 'none',
        messages: [],
      },
    ],
    sources: [{ title: '2021 ESC Guidelines for acute and chronic heart failure', code: 'esc_hf_2021' }],
  };
}
