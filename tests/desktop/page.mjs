// The page of the window alone, with a made-up program behind it, in the browser that WebKitGTK brings: what a vault cannot
// hold (a list of a hundred drugs, a worklist of a hundred thousand cases) is drawn and measured here. Needs a display.

import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

import { Builder, Capabilities } from 'selenium-webdriver';

import { words } from './words.mjs';
import { freePort, pause, ROOT, startDriver, Window } from './window.mjs';

const UI = join(ROOT, 'ui');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' };
const PATIENCE = 30_000;

/** Builds the page with the made-up program, which the page of the window does not hold. */
export const buildPage = () => execFileSync('npm', ['run', '--silent', 'build:fake'], { cwd: UI, stdio: 'inherit' });

/** What was built, for this machine alone. */
async function serve() {
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://127.0.0.1').pathname;
    const file = join(UI, 'dist-fake', path === '/' ? 'index.html' : path);
    response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
    createReadStream(file)
      .on('error', () => response.writeHead(404).end())
      .pipe(response);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

/** A browser with the page in it, as large as the window is at first. */
export class Page {
  static async open() {
    const page = new Page();
    page.server = await serve();
    const port = await freePort();
    page.driver = startDriver(port, { ...process.env, LC_ALL: 'C.UTF-8' });
    const begun = Date.now();
    for (;;) {
      try {
        const capabilities = new Capabilities();
        capabilities.set('browserName', 'MiniBrowser');
        page.browser = await new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(capabilities).build();
        break;
      } catch (error) {
        if (Date.now() - begun > PATIENCE) {
          await page.close();
          throw error;
        }
        await pause(200);
      }
    }
    return page;
  }

  /** The page anew. `query` says how the made-up program begins: `ui/src/lib/api/fake/start.ts`. */
  async load(query, lang = 'ko') {
    await this.browser.get(`http://127.0.0.1:${this.server.address().port}/?start=open&lang=${lang}&${query}`);
    const window = new Window(this.browser, this.driver, await words(lang), lang, Date.now());
    // The page itself has the size of the window, whatever stands around it in the browser.
    const [width, height] = await this.browser.executeScript('return [outerWidth - innerWidth, outerHeight - innerHeight]');
    await this.browser.manage().window().setRect({ x: 0, y: 0, width: 1366 + width, height: 768 + height });
    await window.find('[role="option"]');
    return window;
  }

  async close() {
    await this.browser?.quit().catch(() => undefined);
    this.driver?.kill();
    this.server?.close();
  }
}
