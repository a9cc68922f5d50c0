/** Frame by frame, as animators write it: exposed, held, duplicated, dropped. A heavier rule each eight frames. */
import { classes } from '../base/classes.ts';
import css from './exposure-sheet.module.css';

export type Exposure = 'exposed' | 'held' | 'duplicated' | 'dropped';
const RULE = 8;
const NUMBER = 4;

interface ExposureSheetProps {
  readonly rows: readonly { readonly name: string; readonly frames: readonly Exposure[] }[];
  /** Columns after which the rule is heavier, in place of each eighth. */
  readonly rules?: ReadonlySet<number>;
  /** Beside the key of the signs. */
  readonly note?: string;
}

export function ExposureSheet({ rows, rules, note }: ExposureSheetProps) {
  const length = Math.max(0, ...rows.map((row) => row.frames.length));
  const frames = Array.from({ length }, (_, at) => at);
  const heavy = (at: number): string | false =>
    (rules ? rules.has(at + 1) : (at + 1) % RULE === 0) && css.heavy!;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section className={css.scroll} tabIndex={0} aria-label="Exposure sheet">
      <table className={css.sheet}>
        <thead>
          <tr>
            <th scope="row">frame</th>
            {frames.map((at) => (
              <th key={at} scope="col" className={classes(heavy(at))}>
                {at === 0 || (at + 1) % NUMBER === 0 ? at + 1 : <span className="vh">{at + 1}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              {frames.map((at) => {
                const frame = row.frames[at] ?? 'held';
                return (
                  <td key={at} className={classes(css[frame], heavy(at))}>
                    <span className="vh">{frame}</span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <p className={css.legend} aria-hidden="true">
        <span>● exposed</span>
        <span>— held</span>
        <span>
          <i className={css.ring} /> duplicated
        </span>
        <span className="crit">× dropped</span>
        {note !== undefined && <span>{note}</span>}
      </p>
    </section>
  );
}
