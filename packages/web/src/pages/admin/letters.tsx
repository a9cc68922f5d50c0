/** Dead letters: what was acknowledged and the store refused, and trying it again. */
import { useState } from 'react';
import { type DeadLetter, replayDeadLetters, useAct, useDeadLetters } from '../../api/index.ts';
import { formatBytes, formatCount, formatTime, iso } from '../../format/index.ts';
import { Ask, type Question } from '../../parts/ask.tsx';
import { Button } from '../../parts/button.tsx';
import { Refused } from '../../parts/field.tsx';
import { Cell, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { toast } from '../../parts/toast.tsx';
import { useContextState, useNow } from '../../url/index.ts';
import css from './admin.module.css';

export function Part() {
  const { data, error, isPending, refetch } = useDeadLetters();
  const replay = useAct(replayDeadLetters);
  const [question, ask] = useState<Question | null>(null);
  const again = (ids: readonly string[] | undefined, what: string): void =>
    ask({
      title: `Try ${what} again?`,
      effect:
        'Its rows are sent to the store once more. What the store takes is counted in the hours that it belongs to; what it refuses stays here.',
      act: 'Try again',
      onAct: () => replay.mutate(ids, { onSuccess: (done) => toast(doneWords(done)) }),
    });
  return (
    <Sheet label="Dead letters">
      <Head
        alone
        title="Dead letters"
        unit="acknowledged, and refused by the store"
        end={
          data && data.length > 1 ? (
            <Button busy={replay.isPending} onClick={() => again(undefined, 'all')}>
              Try all again
            </Button>
          ) : undefined
        }
      />
      {isPending && <Loading height={160} label="Dead letters" />}
      {error && !data && <Failed error={error} onRetry={() => void refetch()} />}
      {replay.error && (
        <Cell>
          <Refused error={replay.error} />
        </Cell>
      )}
      {data?.length === 0 && (
        <Note title="No dead letters">Everything that was acknowledged is in the store.</Note>
      )}
      {data && data.length > 0 && (
        <Letters rows={data} onAgain={(row) => again([row.id], `the letter of ${row.table}`)} />
      )}
      <Ask question={question} onClose={() => ask(null)} />
    </Sheet>
  );
}

const doneWords = ({ replayed, rows, failed }: Awaited<ReturnType<typeof replayDeadLetters>>): string =>
  failed.length === 0
    ? `${formatCount(rows)} rows of ${formatCount(replayed)} dead letters are stored`
    : `${formatCount(replayed)} are stored, ${formatCount(failed.length)} were refused again`;

/** Of what the store said, on a phone: its beginning tells what it was. */
const SAID_MOST = 80;

function Letters({ rows, onAgain }: { rows: readonly DeadLetter[]; onAgain: (row: DeadLetter) => void }) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  return (
    <Table
      label="List: dead letters"
      rows={rows}
      keyOf={(row) => row.id}
      height={640}
      columns={[
        {
          id: 'at',
          title: 'Put aside',
          width: '120px',
          cell: (row) => (
            <span title={iso(Date.parse(row.timestamp))}>
              {formatTime(Date.parse(row.timestamp), now_ms, zone)}
            </span>
          ),
        },
        {
          id: 'table',
          title: 'Table',
          cell: (row) => (
            <span className={css.lines}>
              <span className="mono">{row.table}</span>
              <span className={`only-s small dim ${css.object}`}>
                {formatCount(row.rows)} {row.rows === 1 ? 'row' : 'rows'}: {row.reason.slice(0, SAID_MOST)}
                {row.reason.length > SAID_MOST && '…'}
              </span>
            </span>
          ),
        },
        { id: 'rows', title: 'Rows', right: true, wide: true, cell: (row) => formatCount(row.rows) },
        { id: 'bytes', title: 'Size', right: true, wide: true, cell: (row) => formatBytes(row.bytes) },
        {
          id: 'reason',
          title: 'What the store said',
          wide: true,
          cell: (row) => (
            <span className={css.detail} title={row.reason}>
              {row.reason}
            </span>
          ),
        },
        {
          id: 'act',
          title: 'Act',
          right: true,
          cell: (row) => (
            <Button onClick={() => onAgain(row)} aria-label={`Try again ${row.id}`}>
              Try again
            </Button>
          ),
        },
      ]}
    />
  );
}
