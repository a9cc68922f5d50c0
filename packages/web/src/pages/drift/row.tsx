/** A finding of drift as a row: the sentence, what it rests on, then under now, since when. */
import type { DriftFinding } from '../../api/index.ts';
import { Distribution } from '../../charts/index.ts';
import { formatN, formatTime } from '../../format/index.ts';
import { Chip } from '../../parts/chip.tsx';
import { FindingRow } from '../../parts/finding-row.tsx';
import { useContextState, useGo, useNow, useParameter } from '../../url/index.ts';
import { findingPath } from './address.ts';
import {
  driftSentence,
  driftStatus,
  driftTitle,
  intervalWords,
  kindWords,
  lagWords,
  nameOfChange,
  placeWords,
  pWords,
  shiftWords,
} from './words.ts';

/** Fewer cells have no shape. */
const SHAPE_LEAST = 5;

interface FindingOfDriftProps {
  readonly finding: DriftFinding;
  /** Of a page that is not about the window of the context: the one of the finding. */
  readonly window?: { readonly from: string; readonly to: string };
}
export function FindingOfDrift({ finding, window }: FindingOfDriftProps) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  const [baseline] = useParameter('baseline');
  const [path, more] = findingPath(finding, baseline);
  const { distribution, since, cause } = finding;
  const at_ms = since ? Date.parse(since) : null;
  const status = driftStatus(finding);
  const sentence = driftSentence(finding);
  const interval = intervalWords(finding);
  const sure = `${pWords(finding.p_adjusted)}, ${formatN(finding.n_cur)}.`;
  const { unit, before, now } = finding;
  const numeric = distribution !== undefined && distribution.cells.length >= SHAPE_LEAST;
  return (
    <FindingRow
      href={link(path, { ...more, ...window })}
      status={status}
      direction={(finding.shift ?? 0) < 0 ? 'down' : 'up'}
      sentence={sentence}
      evidence={
        <>
          {`${shiftWords(finding)}${interval === null ? '' : ` (${interval})`}, ${sure} `}
          {cause ? (
            <>
              {`Likely the ${kindWords(cause.kind)} `}
              <Chip mono>{nameOfChange(cause)}</Chip>
              {` ${lagWords(cause.lag_h)}.`}
            </>
          ) : (
            'No release or change is a likely cause.'
          )}
          {alsoWords(finding)}
        </>
      }
      figure={
        unit === 'share' && before !== null && now !== null ? (
          <Shares then={before} now={now} warns={status === 'warn'} />
        ) : (
          numeric && (
            <Distribution
              label={`${driftTitle(finding.metric)}: baseline outlined, now filled`}
              then={distribution.reference}
              now={distribution.current}
              height={38}
              {...(status === 'warn' ? { status: 'warn' as const } : {})}
            />
          )
        )
      }
      since={at_ms === null ? '' : `since ${formatTime(at_ms, now_ms, zone)}`}
    />
  );
}

const SHARES_PX = 38;
/** Two shares on one scale, from 0: then as an outline, now filled. */
function Shares({ then, now, warns }: { then: number; now: number; warns: boolean }) {
  const most = Math.max(then, now, Number.MIN_VALUE);
  const wide = (value: number): string => `${Math.max(0.5, (value / most) * 99).toFixed(1)}%`;
  return (
    <svg width="100%" height={SHARES_PX} aria-hidden="true">
      <rect
        x="1"
        y="5"
        width={wide(then)}
        height="9"
        fill="none"
        stroke="var(--pencil-line)"
        strokeWidth="1.5"
      />
      <rect
        x="0"
        y="20"
        width={wide(now)}
        height="9"
        fill={warns ? 'var(--warn-mark)' : 'var(--ink-3)'}
        opacity={warns ? 0.5 : 0.35}
      />
    </svg>
  );
}

const NAMED = 2;
function alsoWords({ also, segment, metric }: DriftFinding): string {
  if (also.length === 0) return '';
  const names = [
    ...new Set(
      also.map((one) =>
        one.metric === metric
          ? `in ${placeWords(one.segment)}`.replace(/^in everything$/, 'over all')
          : `${driftTitle(one.metric).toLowerCase()}${
              JSON.stringify(one.segment) === JSON.stringify(segment) ? '' : ` of ${placeWords(one.segment)}`
            }`,
      ),
    ),
  ];
  const more = names.length - NAMED;
  return ` Also ${names.slice(0, NAMED).join(more > 0 ? ', ' : ' and ')}${more > 0 ? ` and ${more} more` : ''}.`;
}
