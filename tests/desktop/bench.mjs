// How long the real window takes: from the start of the process to a screen that can be used, from a key to the frame that
// shows it, and for a list of drugs to be read and to be drawn. What no vault here holds, a hundred drugs and a worklist of a
// hundred thousand cases, is measured in the page alone over a made-up program: `page` in the results, which hold no time of
// reading. `node bench.mjs [starts]`; results under target/bench/window.json. `node bench.mjs page` measures the page only.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { family } from './sockets.mjs';
import { buildPage, Page } from './page.mjs';
import { acceptAll, CASE, firstRun, pasteCase, stop, suggest, unlock } from './walk.mjs';
import { Home, pause, ROOT } from './window.mjs';

const ONLY_PAGE = process.argv[2] === 'page';
const STARTS = Number(process.argv[2] ?? 5);
/** How often a list is opened in one window: the first time, with everything of it new, is told apart from the others. */
const OPENED = 11;
const FRAMES = 240;
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
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { n: sorted.length, mean, median: at(0.5), p95: at(0.95), most: sorted.at(-1) };
}

/** What is told of the list that was drawn last, once its last row is there. */
async function drawn(window) {
  await window.page.wait(async () => (await measures(window, 'bogam:list:whole')).length > 0, 30_000, 'no list is drawn');
  const of = async (part) => (await measures(window, `bogam:list:${part}`))[0][1];
  return { read_ms: await of('read'), first_ms: await of('first'), whole_ms: await of('whole') };
}

/** Opens the first case of the worklist again and again: from the press until it is read, and from then until it is drawn. */
async function lists(window) {
  const opened = [];
  for (let i = 0; i < OPENED; i += 1) {
    await window.go('worklist');
    await window.find('[role="option"]');
    await pause(500);
    const pressed = await window.page.executeScript(
      "for (const part of ['read', 'first', 'whole']) performance.clearMeasures(`bogam:list:${part}`); const now = performance.timeOrigin + performance.now(); document.querySelector('[role=\"option\"]').click(); return now;",
    );
    const last = await drawn(window);
    const [begin, ms] = (await measures(window, 'bogam:list:first'))[0];
    opened.push({ press_to_painted_ms: begin + ms - pressed, ...last });
  }
  const { length: drugs } = await window.all('[role="row"][data-ingredient]');
  const [first, ...others] = opened;
  return {
    drugs,
    first_time: first,
    again: Object.fromEntries(Object.keys(first).map((name) => [name, of(others.map((one) => one[name]))])),
  };
}

/** Scrolls the worklist by so many pixels with each frame, down and at its end up again; how long each frame took. */
const scrolled = async (window, step) =>
  of(
    await window.page.executeAsyncScript(
      `const [step, frames, done] = arguments;
      const list = document.querySelector('[role="listbox"]');
      const took = [];
      let [last, way] = [null, 1];
      const frame = (now) => {
        if (last !== null) took.push(now - last);
        last = now;
        if (took.length >= frames) return done(took);
        if (list.scrollTop + list.clientHeight >= list.scrollHeight - 1) way = -1;
        else if (list.scrollTop === 0) way = 1;
        list.scrollTop += way * step;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);`,
      step,
      FRAMES,
    ),
  );

/** The page alone, over a made-up program that answers at once. */
async function page(results) {
  buildPage();
  results.page = {};
  const alone = await Page.open();
  try {
    const window = await alone.load('drugs=30');
    await pause(5000);
    results.page.list_30 = await lists(window);
  } finally {
    await alone.close();
  }
  const long = await Page.open();
  try {
    let window = await long.load('drugs=100');
    await pause(5000);
    results.page.list_100 = await lists(window);
    window = await long.load('cases=100000');
    await window.page.manage().setTimeouts({ script: 180_000 });
    // Everything is read, as if somebody had scrolled through it all.
    const rows = await window.page.executeAsyncScript(
      `const [done] = arguments;
      const list = document.querySelector('[role="listbox"]');
      let rows = 0;
      const down = () => {
        const now = list.scrollHeight;
        if (now === rows && performance.now() - since > 3000) return done(Number(list.querySelector('[role="option"]').getAttribute('aria-setsize')));
        if (now !== rows) [rows, since] = [now, performance.now()];
        list.scrollTop = now;
        setTimeout(down, 0);
      };
      let since = performance.now();
      down();`,
    );
    results.page.worklist = {
      rows,
      still: await scrolled(window, 0),
      one_row: await scrolled(window, 36),
      a_page: await scrolled(window, 600),
    };
  } finally {
    await long.close();
  }
}

async function real(results) {
  const home = new Home();
  try {
    let window = await home.window();
    await firstRun(window, { pictures: false });
    await pasteCase(window, CASE);
    await suggest(window);
    // The first list that the window draws at all. What comes before it is the work of the program, and is not counted.
    const first_time = await drawn(window);
    await stop(window, 'ibuprofen');
    await acceptAll(window);
    await pause(500);
    results.list = { ...(await lists(window)), first_time };

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
}

const results = { processors: cpus().length, processor: cpus()[0]?.model };
if (!ONLY_PAGE) await real(results);
await page(results);
const folder = join(ROOT, 'target/bench');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, ONLY_PAGE ? 'page.json' : 'window.json'), `${JSON.stringify(results, null, 2)}\n`);
const line = (name, x, target) => console.log(`${name.padEnd(58)} median ${x.median.toFixed(0)} ms, p95 ${x.p95.toFixed(0)}, most ${x.most.toFixed(0)} (${x.n} times)  ${target}`);
const list = (name, x) => {
  line(`${name}, ${x.drugs} drugs: read`, x.again.read_ms, `the first time ${x.first_time.read_ms.toFixed(0)} ms`);
  line(`${name}, ${x.drugs} drugs: in hand to painted`, x.again.first_ms, `the first time ${x.first_time.first_ms.toFixed(0)} ms; target 50 ms for 100`);
  line(`${name}, ${x.drugs} drugs: in hand to its last row`, x.again.whole_ms, `the first time ${x.first_time.whole_ms.toFixed(0)} ms`);
  line(`${name}, ${x.drugs} drugs: press to painted`, x.again.press_to_painted_ms, '');
};
if (!ONLY_PAGE) {
  line('process start to a screen that can be used', results.start_to_interactive_ms, 'target 1500 ms');
  line('key to paint, search of the worklist', results.key_in_search_ms, '');
  line('key to paint, form of a case', results.key_in_case_ms, '');
  list('window', results.list);
}
list('page alone', results.page.list_30);
list('page alone', results.page.list_100);
const { worklist } = results.page;
for (const [name, how] of [['still', 'nothing moves'], ['one_row', 'a row a frame'], ['a_page', 'a page a frame']]) {
  line(`page alone, worklist of ${worklist.rows}: frame, ${how}`, worklist[name], `mean ${worklist[name].mean.toFixed(0)} ms`);
}
