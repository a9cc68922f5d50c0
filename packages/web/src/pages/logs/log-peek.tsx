/** A log record in full, beside the list. */
import { Link } from 'wouter';
import { classes } from '../../base/classes.ts';
import { clockFine, dayOf, formatCount, iso } from '../../format/index.ts';
import { Attributes } from '../../parts/attributes.tsx';
import { Peek, PeekSection } from '../../parts/peek.tsx';
import { useContextState, useGo } from '../../url/index.ts';
import { type Line, severityClass } from './log-rows.tsx';
import css from './logs.module.css';

/** A body of a megabyte is not for reading. */
const BODY_MOST = 20_000;

interface LogPeekProps {
  readonly row: Line;
  readonly onClose: () => void;
  readonly onPrevious: (() => void) | undefined;
  readonly onNext: (() => void) | undefined;
}

export function LogPeek({ row, ...peek }: LogPeekProps) {
  const { link } = useGo();
  const [{ zone }] = useContextState();
  const ms = Date.parse(row.timestamp);
  const attributes = Object.entries(row.attributes ?? {});
  return (
    <Peek
      label="Log record"
      title={<span className={severityClass(row.severity)}>{row.severity}</span>}
      {...peek}
    >
      <PeekSection>
        <pre className={css.whole}>{row.body.slice(0, BODY_MOST)}</pre>
        {row.body.length > BODY_MOST && (
          <p className={classes(css.note, 'small', 'dimmer')}>
            The first {formatCount(BODY_MOST)} of {formatCount(row.body.length)} characters.
          </p>
        )}
      </PeekSection>
      <PeekSection title="Record">
        <Attributes
          items={[
            [
              'time',
              <time key="time" dateTime={row.timestamp} title={iso(ms)}>
                {dayOf(ms, zone)} {clockFine(ms, zone)}
                {zone === 'utc' && ' UTC'}
              </time>,
            ],
            ...(row.service ? [['service', row.service] as const] : []),
            ...(row.tenant ? [['tenant', row.tenant] as const] : []),
            ...(row.request_id
              ? [
                  [
                    'request',
                    <Link
                      key="request"
                      href={link(`/requests/${encodeURIComponent(row.request_id)}`, {
                        tenant: row.tenant ?? null,
                      })}
                    >
                      <code>{row.request_id}</code>
                    </Link>,
                  ] as const,
                ]
              : []),
            ...(row.trace_id
              ? [
                  [
                    'trace',
                    <Link
                      key="trace"
                      href={link(`/traces/${row.trace_id}${row.span_id ? `?span=${row.span_id}` : ''}`)}
                    >
                      <code>{row.trace_id}</code>
                    </Link>,
                  ] as const,
                ]
              : []),
            ...(row.span_id ? [['span', <code key="span">{row.span_id}</code>] as const] : []),
          ]}
        />
      </PeekSection>
      {attributes.length > 0 && (
        <PeekSection title="Attributes">
          <Attributes items={attributes} />
        </PeekSection>
      )}
    </Peek>
  );
}
