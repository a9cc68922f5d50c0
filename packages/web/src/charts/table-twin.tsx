/** What a chart shows, as a table: for those who read it, and for copying. */
import { formatTime, iso, type Zone } from '../format/index.ts';
import type { Plan } from './plan.ts';
import css from './time-chart.module.css';

/** More rows are a list nobody reads; the export has them. */
const ROWS_MOST = 500;

export function TableTwin({ plan, label, zone }: { plan: Plan; label: string; zone: Zone }) {
  const last = plan.times.at(-1) ?? 0;
  const rows = plan.times.map((_, at) => plan.times.length - 1 - at).slice(0, ROWS_MOST);
  const before = plan.lines.map(({ series }) => series).filter(({ ghost, earlier }) => ghost ?? earlier);
  const told = (value: number | null | undefined): string =>
    value === null || value === undefined ? 'no data' : plan.format(value);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section className={css.tableWrap} aria-label={`${label}, table`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {plan.lines.map(({ series }) => (
              <th key={series.name} scope="col" className="r">
                {series.name}
              </th>
            ))}
            {before.map(({ name }) => (
              <th key={name} scope="col" className="r">
                {name}, baseline
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((at) => (
            <tr key={plan.times[at]}>
              <td title={iso(plan.times[at]!)}>{formatTime(plan.times[at]!, last, zone)}</td>
              {plan.lines.map(({ series, values }) => (
                <td key={series.name} className="r">
                  {told(values[at])}
                </td>
              ))}
              {before.map(({ name, ghost, earlier }) => (
                <td key={name} className="r">
                  {told((ghost ?? earlier)?.[at])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
