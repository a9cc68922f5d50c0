// How long the thread that draws a page stood in the queue for a core: on a busy machine that is most of what a clock
// shows, and none of what the page can help. Linux tells it of every thread.
import { readFileSync } from 'node:fs';

/** Often enough to tell one key press from the next. */
const EVERY_MS = 5;
/** A page may move to a new process when it is opened. */
const LOOK_FOR_NEW_MS = 50;
const NS_PER_MS = 1e6;

/** Milliseconds that the main thread of a process has run and has waited since it began. */
function toldOf(pid) {
  try {
    const [ran, waited] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
    return { ran: ran / NS_PER_MS, waited: waited / NS_PER_MS };
  } catch {
    return null;
  }
}

/** Watches the renderers of a browser until `stop`; `between` tells what the busiest waited from one moment to another. */
export async function watchWaits(browser) {
  const session = await browser.newBrowserCDPSession();
  /** Of each process: what was told and when. */
  const seen = new Map();
  let began = false;
  const meet = async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    // Who comes later has waited for nothing before.
    for (const { type, id } of processInfo)
      if (type === 'renderer' && !seen.has(id)) seen.set(id, began ? [{ at: 0, ran: 0, waited: 0 }] : []);
    began = true;
  };
  const look = () => {
    for (const [pid, list] of seen) {
      const told = toldOf(pid);
      if (told) list.push({ at: Date.now(), ...told });
    }
  };
  await meet();
  look();
  const timers = [
    setInterval(look, EVERY_MS),
    setInterval(() => meet().catch(() => undefined), LOOK_FOR_NEW_MS),
  ];
  const ranIn = (list) => (list.at(-1)?.ran ?? 0) - (list[0]?.ran ?? 0);
  return {
    /** @param {number} from_ms @param {number} to_ms epoch milliseconds */
    between(from_ms, to_ms) {
      const [busiest = []] = [...seen.values()].sort((a, b) => ranIn(b) - ranIn(a));
      const at = (moment) => (busiest.findLast((one) => one.at <= moment) ?? busiest[0])?.waited ?? 0;
      return Math.max(0, Math.min(to_ms - from_ms, at(to_ms) - at(from_ms)));
    },
    async stop() {
      look();
      for (const timer of timers) clearInterval(timer);
      await session.detach();
    },
  };
}
