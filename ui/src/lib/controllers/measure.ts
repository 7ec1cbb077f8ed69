/**
 * How long things take, in the browser's own timeline: `bogam:interactive` (mark), `bogam:key`, and of a list
 * `bogam:list:read` (asked for until it is in hand), `bogam:list:first` (in hand until what a screen holds is painted) and
 * `bogam:list:whole` (in hand until its last row is), all three measures. Read by whoever measures the window. They hold
 * times, and nothing that was typed.
 */

/** Measures kept at most: the timeline of a window that is open for a week stays small. */
const MOST = 500;

let marked = false;
let measured = 0;

/** Calls a function once what was changed is on the screen. */
export function painted(then: () => void): void {
  requestAnimationFrame(() => {
    // A message is delivered after the frame that is being made was painted.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      then();
    };
    port2.postMessage(null);
  });
}

/** The first screen is on the paper and can be used. Said once. */
export function interactive(): void {
  if (marked) return;
  marked = true;
  painted(() => performance.mark('bogam:interactive'));
}

/** A key was pressed where text is typed: from then until what it changed is painted. */
export function key(event: KeyboardEvent): void {
  const target = event.target;
  if (!(target instanceof Element) || target.closest('[data-measured]') === null) return;
  const start = event.timeStamp;
  painted(() => {
    if (measured >= MOST) {
      performance.clearMeasures('bogam:key');
      measured = 0;
    }
    measured += 1;
    performance.measure('bogam:key', { start, end: performance.now() });
  });
}

const LIST = 'bogam:list';

/** A list is read from the program: how long that takes. */
export async function reading<T>(read: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const list = await read();
  performance.clearMeasures(`${LIST}:read`);
  performance.measure(`${LIST}:read`, { start, end: performance.now() });
  return list;
}

/** A list is in hand, and is about to be drawn. */
export function listing(): void {
  performance.clearMarks(`${LIST}:begin`);
  performance.mark(`${LIST}:begin`);
}

/** So many rows of it were made: from when it was in hand until they are painted. */
export function listed(part: 'first' | 'whole', rows: number): void {
  painted(() => {
    const name = `${LIST}:${part}`;
    performance.clearMeasures(name);
    performance.measure(name, { start: `${LIST}:begin`, end: performance.now(), detail: { rows } });
  });
}
