/** Where the version is slower: segments by the lower bound of the harm. */
import { Link } from 'wouter';
import type { ReleaseView, ReleaseSegment as Segment } from '../../api/index.ts';
import { formatCount, formatDuration, signed } from '../../format/index.ts';
import { Interval } from '../../parts/interval-row.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { useGo } from '../../url/index.ts';
import css from './release.module.css';

const ALL = <span className="dimmer">all</span>;

export function Segments({ view }: { view: ReleaseView }) {
  const { segments, version, against } = view;
  const { link } = useGo();
  const worse = segments.some((one) => one.difference.low > 0);
  const max = Math.max(...segments.map((one) => one.difference.high), 1);
  const min = Math.min(...segments.map((one) => one.difference.low), -max * 0.08);
  const from = view.window.from;
  return (
    <Sheet label="Where it is worse">
      <Head
        alone
        title={worse ? 'Where it is worse' : 'Nowhere is it slower'}
        unit="segments by lower bound of the harm"
        end={
          <Link
            href={link('/explain', {
              subject: 'requests',
              from,
              to: view.window.to,
              selection: [`model_version=${version}`],
            })}
          >
            Explain by brushing
          </Link>
        }
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways */}
      <section className={css.scroll} aria-label="Segments" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th>Tenant</th>
              <th className="hide-s">Region</th>
              <th>Hardware</th>
              <th>Size</th>
              <th className={`r ${css.wide}`}>Requests {version}</th>
              <th className="r hide-s">p95 {against}</th>
              <th className="r hide-s">p95 {version}</th>
              <th className="r">p95 change</th>
              <th className={`${css.narrowAxis} hide-s`}>
                <span className="vh">95 % interval of the change</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {segments.map((one) => (
              <Row key={JSON.stringify(one.segment)} one={one} min={min} max={max} />
            ))}
          </tbody>
        </table>
      </section>
    </Sheet>
  );
}

function Row({ one, min, max }: { one: Segment; min: number; max: number }) {
  const { segment, difference, n, now, before } = one;
  const bad = difference.low > 0;
  return (
    <tr>
      <td>{segment.tenant ? <b>{segment.tenant}</b> : ALL}</td>
      <td className="hide-s">{segment.region ?? ALL}</td>
      <td>{segment.hardware_class ?? ALL}</td>
      <td>{segment.size ?? ALL}</td>
      <td className={`r ${css.wide}`}>{formatCount(n)}</td>
      <td className="r dim hide-s">{formatDuration(before)}</td>
      <td className="r hide-s">
        <b>{formatDuration(now)}</b>
      </td>
      <td className={bad ? 'r crit' : 'r dim'}>{signed(difference.value, formatDuration)}</td>
      <td className={`${css.narrowAxis} hide-s`}>
        <Interval
          {...difference}
          min={min}
          max={max}
          status={bad ? 'crit' : difference.high < 0 ? 'ok' : undefined}
          label={`${signed(difference.low, formatDuration)} to ${signed(difference.high, formatDuration)}`}
        />
      </td>
    </tr>
  );
}
