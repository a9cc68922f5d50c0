/** Requests in a row that ran out of memory, and requests that were tried again and again. */
import { Link } from 'wouter';
import type { Failures } from '../../api/index.ts';
import { formatCount, formatTime, iso } from '../../format/index.ts';
import { Outcome } from '../../parts/chip.tsx';
import { Head } from '../../parts/sheet.tsx';
import { Note } from '../../parts/states.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import css from './errors.module.css';

const MINUTE_MS = 60_000;

export function Runs({ failures }: { failures: Failures }) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  return (
    <>
      <Head alone title="Out of memory in a row" unit="three or more, on one host or model" />
      {failures.runs.length === 0 && (
        <Note title="No host and no model ran out of memory three times in a row" height={72} />
      )}
      <ul className={css.rows}>
        {failures.runs.map((run) => {
          const [from, to] = [Date.parse(run.from), Date.parse(run.to)];
          const field = run.by === 'host' ? 'attributes.host' : run.by;
          return (
            <li key={`${run.by} ${run.value} ${run.from}`}>
              <b className="crit">{run.length} ×</b>
              <Link
                href={link('/requests', {
                  filter: [`${field}=${run.value}`, 'error_code=oom'],
                  from: iso(from - MINUTE_MS),
                  to: iso(to + MINUTE_MS),
                })}
              >
                {run.value}
              </Link>
              <span className="dimmer">
                {formatTime(from, now_ms, zone)} – {formatTime(to, now_ms, zone)}
              </span>
            </li>
          );
        })}
      </ul>
    </>
  );
}

export function Loops({ failures }: { failures: Failures }) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  return (
    <>
      <Head
        alone
        title="Retry loops"
        unit={failures.retried === 0 ? '' : `${formatCount(failures.retried)} third attempts and later`}
      />
      {failures.retries.length === 0 && <Note title="No request was tried a third time" height={72} />}
      <ul className={css.rows}>
        {failures.retries.map((one) => (
          <li key={`${one.tenant} ${one.request_id}`}>
            <b>attempt {one.attempt}</b>
            <Link
              className="mono"
              href={link(`/requests/${encodeURIComponent(one.request_id)}`, { tenant: one.tenant })}
            >
              {one.request_id}
            </Link>
            <span className={css.tail}>
              <Outcome outcome={one.outcome} />
              <span className="dimmer">{formatTime(Date.parse(one.timestamp), now_ms, zone)}</span>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
