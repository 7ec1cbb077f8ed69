import type * as C from '../cases';

const interval = (value: number, by: number) => ({ value, low: value - by, high: value + by });

export const AGREEMENT: C.Agreement = {
  drugs: 412,
  reviewers: 2,
  observed: interval(0.91, 0.03),
  kappa: interval(0.62, 0.09),
  suitable: interval(0.94, 0.02),
  pairs: [{ a: '한지우', b: '오세린', drugs: 412, agreed: 375, kappa: 0.62 }],
};

export const IMPORTED: C.ImportedReviews = {
  path: '/media/usb/reviews.csv',
  accepted: 86,
  rejected: [{ line: 14, code: 'vault.not_found', params: { id: 'amoxicilin' } }],
};

/** The drugs of a list, all accepted: how the cases that are decided from the start stand. */
export function allAccepted(drugs: { ingredient: string }[], at: string, person: string): C.Decided[] {
  return drugs.map(({ ingredient }) => ({
    decision: { ingredient, decision: 'accepted', changed_to: null, reason: null, note: null },
    at,
    person,
  }));
}
