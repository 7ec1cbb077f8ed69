import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

const css = readFileSync(resolve(import.meta.dirname, 'tokens.css'), 'utf8');

type Colour = [number, number, number];

function theme(name: string): Map<string, Colour> {
  const block = new RegExp(`\\[data-theme='${name}'\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? '';
  const found = [...block.matchAll(/--([a-z-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)/g)];
  return new Map(found.map((m) => [m[1] ?? '', [Number(m[2]), Number(m[3]), Number(m[4])]]));
}

/** Luminance of an OKLCH colour, by way of linear sRGB (Björn Ottosson, 2020), cut to the gamut as browsers show it. */
function luminance([l, c, h]: Colour): number {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const [x, y, z] = [
    l + 0.3963377774 * a + 0.2158037573 * b,
    l - 0.1055613458 * a - 0.0638541728 * b,
    l - 0.0894841775 * a - 1.291485548 * b,
  ].map((v) => v ** 3) as [number, number, number];
  const rgb = [
    4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
    -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
    -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z,
  ].map((v) => Math.min(1, Math.max(0, v))) as [number, number, number];
  return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
}

function contrast(a: Colour, b: Colour): number {
  const [high, low] = [luminance(a), luminance(b)].sort((p, q) => q - p) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const GROUNDS = ['ground', 'surface', 'sunken', 'hover', 'selected'];
const TEXTS = ['text', 'text-muted', 'accent', 'critical', 'warning', 'note', 'unknown', 'good'];
const PAIRS: [string, string][] = [
  ...TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground] as [string, string])),
  ['on-accent', 'accent'],
  ['on-accent', 'accent-strong'],
  ...['critical', 'warning', 'note', 'unknown', 'good'].flatMap((tier) => [
    [tier, `${tier}-ground`] as [string, string],
    ['text', `${tier}-ground`] as [string, string],
    ['text-muted', `${tier}-ground`] as [string, string],
  ]),
];
/** What is no text: edges of fields, the focus ring, bars. */
const SHAPES: [string, string][] = [
  ...GROUNDS.flatMap((ground) => [['focus', ground] as [string, string]]),
  ['line-strong', 'surface'],
  ['line-strong', 'ground'],
  ['bar', 'bar-ground'],
  ['bar', 'surface'],
];

describe.each(['light', 'dark', 'contrast'])('the %s theme', (name) => {
  const colours = theme(name);
  const ratio = ([a, b]: [string, string]) => {
    const [first, second] = [colours.get(a), colours.get(b)];
    if (first === undefined || second === undefined) throw new Error(`${name} has no ${a} or ${b}`);
    return contrast(first, second);
  };

  it('has every text on every ground at 4.5 to 1 or better, 7 to 1 in high contrast', () => {
    const least = name === 'contrast' ? 7 : 4.5;
    const low = PAIRS.map((pair) => [...pair, ratio(pair).toFixed(2)]).filter(([, , r]) => Number(r) < least);
    expect(low).toEqual([]);
  });

  it('has every shape that means something at 3 to 1 or better', () => {
    const low = SHAPES.map((pair) => [...pair, ratio(pair).toFixed(2)]).filter(([, , r]) => Number(r) < 3);
    expect(low).toEqual([]);
  });
});

it('black on white is 21 to 1, so the arithmetic is right', () => {
  expect(contrast([1, 0, 0], [0, 0, 0])).toBeCloseTo(21, 1);
});
