/** The release or change that most likely did it, what speaks for it, and what else it could have been. */
import { Link } from 'wouter';
import type { DriftCandidate, DriftSeries } from '../../api/index.ts';
import { formatPercent, formatTime } from '../../format/index.ts';
import { EvidenceRow } from '../../parts/evidence-row.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import css from './finding.module.css';
import { capital, driftFigure, kindWords, lagWords, nameOfChange } from './words.ts';

/** Below it the server calls nothing likely. */
const LIKELY = 0.5;

export function Cause({ series }: { series: DriftSeries }) {
  const { cause = null, alternatives = [], last_good_version: good } = series;
  return (
    <Sheet label="Likely cause">
      <Head alone title="Likely cause" />
      {cause === null ? (
        <p className={css.lead}>
          None likely. No release or change of configuration or data lies near it that explains it.
        </p>
      ) : (
        <Likely cause={cause} series={series} />
      )}
      {good && (
        <p className={css.row}>
          Last good version <b>{good}</b>
        </p>
      )}
      {alternatives.length > 0 && (
        <>
          <div className={css.row}>
            <h3>{cause === null ? 'What was considered' : 'Less likely'}</h3>
          </div>
          {alternatives.map((one) => (
            <Alternative key={`${one.id} ${one.timestamp}`} candidate={one} series={series} />
          ))}
        </>
      )}
    </Sheet>
  );
}

function Likely({ cause, series }: { cause: DriftCandidate; series: DriftSeries }) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  const at = formatTime(Date.parse(cause.timestamp), now_ms, zone);
  const { did } = cause;
  return (
    <>
      <p className={css.lead}>
        {`${capital(kindWords(cause.kind))} `}
        <Link href={link(`/releases/${encodeURIComponent(nameOfChange(cause))}`, { filter: null })}>
          {nameOfChange(cause)}
        </Link>
        {`${cause.region ? `, ${cause.region}` : ''}, ${at}`}
      </p>
      <EvidenceRow supports sentence={`It started ${lagWords(cause.lag_h)}`} />
      {did === null ? (
        <EvidenceRow supports={false} sentence="Nobody was without it: timing is all there is" />
      ) : (
        <EvidenceRow
          supports={did.share >= LIKELY}
          sentence={
            did.share > 0.8
              ? 'Those without it did not change'
              : `${formatPercent(did.share)} of the change is beyond those without it`
          }
          small={didWords(did, series)}
        />
      )}
    </>
  );
}

const moved = (unit: string, amount: number): string => {
  if (unit === 'share') return `${amount < 0 ? '−' : '+'}${(Math.abs(amount) * 100).toFixed(1)} points`;
  return `${amount < 0 ? '−' : '+'}${driftFigure(unit, Math.abs(amount))}`;
};
/** Numbers are compared by their means in log: only those of rates can be told in the unit. */
function didWords(
  { on, off, share }: NonNullable<DriftCandidate['did']>,
  { unit, against }: DriftSeries,
): string {
  if (unit === 'share' && against === null) return `with it ${moved(unit, on)}, without ${moved(unit, off)}`;
  return against === null
    ? `${formatPercent(Math.min(1, Math.max(0, share)))} of the change is its own`
    : `compared with ${against} in the same hours`;
}

function Alternative({ candidate, series }: { candidate: DriftCandidate; series: DriftSeries }) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { did, lag_h } = candidate;
  const why =
    did === null
      ? `it started ${lagWords(lag_h)}`
      : did.share < LIKELY
        ? 'those without it changed as well'
        : `it started ${lagWords(lag_h)}`;
  return (
    <EvidenceRow
      supports={false}
      sentence={`${capital(kindWords(candidate.kind))} ${nameOfChange(candidate)}: ${why}`}
      small={`${formatTime(Date.parse(candidate.timestamp), now_ms, zone)}${did === null ? '' : `, ${didWords(did, series)}`}`}
    />
  );
}
