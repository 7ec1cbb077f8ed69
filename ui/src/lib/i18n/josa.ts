/** Pairs of Korean particles: after a final consonant, and after none. */
const PAIRS = {
  '을/를': ['을', '를'],
  '이/가': ['이', '가'],
  '은/는': ['은', '는'],
  '와/과': ['과', '와'],
  '으로/로': ['으로', '로'],
} as const;

export type Josa = keyof typeof PAIRS;

/** How the digits end when they are read: 영 일 이 삼 사 오 육 칠 팔 구. */
const DIGITS_WITH_FINAL = new Set(['0', '1', '3', '6', '7', '8']);
/** How Latin letters end when their names are read in Korean: 엘 엠 엔 알. */
const LETTERS_WITH_FINAL = new Set(['l', 'm', 'n', 'r']);
const FINAL_RIEUL = 8;

/** What the last letter of a word ends in: a consonant, ㄹ, or none; null when that cannot be told. */
function ending(word: string): 'consonant' | 'rieul' | 'none' | null {
  // What stands in brackets at the end is not read: 칼륨(K) ends as 칼륨 does.
  const read = word.trim().replace(/\s*\([^()]*\)$/u, '') || word;
  const letters = [...read].filter((c) => /[\p{L}\p{N}]/u.test(c));
  const last = letters.at(-1);
  if (last === undefined) return null;
  const code = last.charCodeAt(0);
  if (code >= 0xac00 && code <= 0xd7a3) {
    const final = (code - 0xac00) % 28;
    if (final === 0) return 'none';
    return final === FINAL_RIEUL ? 'rieul' : 'consonant';
  }
  if (/[0-9]/.test(last)) {
    if (last === '1' || last === '7' || last === '8') return 'rieul';
    return DIGITS_WITH_FINAL.has(last) ? 'consonant' : 'none';
  }
  const latin = last.toLowerCase();
  if (/[a-z]/.test(latin)) {
    if (latin === 'l' || latin === 'r') return 'rieul';
    return LETTERS_WITH_FINAL.has(latin) ? 'consonant' : 'none';
  }
  return null;
}

/** A word with the particle that it takes: `josa('칼륨', '이/가')` is `칼륨이`. Where that cannot be told, both forms. */
export function josa(word: string, pair: Josa): string {
  const [after, plain] = PAIRS[pair];
  const end = ending(word);
  if (end === null) return `${word}${after}(${plain})`;
  if (pair === '으로/로') return word + (end === 'consonant' ? after : plain);
  return word + (end === 'none' ? plain : after);
}
