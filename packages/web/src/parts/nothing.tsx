/** In place of what a page has nothing of: whether nothing ever came, none in the range, or the filters leave none. */
import { useNewest, useStatus } from '../api/index.ts';
import { formatTime } from '../format/index.ts';
import { DAY, HOUR, lastOf, useContextState, useNow, useWindow } from '../url/index.ts';
import { Sheet } from './sheet.tsx';
import { FilteredOut, Loading, Note, NothingEver, NothingHere } from './states.tsx';
import { type Counted, Without } from './without.tsx';

interface NothingProps {
  /** What is missing, in the plural: `pictures`. */
  readonly what: string;
  /** What would bring it, where there is other data. */
  readonly hint?: string;
  /** What is counted without each of the filters. */
  readonly of?: Counted;
}

export function Nothing({ what, hint, of }: NothingProps) {
  const newest = useNewest();
  const status = useStatus();
  const [{ range, zone, filters }, change] = useContextState();
  const { from_ms } = useWindow();
  const now_ms = useNow();
  const jump = (newest_ms: number): void =>
    change({
      range: {
        from: new Date(newest_ms - DAY).toISOString(),
        to: new Date(newest_ms + HOUR).toISOString(),
      },
    });
  const inside = (): React.ReactNode => {
    if (newest.isPending) return <Loading height={120} label={what} />;
    if (newest.data === null && (status.data?.backlog ?? 0) === 0) return <NothingEver />;
    if (typeof newest.data === 'number' && newest.data < from_ms)
      return (
        <NothingHere
          range={lastOf(range) ?? 'chosen range'}
          newest={formatTime(newest.data, now_ms, zone)}
          onJump={() => jump(newest.data as number)}
        />
      );
    if (filters.length > 0 && of !== undefined) return <Without of={of} what={what} />;
    if (filters.length > 0)
      return <FilteredOut what={what} count={filters.length} onClear={() => change({ filters: [] })} />;
    return <Note title={`No ${what} in this range`}>{hint ?? ''}</Note>;
  };
  return <Sheet label={`No ${what}`}>{inside()}</Sheet>;
}
