/** The chips under the headline: what was asked, of what, where and when. */
import { Link } from 'wouter';
import type { RequestRow, TraceOutline } from '../../api/index.ts';
import { clockFine, dayOf, iso } from '../../format/index.ts';
import { Chip, Outcome } from '../../parts/chip.tsx';
import { DAY, useContextState, useGo, useNow } from '../../url/index.ts';
import css from './journey.module.css';

interface FactsProps {
  readonly request: RequestRow | undefined;
  readonly outline: TraceOutline | null;
  readonly trace_id: string | null;
  readonly id: string;
}

/** `4bf92f35 77b34da6 …`: read aloud in eights. */
const inEights = (id: string): string => id.match(/.{1,8}/g)?.join(' ') ?? id;

export function Facts({ request, outline, trace_id, id }: FactsProps) {
  const [{ zone }] = useContextState();
  const { link } = useGo();
  const now_ms = useNow();
  const start_ms = outline ? Date.parse(outline.start) : request ? Date.parse(request.timestamp) : null;
  const chips: (readonly [string | undefined, string | undefined])[] = [
    [undefined, request?.workload?.replaceAll('_', ' ')],
    [undefined, request?.model_version],
    ['tenant', request?.tenant ?? outline?.tenant],
    ['region', request?.region],
    ['hardware', request?.hardware_class],
    ['attempt', request?.attempt?.toString()],
    ['error', request?.error_code],
  ];
  return (
    <div className={css.facts}>
      {request && <Outcome outcome={request.outcome} />}
      {chips.map(([name, value]) =>
        value ? (
          <Chip key={`${name}${value}`} {...(name ? { name } : {})}>
            {value.slice(0, 80)}
          </Chip>
        ) : null,
      )}
      {start_ms !== null && (
        <Chip quiet>
          <time dateTime={iso(start_ms)} title={iso(start_ms)}>
            {dayOf(start_ms, zone) !== dayOf(now_ms, zone) && `${dayOf(start_ms, zone)} `}
            {clockFine(start_ms, zone)}
            {zone === 'utc' && ' UTC'}
          </time>
        </Chip>
      )}
      {request && request.request_id !== id && (
        <Chip mono name="request">
          <Link href={link(`/requests/${encodeURIComponent(request.request_id)}`)}>{request.request_id}</Link>
        </Chip>
      )}
      {trace_id !== null && (
        <Chip mono quiet name="trace">
          {trace_id === id ? (
            inEights(trace_id)
          ) : (
            <Link href={link(`/traces/${trace_id}`)}>{inEights(trace_id)}</Link>
          )}
        </Chip>
      )}
      {request?.session_id !== undefined && (
        <Chip mono quiet name="session">
          <Link
            href={link('/requests', {
              filter: [`session_id=${request.session_id}`],
              ...around(start_ms, now_ms),
            })}
          >
            {request.session_id}
          </Link>
        </Chip>
      )}
    </div>
  );
}

/** Sessions do not last longer than a day; of an old one the last days would show nothing. */
const around = (ms: number | null, now_ms: number): { from: string; to?: string } =>
  ms === null || now_ms - ms < DAY ? { from: 'now-2d' } : { from: iso(ms - DAY), to: iso(ms + DAY) };
