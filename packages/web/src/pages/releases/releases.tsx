/** Versions and other changes, newest first, each with what it did in words. */
import { Link } from 'wouter';
import { type KpiDifference, type ReleaseRow, useReleases } from '../../api/index.ts';
import { formatCount, formatTime, iso } from '../../format/index.ts';
import { Tag } from '../../parts/chip.tsx';
import { FilterChips } from '../../parts/filter-chips.tsx';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { shortId } from '../../parts/picture-words.ts';
import { Cell, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import css from './releases.module.css';
import { intervalWords, sentenceOf } from './words.tsx';

export function Page() {
  const releases = useReleases();
  const rows = releases.data?.releases ?? [];
  return (
    <>
      <PageHead title="Releases" sentence={sentence(rows, releases.data?.total)} />
      <FilterChips />
      {releases.data && rows.length === 0 ? (
        <Nothing
          what="releases"
          hint="What is sent to POST /api/v1/deployments stands here, and checkpoints that are seen for the first time."
        />
      ) : (
        <Sheet label="Releases and changes">
          <Head
            alone
            title="Versions and changes"
            unit="newest first; what each did in its first day"
            end={releases.data?.truncated ? `the newest ${rows.length}` : undefined}
          />
          {releases.isPending && (
            <Cell>
              <Loading height={320} label="Releases" />
            </Cell>
          )}
          {releases.error && !releases.data && (
            <Failed error={releases.error} onRetry={() => void releases.refetch()} />
          )}
          <ul>
            {rows.map((row) => (
              <Row key={`${row.kind} ${row.id} ${row.timestamp}`} row={row} />
            ))}
          </ul>
        </Sheet>
      )}
    </>
  );
}

function sentence(rows: readonly ReleaseRow[], total: number | undefined) {
  if (total === undefined) return <>&nbsp;</>;
  const worse = rows.filter((row) => row.effect.some((one) => one.verdict === 'worse'));
  const some =
    worse.length === 0
      ? 'None made anything worse that is watched.'
      : `${worse.length} made something worse.`;
  return total === 0
    ? 'No changes in this range.'
    : `${formatCount(total)} ${total === 1 ? 'change' : 'changes'}. ${some}`;
}

const KINDS: Readonly<Record<string, string>> = {
  model: 'model',
  lora: 'LoRA',
  pipeline: 'pipeline',
  config: 'config',
  data: 'data',
  planned_load: 'planned load',
};

function Row({ row }: { row: ReleaseRow }) {
  const { link } = useGo();
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const at_ms = Date.parse(row.timestamp);
  const name = row.version || row.id;
  const compared = row.kind === 'model';
  return (
    <li className={css.row}>
      <time className={css.time} dateTime={row.timestamp} title={iso(at_ms)}>
        {formatTime(at_ms, now_ms, zone)}
      </time>
      <div className={css.what}>
        <div className={css.name}>
          {compared ? (
            <Link href={link(`/releases/${encodeURIComponent(name)}`)}>{name}</Link>
          ) : (
            <b>{name}</b>
          )}
          <span className="dimmer small">{KINDS[row.kind] ?? row.kind}</span>
          {row.rolled_back && <Tag status="crit">rolled back</Tag>}
          {!row.rolled_back && row.ended !== null && <Tag status="none">ended</Tag>}
          {row.detected && <Tag status="pen">detected</Tag>}
        </div>
        <p className={css.about}>{aboutWords(row)}</p>
      </div>
      <Effect row={row} />
    </li>
  );
}

const WORKLOADS: Readonly<Record<string, string>> = {
  animation: 'animation',
  single_image: 'single image',
  batch_panels: 'batch panels',
};
/** A hash in full is read by nobody. */
const DIGEST = /\b[0-9a-f]{32,}\b/gi;
const TENANTS_SHOWN = 3;
function aboutWords({ previous, tenants, workload, region, note }: ReleaseRow): string {
  const who = tenants.length <= TENANTS_SHOWN ? tenants.join(', ') : `${tenants.length} tenants`;
  return [
    previous && `after ${previous}`,
    workload && (WORKLOADS[workload] ?? workload),
    who,
    region && `in ${region}`,
    note?.replace(DIGEST, (digest) => shortId(digest)),
  ]
    .filter(Boolean)
    .join(' · ');
}

function Effect({ row }: { row: ReleaseRow }) {
  if (row.effect.length === 0)
    return (
      <p className={css.effect}>
        {row.against === null && row.kind === 'model'
          ? 'The first of its kind: nothing to compare with'
          : 'Too few requests to say'}
      </p>
    );
  return (
    <ul className={css.effect}>
      {row.effect.map((one) => (
        <li key={one.metric} title={intervalWords(one)}>
          <span className={css.dot} data-verdict={one.verdict} aria-hidden="true" />
          {sentenceOf(one)}
          <VerdictWord verdict={one.verdict} />
        </li>
      ))}
    </ul>
  );
}

const VerdictWord = ({ verdict }: { verdict: KpiDifference['verdict'] }) =>
  verdict === 'worse' ? (
    <span className="crit"> worse</span>
  ) : verdict === 'better' ? (
    <span className="ok"> better</span>
  ) : null;
