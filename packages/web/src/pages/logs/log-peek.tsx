/** A log record in full, beside the list. */
import { Link } from 'wouter';
import { iso } from '../../format/index.ts';
import { Attributes } from '../../parts/attributes.tsx';
import { Peek, PeekSection } from '../../parts/peek.tsx';
import { useGo } from '../../url/index.ts';
import { type Line, severityClass } from './log-rows.tsx';
import css from './logs.module.css';

/** A body of a megabyte is not for reading. */
const BODY_MOST = 20_000;

export function LogPeek({ row, onClose }: { row: Line; onClose: () => void }) {
  const { link } = useGo();
  const attributes = Object.entries(row.attributes ?? {});
  return (
    <Peek
      label="Log record"
      title={<span className={severityClass(row.severity)}>{row.severity}</span>}
      onClose={onClose}
    >
      <PeekSection>
        <pre className={css.whole}>{row.body.slice(0, BODY_MOST)}</pre>
      </PeekSection>
      <PeekSection title="Record">
        <Attributes
          items={[
            ['time', iso(Date.parse(row.timestamp))],
            ...(row.trace_id
              ? [
                  [
                    'trace',
                    <Link
                      key="trace"
                      href={link(`/traces/${row.trace_id}${row.span_id ? `?span=${row.span_id}` : ''}`)}
                    >
                      {row.trace_id}
                    </Link>,
                  ] as const,
                ]
              : []),
            ...(row.span_id ? [['span', row.span_id] as const] : []),
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
