// What a page's thread spent on each of its tasks, by its own clock: a task that waited for a core beside others is as
// short as it would be alone. The browser's trace tells both, and what the longest was made of.
const TASK = 'RunTask';
const CATEGORIES = ['disabled-by-default-devtools.timeline', 'devtools.timeline', 'v8'];
const US_PER_MS = 1_000;
const LONG_MS = 50;
const TIDYING = 'GCFinalizeMCReduceMemory';
/** Parts of the longest task that are told. */
const PARTS = 8;
const PART_LEAST_US = 1_000;

/** Watches all tasks of the renderers of a browser in slices: `slice` ends one and begins the next. */
export async function watchTasks(browser) {
  const session = await browser.newBrowserCDPSession();
  /** By thread: how many tasks, the longest, and those over 50 ms, in CPU time. */
  const threads = new Map();
  let events = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    // The main thread of a process has its number.
    for (const event of value) if (event.ph === 'X' && event.pid === event.tid) events.push(event);
  });
  const count = () => {
    for (const event of events) {
      if (event.name !== TASK) continue;
      const known = threads.get(event.pid) ?? nothing();
      const ms = (event.tdur ?? 0) / US_PER_MS;
      known.tasks += 1;
      known.cpu_ms += ms;
      known.first_ts = Math.min(known.first_ts, event.ts);
      if (ms > LONG_MS) known.over_50 += 1;
      if (ms <= Math.min(known.longest_ms, known.own_ms)) continue;
      const parts = partsOf(event, events);
      if (ms > known.longest_ms) {
        known.longest_ms = ms;
        known.parts = `${parts}, after ${((event.ts - known.first_ts) / 1e6).toFixed(0)} s`;
      }
      // The browser tidies up once when a page has become still: no hand waits for that.
      if (ms > known.own_ms && !parts.includes(TIDYING)) {
        known.own_ms = ms;
        known.own_parts = parts;
      }
      threads.set(event.pid, known);
    }
    events = [];
  };
  const start = () =>
    session.send('Tracing.start', {
      transferMode: 'ReportEvents',
      traceConfig: {
        recordMode: 'recordUntilFull',
        includedCategories: CATEGORIES,
        excludedCategories: ['*'],
      },
    });
  const end = async () => {
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
    count();
  };
  await start();
  return {
    async slice() {
      await end();
      await start();
    },
    /** Of the busiest renderer's main thread. */
    async stop() {
      await end();
      await session.detach();
      const [busiest] = [...threads.values()].sort((a, b) => b.cpu_ms - a.cpu_ms);
      return busiest ?? nothing();
    },
  };
}

const nothing = () => ({
  tasks: 0,
  cpu_ms: 0,
  first_ts: Number.POSITIVE_INFINITY,
  longest_ms: 0,
  over_50: 0,
  parts: '',
  own_ms: 0,
  own_parts: '',
});

/** The longest events within a task, in words. */
const partsOf = (task, events) =>
  events
    .filter(
      ({ name, pid, ts, tdur = 0 }) =>
        name !== TASK && pid === task.pid && ts >= task.ts && ts < task.ts + task.dur && tdur > PART_LEAST_US,
    )
    .sort((a, b) => b.tdur - a.tdur)
    .slice(0, PARTS)
    .map(
      ({ name, tdur, args }) =>
        `${name}${args?.data?.functionName ? ` ${args.data.functionName}` : ''} ${(tdur / US_PER_MS).toFixed(1)}`,
    )
    .join(', ');
