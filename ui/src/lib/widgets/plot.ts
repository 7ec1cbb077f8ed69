/** Where values of an axis lie on the paper: linear, with round ticks. */
export interface Scale {
  at: (value: number) => number;
  ticks: number[];
}

const STEPS = [1, 2, 2.5, 5, 10];

/** Round numbers within a range, about as many as asked for. */
export function ticks(low: number, high: number, wanted = 5): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (STEPS.find((s) => s * power >= rough) ?? 10);
  const out: number[] = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n += 1)
    out.push(Number((n * step).toPrecision(12)));
  return out;
}

export function scale(low: number, high: number, from: number, to: number, wanted = 5): Scale {
  const span = high - low || 1;
  return { at: (value) => from + ((value - low) / span) * (to - from), ticks: ticks(low, high, wanted) };
}
