/** Who did what to which thing, and who looked at flagged pictures; rows are only ever added. */

import { Link } from 'wouter';
import { type AuditRow, useAudit } from '../../api/index.ts';
import { formatTime, iso } from '../../format/index.ts';
import { Button, Segmented } from '../../parts/button.tsx';
import { Cell, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { useContextState, useGo, useNow, useParameter } from '../../url/index.ts';
import css from './admin.module.css';

const VIEWS = [
  ['all', 'All acts'],
  ['looks', 'Looks at flagged pictures'],
] as const;

export function Part() {
  const audit = useAudit();
  const [asked, choose] = useParameter('acts');
  const view = asked === 'looks' ? 'looks' : 'all';
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  const all = audit.rows ?? [];
  const rows = view === 'looks' ? all.filter(({ action }) => action === 'image.unblur') : all;
  return (
    <Sheet label="Audit log">
      <Head
        alone
        title="Audit log"
        unit="newest first"
        end={
          <Segmented
            label="Acts"
            value={view}
            choices={VIEWS}
            onChange={(one) => choose(one === 'all' ? null : one)}
          />
        }
      />
      {audit.isPending && <Loading height={400} label="Audit log" />}
      {audit.error && !audit.rows && <Failed error={audit.error} onRetry={() => void audit.refetch()} />}
      {audit.rows && rows.length === 0 && (
        <Note title={view === 'looks' ? 'Nobody looked at a flagged picture' : 'Nothing was done yet'}>
          {view === 'looks' && audit.hasNextPage ? 'Among the acts that are loaded; load more below.' : ''}
        </Note>
      )}
      {rows.length > 0 && (
        <Table
          label="List: audit log"
          rows={rows}
          keyOf={(row) => row.id}
          height={640}
          onEnd={() => audit.hasNextPage && !audit.isFetchingNextPage && void audit.fetchNextPage()}
          columns={[
            {
              id: 'at',
              title: 'When',
              width: '120px',
              cell: (row) => (
                <span title={iso(Date.parse(row.at))}>{formatTime(Date.parse(row.at), now_ms, zone)}</span>
              ),
            },
            { id: 'actor', title: 'Who', cell: (row) => <b>{row.actor}</b> },
            {
              id: 'action',
              title: 'Did',
              cell: (row) => (
                <>
                  {actionWords(row.action)}
                  <span className={`only-s mono ${css.object}`}>{row.object}</span>
                </>
              ),
            },
            {
              id: 'object',
              title: 'To',
              wide: true,
              cell: (row) =>
                row.action.startsWith('image.') ? (
                  <Link className="mono" href={link(`/images/${encodeURIComponent(row.object)}`)}>
                    {row.object}
                  </Link>
                ) : (
                  <span className="mono">{row.object}</span>
                ),
            },
            {
              id: 'tenant',
              title: 'Tenant',
              wide: true,
              cell: (row) => row.tenant ?? <i className="dimmer">all</i>,
            },
            { id: 'detail', title: 'Detail', wide: true, cell: (row) => <Detail row={row} /> },
          ]}
        />
      )}
      {audit.hasNextPage && (
        <Cell>
          <Button busy={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
            Load older acts
          </Button>
        </Cell>
      )}
    </Sheet>
  );
}

const WORDS: Readonly<Record<string, string>> = {
  'image.unblur': 'looked at the flagged picture',
  'key.create': 'made the key',
  'key.revoke': 'revoked the key',
  'user.create': 'let in',
  'user.disable': 'shut out',
  'user.login_link': 'made a login link for',
  'opt_out.add': 'took no more telemetry of',
  'opt_out.remove': 'took telemetry again of',
  'erasure.request': 'erased what was stored of',
  'resource.apply': 'declared',
  'resource.delete': 'took back',
  'session.create': 'logged in',
  'style.centroid': 'reckoned the centroid of',
  'trace.pin': 'kept the trace',
  'trace.unpin': 'let go of the trace',
  'dead_letters.replay': 'tried the dead letters again',
};
const actionWords = (action: string): string => WORDS[action] ?? action.replaceAll(/[._]/g, ' ');

/** Every leaf of a detail with the way to it: `version 1`, `was prompts keep`, `prompts hash`. */
function flat(value: unknown, way: readonly string[] = []): string[] {
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value)) return value.length === 0 ? [] : [words(way, value.map(leaf).join(' '))];
  if (typeof value === 'object')
    return Object.entries(value).flatMap(([name, part]) => flat(part, [...way, name]));
  return [words(way, leaf(value))];
}
const leaf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));
/** What holds after needs no word; what held before is past. */
function words(way: readonly string[], value: string): string {
  const [first, ...rest] = way;
  const name = (first === 'after' || first === 'before' ? rest : way).join('.').replaceAll('_', ' ');
  return `${first === 'before' ? 'was ' : ''}${name} ${value}`;
}

function Detail({ row }: { row: AuditRow }) {
  const text = flat(row.detail).join(', ');
  return (
    <span className={css.detail} title={text}>
      {text}
    </span>
  );
}
