// How long the real window takes: from the start of the process to a screen that can be used, from a key to the frame that
// shows it, and for a list to be drawn. `node bench.mjs [starts]`; results under target/bench/window.json.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { family } from './sockets.mjs';
import { acceptAll, CASE, firstRun, pasteCase, stop, suggest, unlock } from './walk.mjs';
import { Home, pause, ROOT } from './window.mjs';

const STARTS = Number(process.argv[2] ?? 5);
const HERTZ = 100;

/** When a process began, in milliseconds since 1970: the kernel counts in hundredths since it started. */
function begun(pid) {
  const ticks = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ')[19]);
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return Date.now() - (uptime - ticks / HERTZ) * 1000;
}

const program = (window) =>
  family(window.driver.pid).find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('bogam-desktop'));

const measures = (window, name) =>
  window.page.executeScript(
    'return performance.getEntriesByName(arguments[0]).map((entry) => [performance.timeOrigin + entry.startTime, entry.duration]);',
    name,
  );

function of(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { n: sorted.length, median: at(0.5), p95: at(0.95), most: sorted.at(-1) };
}

const results = { processors: cpus().length, processor: cpus()[0]?.model };
const home = new Home();
try {
  let window = await home.window();
  await firstRun(window, { pictures: false });
  await pasteCase(window, CASE);
  await suggest(window);
  results.list = { drugs: (await window.all('[role="row"][data-ingredient]')).length };
  await stop(window, 'ibuprofen');
  await acceptAll(window);
  await pause(500);
  results.list.draw_ms = of((await measures(window, 'bogam:list')).map(([, ms]) => ms));

  // Keys in the search field of the worklist and in the form of a case.
  await window.go('worklist');
  const search = await window.find('input[type="search"]');
  const keys = [];
  for (const letter of '홍길순 심부전 furosemide I50 heart failure 푸로세미드 와르파린'.repeat(3)) {
    await window.page.executeScript("performance.clearMeasures('bogam:key')");
    await search.sendKeys(letter);
    await pause(60);
    keys.push(...(await measures(window, 'bogam:key')).map(([, ms]) => ms));
  }
  results.key_in_search_ms = of(keys);
  await search.clear();
  await window.press(window.t('worklist.new'));
  const name = await window.field(window.t('caseform.name'));
  const typed = [];
  for (const letter of '홍길동 Hong Gildong '.repeat(5)) {
    await window.page.executeScript("performance.clearMeasures('bogam:key')");
    await name.sendKeys(letter);
    await pause(60);
    typed.push(...(await measures(window, 'bogam:key')).map(([, ms]) => ms));
  }
  results.key_in_case_ms = of(typed);
  await window.close();

  const starts = [];
  for (let i = 0; i < STARTS; i += 1) {
    window = await home.window();
    await window.see(window.t('unlock.title'));
    const [[at]] = await measures(window, 'bogam:interactive');
    starts.push(at - begun(program(window)));
    await window.close();
    await pause(500);
  }
  results.start_to_interactive_ms = of(starts);
  window = await home.window();
  await unlock(window);
} finally {
  await home.close();
}
const folder = join(ROOT, 'target/bench');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'window.json'), `${JSON.stringify(results, null, 2)}\n`);
const line = (name, x, target) => console.log(`${name.padEnd(44)} median ${x.median.toFixed(0)} ms, p95 ${x.p95.toFixed(0)}, most ${x.most.toFixed(0)} (${x.n} times)  ${target}`);
line('process start to a screen that can be used', results.start_to_interactive_ms, 'target 1500 ms');
line('key to paint, search of the worklist', results.key_in_search_ms, '');
line('key to paint, form of a case', results.key_in_case_ms, '');
line(`drawing a list of ${results.list.drugs} drugs`, results.list.draw_ms, 'target 50 ms for 100');
