/** Whether the versions fell alike: what is delivered of what is produced, by version and region, then and now. */
import { useMemo } from 'react';
import { type Finding, type KpiTable, totalOf, useKpis } from '../../api/index.ts';
import { formatTime, wholePercent } from '../../format/index.ts';
import { Head } from '../../parts/sheet.tsx';
import { Loading } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { inSteps, MINUTE, useContextState, useNow, useWindow } from '../../url/index.ts';

const METRICS = ['delivered_fps', 'produced_fps'] as const;
const FILTERS = ['workload=animation'] as const;
/** Delivered may lie this share under produced. */
const ALLOWED = 0.8;
/** A fall of less than this many points is none. */
const FELL = 0.05;
const ROWS_MOST = 5;

interface Row {
  readonly name: string;
  readonly region: string;
  readonly version: string;
  readonly before: number | null;
  readonly now: number | null;
}

export function IsItTheRelease({ finding }: { finding: Finding }) {
  const { to_ms, compare } = useWindow();
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const since_ms = Date.parse(finding.since);
  const window = useMemo(
    () => ({ ...inSteps({ from_ms: since_ms, to_ms, compare }, 5 * MINUTE) }),
    [since_ms, to_ms, compare],
  );
  const asked = { metrics: METRICS, by: ['model_version', 'region'], filters: FILTERS } as const;
  const parts = useKpis({ ...asked, as: 'total', window });
  if (parts.loading) return <Loading height={120} label="Versions" />;
  const rows = rowsOf(parts.now, parts.before, finding.segment.region);
  if (rows.length === 0) return null;
  return (
    <>
      <Head alone level={3} title="Is it the release?" end={<b className="dim">{verdict(rows)}</b>} />
      <Table
        label="Delivered of produced, by version"
        rows={rows.slice(0, ROWS_MOST)}
        keyOf={(row) => row.name}
        columns={[
          { id: 'name', title: 'Delivered of produced', cell: (row) => row.name },
          { id: 'before', title: 'then', right: true, cell: (row) => wholePercent(row.before) },
          {
            id: 'now',
            title: `since ${formatTime(since_ms, now_ms, zone)}`,
            right: true,
            cell: (row) => (
              <span className={row.now !== null && row.now < ALLOWED ? 'crit' : ''}>
                {wholePercent(row.now)}
              </span>
            ),
          },
        ]}
      />
    </>
  );
}

/** Versions in the region that fell first, then the same versions elsewhere. */
function rowsOf(now: KpiTable | undefined, before: KpiTable | undefined, region: string | undefined): Row[] {
  const keys = (now?.series ?? [])
    .filter((one) => one.metric === 'delivered_fps' && (one.values[0] ?? null) !== null)
    .map((one) => ({ model_version: one.key.model_version ?? '', region: one.key.region ?? '' }));
  const share = (table: KpiTable | undefined, key: (typeof keys)[number]): number | null => {
    const [delivered, produced] = METRICS.map((metric) => totalOf(table, metric, key).value);
    return delivered && produced ? Math.min(1, delivered / produced) : null;
  };
  return keys
    .map((key) => ({
      name: `${key.model_version || 'no version'} in ${key.region || 'no region'}`,
      region: key.region,
      version: key.model_version,
      now: share(now, key),
      before: share(before, key),
    }))
    .sort((a, b) => Number(b.region === region) - Number(a.region === region) || (a.now ?? 1) - (b.now ?? 1));
}

const fell = ({ now, before }: Row): boolean => now !== null && before !== null && before - now > FELL;

/** A release falls wherever it serves; a network falls for every version of its region. */
export function verdict(rows: readonly Row[]): string {
  const worse = rows.filter(fell);
  if (worse.length === 0) return '';
  const versions = new Set(worse.map(({ version }) => version));
  const regions = new Set(worse.map(({ region }) => region));
  const stable = rows.filter((row) => !fell(row) && row.now !== null);
  const sameVersionElsewhere = stable.some(({ version }) => versions.has(version));
  const otherVersionThere = stable.some(({ region }) => regions.has(region));
  if (sameVersionElsewhere && !otherVersionThere) return 'No';
  if (otherVersionThere && !sameVersionElsewhere) return 'Likely';
  return 'Not clear';
}
