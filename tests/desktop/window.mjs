// The real window, driven through WebKit's own driver.
//
// Each window has a home folder of its own. The driver starts the program, and the program asks the page to obey it
// (TAURI_WEBVIEW_AUTOMATION). Needs a display: `xvfb-run -a npm test`.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach } from 'node:test';

import { Builder, By, Capabilities, Key, until } from 'selenium-webdriver';

import { Watch, family, state } from './sockets.mjs';
import { words } from './words.mjs';

export { By, Key, until };

export const ROOT = resolve(import.meta.dirname, '../..');
const PROGRAM = process.env.BOGAM_DESKTOP ?? join(ROOT, 'target/release/bogam-desktop');
/** Where pictures are left. */
export const PICTURES = process.env.BOGAM_PICTURES ?? join(ROOT, 'target/desktop');
const PATIENCE = 30_000;

export const freePort = () =>
  new Promise((done, failed) => {
    const server = net.createServer();
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** WebKit's driver, on a port. What it and the program write goes into a file: whatever of them outlives a test would hold a
 * pipe of the tests open, and they would not end. */
export function startDriver(port, env) {
  mkdirSync(PICTURES, { recursive: true });
  const log = openSync(join(PICTURES, 'program.log'), 'a');
  return spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], { env, stdio: ['ignore', 'ignore', log] });
}

/** A picture of the window where a test failed. */
export const pictureOfFailures = (window) =>
  afterEach(async (test) => {
    if (test.passed === false) await window()?.picture(`failed: ${test.name}`.replaceAll('/', '-').slice(0, 100));
  });

/** A home folder, and the windows over it. */
export class Home {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'bogam-desktop-'));
    this.open = [];
  }

  path(name) {
    return join(this.folder, name);
  }

  /** What the next dialogs for files answer, in their order: nobody can press a button of the system's own dialog here. */
  choose(...paths) {
    writeFileSync(this.path('chosen'), paths.map((path) => `${path}\n`).join(''));
  }

  async window(lang = 'ko') {
    const port = await freePort();
    const env = {
      ...process.env,
      BOGAM_HOME: this.path('home'),
      BOGAM_CHOOSE: this.path('chosen'),
      XDG_DATA_HOME: this.path('data'),
      TAURI_WEBVIEW_AUTOMATION: 'true',
      LC_ALL: 'C.UTF-8',
    };
    const driver = startDriver(port, env);
    const capabilities = new Capabilities();
    capabilities.set('browserName', 'wry');
    capabilities.set('webkitgtk:browserOptions', { binary: PROGRAM, args: [] });
    const begun = Date.now();
    for (;;) {
      try {
        const begin = Date.now();
        const page = await new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(capabilities).build();
        const window = new Window(page, driver, await words(lang), lang, begin);
        Object.assign(window, { program: PROGRAM, environment: env });
        this.open.push(window);
        return window;
      } catch (error) {
        // The driver needs a moment before it listens; a program that does not start is told by what it wrote.
        if (Date.now() - begun > PATIENCE) {
          driver.kill();
          throw error;
        }
        await pause(200);
      }
    }
  }

  async close() {
    for (const window of this.open) await window.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
  }
}

const quoted = (text) => {
  if (!text.includes("'")) return `'${text}'`;
  if (!text.includes('"')) return `"${text}"`;
  return `concat(${text.split("'").map((part) => `'${part}'`).join(`, "'", `)})`;
};

/** Until these processes have ended. A window that asks before it closes over work outlives its driver, and what it holds
 * of the tests' own output would keep them from ending for ever: after a while it is made to end. */
async function ended(processes, patience = 5_000) {
  const begun = Date.now();
  const left = () => processes.filter((pid) => !['', 'Z', 'X'].includes(state(pid)));
  while (left().length > 0 && Date.now() - begun < patience) await pause(50);
  for (const pid of left()) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Ended in between.
    }
  }
}

/** A window, by what a person sees in it. */
export class Window {
  constructor(page, driver, t, lang, begin) {
    this.page = page;
    this.driver = driver;
    this.t = t;
    this.lang = lang;
    /** When the driver was asked to start the program. */
    this.begin = begin;
    this.watch = new Watch(driver.pid);
  }

  /** Something with this text, when it is there. */
  see(text, within = PATIENCE) {
    const has = `contains(normalize-space(.), ${quoted(text)})`;
    return this.page.wait(until.elementLocated(By.xpath(`//body//*[${has} and not(.//*[${has}])]`)), within, `“${text}” is not to be seen`);
  }

