/** Rows kept beyond both edges, so that quick scrolling shows no gap. */
const BEYOND = 8;

/** Which rows of one height are in sight: from, and up to but without. */
export function visible(top: number, height: number, row: number, count: number): { from: number; to: number } {
  if (row <= 0 || count <= 0) return { from: 0, to: 0 };
  const first = Math.floor(Math.max(0, top) / row);
  const last = Math.ceil((Math.max(0, top) + height) / row);
  const from = Math.min(count, Math.max(0, first - BEYOND));
  return { from, to: Math.max(from, Math.min(count, last + BEYOND)) };
}

/** How many rows are in the page at once: all that can be in sight, and those beyond both edges. */
export function slotsFor(height: number, row: number): number {
  return row <= 0 ? 0 : Math.ceil(height / row) + 1 + 2 * BEYOND;
}

/** The row that a slot shows: the only one from `from` on, and less than `slots` further, that belongs to it. */
export function indexOf(slot: number, from: number, slots: number): number {
  return from + ((((slot - from) % slots) + slots) % slots);
}
