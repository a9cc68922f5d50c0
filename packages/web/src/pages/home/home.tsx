/** Home: is it healthy, what changed, the key figures, the newest pictures. */
import { useNewest, useStatus } from '../../api/index.ts';
import { formatTime } from '../../format/index.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Sheet } from '../../parts/sheet.tsx';
import { NothingEver, NothingHere } from '../../parts/states.tsx';
import { DAY, HOUR, lastOf, useContextState, useNow, useWindow } from '../../url/index.ts';
import { KeyFigures } from './key-figures.tsx';
import { NewestPictures } from './newest-pictures.tsx';

export function Page() {
  const newest = useNewest();
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
  return (
    <>
      <PageHead title="Home" />
      <KeyFigures />
      <NewestPictures />
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
