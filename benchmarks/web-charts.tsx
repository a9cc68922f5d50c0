/** Ten charts of 2,000 points, as a page of ours mounts them; `benchmarks/web.mjs` builds and times it. */
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { TimeChart } from '../packages/web/src/charts/index.ts';
import '../packages/web/src/tokens.css';
import '../packages/web/src/base/base.css';

const CHARTS = 10;
const POINTS = 2_000;
const STEP_MS = 60_000;
const START_MS = Date.UTC(2026, 0, 1);
const times = Array.from({ length: POINTS }, (_, at) => START_MS + at * STEP_MS);
const valuesOf = (chart: number): number[] =>
  times.map((_, at) => 20 + chart + 6 * Math.sin(at / 90) + ((at * 7919 + chart * 104_729) % 97) / 50);

const frame = (): Promise<number> => new Promise((done) => requestAnimationFrame(done));

/** Milliseconds from nothing to the frame in which all of them are painted; and the same taken away again. */
async function mount(): Promise<number> {
  const host = document.createElement('div');
  document.body.append(host);
  const root = createRoot(host);
  const charts = Array.from({ length: CHARTS }, (_, chart) => valuesOf(chart));
  await frame();
  const begin = performance.now();
  flushSync(() =>
    root.render(
      charts.map((values, chart) => (
        <TimeChart
          key={String(chart)}
          label={`Chart ${chart}`}
          times={times}
          step_ms={STEP_MS}
          series={[{ name: 'value', values, colour: 'series-1' }]}
        />
      )),
    ),
  );
  while (host.querySelectorAll('canvas').length < CHARTS) await frame();
  await frame();
  const took = performance.now() - begin;
  root.unmount();
  host.remove();
  return took;
}

Object.assign(globalThis, { mountCharts: mount });
