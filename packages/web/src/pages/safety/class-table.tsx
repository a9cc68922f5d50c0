/** Each model or tenant with its share of every class, now and then, and a link to its flagged pictures. */
import { Link } from 'wouter';
import { type KpiResult, totalOf } from '../../api/index.ts';
import { FEW, formatCount, formatN, formatPercent } from '../../format/index.ts';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { useGo } from '../../url/index.ts';
import { CLASSES, risesOf } from './classes.ts';
import css from './safety.module.css';

interface ClassTableProps {
  readonly parts: KpiResult;
  readonly way: 'model_version' | 'tenant';
  readonly than: string | undefined;
}

export function ClassTable({ parts, way, than }: ClassTableProps) {
  const { link } = useGo();
  const rises = risesOf(parts, way);
  const all = [...new Set((parts.now?.series ?? []).map((one) => one.key[way] ?? ''))].filter(
    (name) => name !== '',
  );
  const names = all
    .filter((name) => isTold(parts, way, name))
    .sort((a, b) => countOf(parts, way, b) - countOf(parts, way, a));
  if (parts.loading) return <Loading height={160} label="Classes" />;
  if (parts.error && names.length === 0) return <Failed error={parts.error} onRetry={parts.retry} />;
  if (names.length === 0) return <Note title="Nothing was checked in this range" />;
  const silent = all.length - names.length;
  return (
    <>
      <Table
        label={`Moderated content by ${way === 'tenant' ? 'tenant' : 'model'}`}
        rows={names}
        keyOf={(name) => name}
        columns={[
          { id: 'name', title: way === 'tenant' ? 'Tenant' : 'Model', cell: (name) => <b>{name}</b> },
          {
            id: 'n',
            title: 'Pictures checked',
            right: true,
            wide: true,
            cell: (name) => formatCount(totalOf(parts.now, 'nsfw_rate', { [way]: name }).n),
          },
          ...CLASSES.flatMap(({ metric, title }) => [
            {
              id: metric,
              title,
              right: true,
              cell: (name: string) => (
                <Rate
                  {...totalOf(parts.now, metric, { [way]: name })}
                  rises={rises.some((one) => one.metric === metric && one.name === name)}
                />
              ),
            },
            ...(than === undefined
              ? []
              : [
                  {
                    id: `${metric} before`,
                    title: 'Before',
                    right: true,
                    wide: true,
                    cell: (name: string) => (
                      <span className="dimmer">
                        {formatPercent(totalOf(parts.before, metric, { [way]: name }).value)}
                      </span>
                    ),
                  },
                ]),
          ]),
          {
            id: 'see',
            title: 'Flagged',
            right: true,
            wide: true,
            cell: (name) => (
              <Link
                className={css.see}
                href={link('/images', { filter: [`${way}=${name}`, 'nsfw_flag=true'] })}
                aria-label={`See flagged pictures of ${name}`}
              >
                See
              </Link>
            ),
          },
        ]}
      />
      {silent > 0 && (
        <p className={css.silent}>
          Of {formatCount(silent)} other {way === 'tenant' ? 'tenants' : 'models'} nothing was checked or
          blocked.
        </p>
      )}
    </>
  );
}

/** A model that nobody checked says nothing here; an import brings many. */
const isTold = (parts: KpiResult, way: string, name: string): boolean =>
  countOf(parts, way, name) > 0 ||
  CLASSES.some(({ metric }) => (totalOf(parts.now, metric, { [way]: name }).value ?? 0) > 0);

const countOf = (parts: KpiResult, way: string, name: string): number =>
  totalOf(parts.now, 'nsfw_rate', { [way]: name }).n;

function Rate({ value, n, rises }: { value: number | null; n: number; rises: boolean }) {
  if (value === null) return <span className="dimmer">–</span>;
  if (n < FEW)
    return (
      <span className="dimmer" title={formatN(n)}>
        {formatPercent(value)}
      </span>
    );
  return <b className={rises ? 'crit' : ''}>{formatPercent(value)}</b>;
}
