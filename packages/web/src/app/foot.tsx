/** The foot of the navigation, and what is said while the server is away; the page comes first. */
import { useEffect, useState } from 'react';
import { useLost, useMe, useNewest, useStatus } from '../api/index.ts';
import { after, request } from '../base/browser.ts';
import { clock, formatCount, formatTime, iso } from '../format/index.ts';
import { Button } from '../parts/button.tsx';
import { toast } from '../parts/toast.tsx';
import { useContextState, useNow } from '../url/index.ts';

/** Shorter absences nobody needs to know of. */
const AWAY_MS = 2_000;

/** Said over every page while the server does not answer; what was there stays. */
export function Away() {
  const lost_ms = useLost();
  const [{ zone }] = useContextState();
  const [told, tell] = useState(false);
  useEffect(() => {
    tell(false);
    return lost_ms === null ? undefined : after(AWAY_MS, () => tell(true));
  }, [lost_ms]);
  if (!told || lost_ms === null) return null;
  return (
    <p>
      <b>The server has not answered since {clock(lost_ms, zone)}.</b> What you see is as old as that; it is
      asked again by itself.
    </p>
  );
}

/** Whatever was answered: where nobody is logged in any more, the page says so. */
const logOut = (): Promise<void> =>
  request('/logout', { method: 'POST' }).then(
    () => location.assign('/'),
    () => toast('You are still logged in: the server does not answer.'),
  );

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
      {me?.kind === 'session' && (
        <Button kind="quiet" onClick={() => void logOut()}>
          Log out
        </Button>
      )}
    </>
  );
}
