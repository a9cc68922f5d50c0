/** Home: is it healthy, what changed, the key figures, the newest pictures. */
import type { KpiName } from '@pegbar/contract/words';
import {
  type KpiResult,
  totalOf,
  useFindings,
  useKpis,
  useNewest,
  useObjectives,
  useStatus,
} from '../../api/index.ts';
import { formatTime } from '../../format/index.ts';
import { healthWords } from '../../parts/finding-words.ts';
import { Nothing } from '../../parts/nothing.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Sheet } from '../../parts/sheet.tsx';
import { NothingEver, NothingHere } from '../../parts/states.tsx';
import { DAY, HOUR, lastOf, useContextState, useNow, useWindow } from '../../url/index.ts';
import { WhatChanged } from './findings.tsx';
import { KeyFigures } from './key-figures.tsx';
import { NewestPictures } from './newest-pictures.tsx';
import { ObjectiveSheet } from './objectives.tsx';

export function Page() {
  // After the headline, which the same two cores make: a page without data has its answer at once.
  const { isPending } = useObjectives();
  const newest = useNewest(!isPending);
  const { from_ms } = useWindow();
  const status = useStatus();
  if (newest.data === null && status.data?.backlog === 0)
    return (
      <>
        <PageHead title="Home" timeless />
        <Sheet label="No data yet">
          <NothingEver />
        </Sheet>
      </>
    );
  if (typeof newest.data === 'number' && newest.data < from_ms) return <OldData newest_ms={newest.data} />;
  return <Healthy />;
}

/** The usual page: headline, what changed, key figures, objectives, pictures. */
function Healthy() {
  const findings = useFindings();
  const objectives = useObjectives();
  const [{ filters }] = useContextState();
  // The headline goes first: the same two cores make it, and what is asked beside it holds it up.
  const told = !findings.isPending && !objectives.isPending;
  // One of the key figures asks the same.
  const seen = useKpis({ metrics: ['requests'], as: 'total', enabled: told });
  const pictures = useKpis({
    metrics: ['images'],
    as: 'total',
    compared: false,
    enabled: told && filters.length > 0,
  });
  const none = (of: KpiResult, metric: KpiName): boolean =>
    of.now !== undefined && totalOf(of.now, metric).n === 0;
  const rows = objectives.data?.objectives ?? [];
  const words = objectives.data && findings.data ? healthWords(rows, findings.data) : null;
  if (filters.length > 0 && none(seen, 'requests') && none(pictures, 'images'))
    return (
      <>
        <PageHead title="Home" />
        <Nothing what="requests" of="requests" />
      </>
    );
  return (
    <>
      <PageHead title={words?.title ?? 'Home'} {...(words ? { sentence: words.sentence } : {})} />
      <WhatChanged
        answer={findings.data}
        error={findings.error}
        onRetry={() => void findings.refetch()}
        objectives={rows}
      />
      <KeyFigures enabled={told} />
      <ObjectiveSheet
        answer={objectives.data}
        error={objectives.error}
        onRetry={() => void objectives.refetch()}
      />
      <NewestPictures enabled={told} />
    </>
  );
}

/** There is data, but none in the range: one press shows it. */
function OldData({ newest_ms }: { newest_ms: number }) {
  const [{ range, zone }, change] = useContextState();
  const now_ms = useNow();
  const jump = (): void =>
    change({
      range: {
        from: new Date(newest_ms - DAY).toISOString(),
        to: new Date(newest_ms + HOUR).toISOString(),
      },
    });
  return (
    <>
      <PageHead title="Home" sentence={`Last data: ${formatTime(newest_ms, now_ms, zone)}.`} />
      <Sheet label="No data in this range">
        <NothingHere
          range={lastOf(range) ?? 'chosen range'}
          newest={formatTime(newest_ms, now_ms, zone)}
          onJump={jump}
        />
      </Sheet>
    </>
  );
}
