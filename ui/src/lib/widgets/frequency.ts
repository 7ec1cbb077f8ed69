export type Frequency = 'often' | 'sometimes' | 'rarely';

/** From here on a drug counts as given often, and sometimes: the limits that the text reports use. */
export const OFTEN = 0.5;
export const SOMETIMES = 0.15;

/** The word for how often such patients are given a drug. */
export function frequency(probability: number): Frequency {
  if (probability >= OFTEN) return 'often';
  return probability >= SOMETIMES ? 'sometimes' : 'rarely';
}