  /** Until nothing with this text is there. */
  async gone(text, within = PATIENCE) {
    await this.page.wait(async () => !(await this.shows(text)), within, `“${text}” is still to be seen`);
  }

  async shows(text) {
    return (await this.page.getPageSource()).includes(text);
  }

  find(css, within = PATIENCE) {
    return this.page.wait(until.elementLocated(By.css(css)), within, `nothing is “${css}”`);
  }

  all(css) {
    return this.page.findElements(By.css(css));
  }

  button(name, within = PATIENCE) {
    const by = By.xpath(
      `//button[starts-with(normalize-space(.), ${quoted(name)}) or @aria-label=${quoted(name)}] | //*[@role='tab' and normalize-space(.)=${quoted(name)}]`,
    );
    return this.page.wait(until.elementLocated(by), within, `there is no button “${name}”`);
  }

  async press(name) {
    await this.page.wait(
      async () => {
        try {
          const button = await this.button(name);
          if (!(await button.isEnabled())) return false;
          // A dialog that is closing keeps the page from taking clicks for a moment, and WebKit's driver does not tell.
          if (!(await this.page.executeScript("return getComputedStyle(arguments[0]).pointerEvents !== 'none'", button))) return false;
          await button.click();
          return true;
        } catch (error) {
          // Drawn anew between the look and the press.
          if (error.name === 'StaleElementReferenceError' || error.name === 'ElementClickInterceptedError') return false;
          throw error;
        }
      },
      PATIENCE,
      `“${name}” cannot be pressed`,
    );
  }

  field(label) {
    const by = By.xpath(
      `//*[@id=//label[starts-with(normalize-space(.), ${quoted(label)})]/@for] | //label[contains(normalize-space(.), ${quoted(label)})]//input | //*[(self::input or self::textarea) and @aria-label=${quoted(label)}]`,
    );
    return this.page.wait(until.elementLocated(by), PATIENCE, `there is no field “${label}”`);
  }

  async write(label, text) {
    const field = await this.field(label);
    await field.clear();
    await field.sendKeys(text);
  }

  /** A text into a field at once, as pasting does. */
  async paste(field, text) {
    await this.page.executeScript(
      "const [field, text] = arguments; field.focus(); field.value = text; field.dispatchEvent(new Event('input', { bubbles: true }));",
      field,
      text,
    );
  }

  async keys(...keys) {
    await this.page.actions().sendKeys(...keys).perform();
  }

  /** A key with another held. */
  async chord(held, key) {
    await this.page.actions().keyDown(held).sendKeys(key).keyUp(held).perform();
  }

  /** One of the five screens. */
  async go(screen) {
    await this.press(this.t(`nav.${screen}`));
    await this.find('nav [aria-current="page"]');
  }

  /** One of a few choices that stand side by side. Their inputs are hidden behind labels, which a driver cannot press. */
  async pick(value) {
    await this.page.executeScript('arguments[0].click()', await this.find(`input[value="${value}"]`));
  }

  /** Until the keyboard is in something. */
  focused(css) {
    const there = () => this.page.executeScript('return document.activeElement?.closest(arguments[0]) !== null', css);
    return this.page.wait(there, PATIENCE, `the keyboard is not in “${css}”`);
  }

  async picture(name) {
    // Letters that are still on their way would be missing.
    await this.page.executeAsyncScript('const done = arguments[arguments.length - 1]; document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(() => done())));');
    mkdirSync(PICTURES, { recursive: true });
    writeFileSync(join(PICTURES, `${name}-${this.lang}.png`), await this.page.takeScreenshot(), 'base64');
  }

  /** Processes of the program that descend from it under this name of a command. */
  workers() {
    return family(this.driver.pid).filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('__worker');
      } catch {
        return false;
      }
    });
  }

  /** Whether the program still runs. */
  running() {
    return family(this.driver.pid).some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('bogam-desktop');
      } catch {
        return false;
      }
    });
  }

  /** Waits for a file, and reads it. */
  async file(path, within = PATIENCE) {
    await this.page.wait(() => existsSync(path), within, `${path} was not written`);
    return readFileSync(path, 'utf8');
  }

  async close() {
    if (this.closed) return;
    this.closed = true;
    this.reached = this.watch.end();
    const all = family(this.driver.pid);
    try {
      await this.page.quit();
    } catch {
      // The program may have ended by itself.
    }
    this.driver.kill();
    await ended(all);
  }
}
