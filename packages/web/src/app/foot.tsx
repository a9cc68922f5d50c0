/** The foot of the navigation; the page comes first. */
import { useMe, useNewest, useStatus } from '../api/index.ts';
import { formatCount, formatTime, iso } from '../format/index.ts';
import { useContextState, useNow } from '../url/index.ts';

/** What the store holds, and whether anything waits. */
export function Foot() {
  const status = useStatus().data;
  const me = useMe().data;
  const newest = useNewest().data;
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const waits = status !== undefined && status.backlog_age_ms > 5_000;
  return (
    <>
      {typeof newest === 'number' && (
        <div title={iso(newest)}>stored up to {formatTime(newest, now_ms, zone)}</div>
      )}
      {newest === null && <div>nothing stored yet</div>}
      {status && status.engine.state !== 'up' && <div className="warn">store {status.engine.state}</div>}
      {waits && <div className="warn">{formatCount(status.backlog)} rows wait</div>}
      {me && <div>{me.keyless ? 'loopback, no key needed' : me.user}</div>}
    </>
  );
}
