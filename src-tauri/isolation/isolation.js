// Every message of the page to the program passes here first, in a frame of its own that the page cannot reach. Only the
// program's own commands go on, and the fetching of what a channel holds: no plugin can be called, whatever runs in the
// page. The capability `main` refuses the rest once more.
const OWN = /^[a-z][a-z_]*$/;
const CHANNEL = 'plugin:__TAURI_CHANNEL__|fetch';

window.__TAURI_ISOLATION_HOOK__ = (message) => {
  if (typeof message.cmd !== 'string' || (!OWN.test(message.cmd) && message.cmd !== CHANNEL)) {
    throw new Error('not a command of this program');
  }
  return message;
};
