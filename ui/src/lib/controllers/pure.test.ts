import { describe, expect, it } from 'vitest';

import { Fake } from '../api/fake';
import type { SuggestionView } from '../api';
import { frequency } from '../widgets/frequency';
import { ticks } from '../widgets/plot';
import { visible } from '../widgets/virtual';
import { compare } from './compare';
import { asksPregnancy, listState, readNumber, readTime, shownTime } from './fields';
import { counts, isPlain, missingByCheck, rowsOf, undecided, wholeFindings } from './regimen';
import { parts } from './talk.svelte';
import { opensForm, stateOf } from './worklist.svelte';

async function view(key = 1): Promise<SuggestionView> {
  const fake = new Fake();
  const { suggestion } = await fake.suggest({
    key,
    options: { model: null, without_model: false, advice: true },
    on: () => undefined,
  });
  return fake.read_suggestion({ id: suggestion });
}

describe('a regimen as rows', () => {
  it('keeps the order of the list, with withheld drugs where their frequency is', async () => {
    const made = await view();
    const rows = rowsOf(made);
    expect(rows.filter((r) => r.kind === 'listed').map((r) => r.ingredient)).toEqual(
      made.record.drugs.map((d) => d.ingredient),
    );
    expect(rows).toHaveLength(made.record.drugs.length + made.record.withheld.length);
    const ibuprofen = rows.findIndex((r) => r.ingredient === 'ibuprofen');
    expect(rows[ibuprofen]?.kind).toBe('withheld');
    expect(ibuprofen).toBeLessThan(rows.findIndex((r) => r.ingredient === 'docusate'));
  });

  it('has every withheld drug with the critical finding that withheld it', async () => {
    for (const key of [1, 2]) {
      for (const row of rowsOf(await view(key)).filter((r) => r.kind === 'withheld')) {
        expect(row.findings[0]?.tier, row.ingredient).toBe('critical');
      }
    }
  });

  it('does not call a drug plain that has a warning, an unmade check or a decision', async () => {
    const made = await view();
    for (const row of rowsOf(made).filter(isPlain)) {
      expect(row.findings.every((f) => f.tier === 'note')).toBe(true);
      expect(made.record.not_evaluated.some((n) => n.drugs.includes(row.ingredient))).toBe(false);
    }
    const first = rowsOf(made).find(isPlain);
    expect(first).toBeDefined();
    const decision = {
      ingredient: first!.ingredient,
      decision: 'accepted' as const,
      changed_to: null,
      reason: null,
      note: null,
    };
    made.decisions = [{ decision, at: '', person: '' }];
    expect(
      rowsOf(made)
        .filter(isPlain)
        .map((r) => r.ingredient),
    ).not.toContain(first!.ingredient);
  });

  it('waits for a decision on each listed drug, and on withheld ones that the patient takes', async () => {
    const made = await view();
    const waiting = undecided(rowsOf(made)).map((r) => r.ingredient);
    expect(waiting).toContain('ibuprofen');
    expect(waiting).toHaveLength(made.record.drugs.length + made.record.withheld.filter((d) => d.current).length);
  });

  it('counts what concerns the list, not what was found between drugs that nobody listed', async () => {
    const made = await view();
    const rows = rowsOf(made);
    const found = counts(made, rows);
    const listed = new Set(made.record.drugs.flatMap((d) => d.findings));
    const whole = wholeFindings(made).map((f) => f.id);
    const warnings = made.record.findings.filter(
      (f) => f.tier === 'warning' && (listed.has(f.id) || whole.includes(f.id)),
    );
    expect(found.warning).toBe(warnings.length);
    expect(found.warning).toBeLessThan(made.record.findings.filter((f) => f.tier === 'warning').length);
    expect(found.critical).toBeGreaterThanOrEqual(1);
  });

  it('tells a check without a rule apart from one without data', () => {
    const merged = missingByCheck([
      { code: 'renal.dose', drugs: ['x'], missing: [] },
      { code: 'renal.dialysis', drugs: ['x'], missing: ['patient.dialysis'] },
    ]);
    expect(merged).toEqual([{ check: 'renal', missing: ['rule', 'patient.dialysis'] }]);
  });

  it('compared with itself does not differ, and without a drug it does', async () => {
    const made = await view();
    expect(compare(made, made).every((row) => !row.differs)).toBe(true);
    const fewer = structuredClone(made);
    fewer.record.drugs.shift();
    expect(compare(made, fewer)[0]).toMatchObject({ ingredient: made.record.drugs[0]?.ingredient, differs: true });
  });
});

describe('what is typed', () => {
  it.each([
    ['62', 62],
    [' 1,9 ', 1.9],
    ['１２．５', 12.5],
    ['', null],
    ['7o', undefined],
    ['1e3', undefined],
    ['--2', undefined],
  ])('%j as a number is %s', (text, value) => expect(readNumber(text)).toBe(value));

  it.each([
    ['2026-03-02 09:00', '2026-03-02T09:00:00'],
    ['2026-3-2T9:05', '2026-03-02T09:05:00'],
    ['2026-03-02', '2026-03-02T00:00:00'],
    ['2026-02-30 09:00', undefined],
    ['2026-03-02 25:00', undefined],
    ['', null],
    ['yesterday', undefined],
  ])('%j as a moment is %s', (text, value) => expect(readTime(text)).toBe(value));

  it('is shown again as it can be typed', () => {
    expect(shownTime('2026-03-02T09:00:00')).toBe('2026-03-02 09:00');
    expect(readTime(shownTime('2026-03-02T09:00:07'))).toBe('2026-03-02T09:00:07');
  });

  it('keeps unknown, none and some apart', () => {
    expect([listState(null), listState([]), listState(['x'])]).toEqual(['unknown', 'none', 'some']);
    expect(asksPregnancy('F', 29)).toBe(true);
    expect(asksPregnancy('F', 81)).toBe(false);
    expect(asksPregnancy('M', 29)).toBe(false);
    expect(asksPregnancy('F', null)).toBe(true);
  });
});

describe('small things', () => {
  it('only rows in sight exist, with some beyond', () => {
    expect(visible(0, 720, 36, 100_000)).toEqual({ from: 0, to: 28 });
    expect(visible(3_600_000, 720, 36, 100_000)).toEqual({ from: 99_992, to: 100_000 });
    expect(visible(360, 720, 36, 0)).toEqual({ from: 0, to: 0 });
  });

  it('ticks are round and within', () => {
    expect(ticks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(0, 512)).toEqual([0, 200, 400]);
    expect(ticks(3, 3)).toEqual([3]);
  });

  it('an answer is cut where nobody checked it, whatever the ranges', () => {
    expect(parts('abcdef', [{ from: 2, to: 4 }]).map((p) => p.text)).toEqual(['ab', 'cd', 'ef']);
    const odd = parts('abcdef', [
      { from: 4, to: 99 },
      { from: 0, to: 5 },
    ]);
    expect(odd.map((p) => p.text).join('')).toBe('abcdef');
    expect(odd.every((p) => p.unchecked)).toBe(true);
  });

  it('what is under way matters more than what was', () => {
    expect(stateOf({ status: 'suggested', job: 'running' })).toBe('running');
    expect(stateOf({ status: 'open', job: 'interrupted' })).toBe('interrupted');
    expect(stateOf({ status: 'signed', job: 'done' })).toBe('signed');
    expect(opensForm({ status: 'open', job: null })).toBe(true);
    expect(opensForm({ status: 'open', job: 'failed' })).toBe(false);
    expect([frequency(0.5), frequency(0.15), frequency(0.149)]).toEqual(['often', 'sometimes', 'rarely']);
  });
});
