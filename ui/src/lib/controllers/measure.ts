/**
 * How long things take, in the browser's own timeline: `bogam:interactive` (mark) and `bogam:key` (measures), read by
 * whoever measures the window. They hold times, and nothing that was typed.
 */

/** Measures kept at most: the timeline of a window that is open for a week stays small. */
const MOST = 500;

let marked = false;
let measured = 0;

/** Calls a function once what was changed is on the screen. */
function painted(then: () => void): void {
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
