/** Beside the waterfall: the chosen span with what it tells, or where the time of all went. */
import { type ReactNode, useState } from 'react';
import {
  type RequestRow,
  type SpanDetail,
  type TraceOutline,
  type Usual,
  type UsualTimes,
  useSpan,
} from '../../api/index.ts';
import { clockFine, formatDuration, iso } from '../../format/index.ts';
import { Attributes } from '../../parts/attributes.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { TimeWent, timeParts } from '../../parts/time-went.tsx';
import { useContextState } from '../../url/index.ts';
import type { StageTime } from './finding.ts';
import type { Row, Waterfall } from './model.ts';
import { rowColour } from './row-colour.ts';
import css from './side.module.css';
import { tellsOf } from './tells.ts';

interface SideProps {
  readonly picture: Waterfall;
  readonly outline: TraceOutline;
  readonly stages: readonly StageTime[];
  readonly request: RequestRow | undefined;
  readonly usual: UsualTimes | null;
  readonly chosen: string | null;
}

export function Side({ picture, outline, stages, request, usual, chosen }: SideProps) {
  const row = picture.rows.find((one) => one.id === chosen);
  const wait = outline.waits.reduce((sum, [, ms]) => sum + ms, 0);
  const total = Math.max(outline.duration_ms, request?.latency_ms ?? 0);
  const span_id = chosen?.replace(/:wait$/, '') ?? null;
  return (
    <aside className={css.side} aria-label="Details">
      {row && <ChosenHead row={row} usual={usual?.stages.get(row.stage)} version={usual?.version} />}
      {stages.length > 0 && (
        <Part title="Where the time went">
          <TimeWent parts={timeParts(stages, total, wait)} />
        </Part>
      )}
      {row && outline.trace_id !== '' && row.kind !== 'wait' && span_id !== null && (
        <SpanTells trace_id={outline.trace_id} span_id={span_id} from_ms={Date.parse(outline.start)} />
      )}
      {!row && request && <AboutRequest request={request} />}
      {!row && <p className={css.hint}>Choose a row for its attributes, events and logs.</p>}
    </aside>
  );
}

const Part = ({ title, children }: { title: ReactNode; children: ReactNode }) => (
  <section>
    <h3>{title}</h3>
    {children}
  </section>
);

function ChosenHead({
  row,
  usual,
  version,
}: {
  row: Row;
  usual: Usual | undefined;
  version: string | undefined;
}) {
  const p95 = usual?.p95_ms == null ? '' : `, ${formatDuration(usual.p95_ms)} at p95`;
  return (
    <section>
      <div className={css.title}>
        <i style={{ background: `var(--${rowColour(row)})` }} aria-hidden="true" />
        <h2>{row.name}</h2>
        <b>{formatDuration(row.duration_ms)}</b>
      </div>
      {usual?.p50_ms != null && (
        <p className="small dim">
          {version} takes {formatDuration(usual.p50_ms)} at the median{p95}.
        </p>
      )}
      {row.kind === 'wait' && <p className="small dim">Waited for a worker before it began.</p>}
    </section>
  );
}

/** What is shown at once; the rest is scrolled to. */
const LOGS_SHOWN = 200;
const EVENTS_SHOWN = 200;
const VALUE_MOST = 4_000;

function SpanTells(props: { trace_id: string; span_id: string; from_ms: number }) {
  const { data, error, isPending, refetch } = useSpan(props.trace_id, props.span_id);
  const [{ zone }] = useContextState();
  if (isPending) return <Loading height={240} label="The span is loading" />;
  if (error && !data) return <Failed error={error} onRetry={() => void refetch()} />;
  if (!data) return null;
  const { span, logs } = data;
  return (
    <>
      {span.events.length > 0 && (
        <Part title="Events">
          <dl className={css.events}>
            {span.events.slice(0, EVENTS_SHOWN).map((event, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: events of one moment have no other name
              <div key={at}>
                <dt title={iso(Date.parse(event.timestamp))}>
                  {`+${formatDuration(Math.max(0, Date.parse(event.timestamp) - props.from_ms))}`}
                </dt>
                <dd className={event.name === 'exception' ? 'crit' : undefined}>{eventWords(event)}</dd>
              </div>
            ))}
          </dl>
        </Part>
      )}
      <Told span={span} />
      {logs.length > 0 && (
        <Part
          title={
            <>
              Logs in this span <span className="dimmer">{logs.length}</span>
            </>
          }
        >
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
          <pre className={css.logs} tabIndex={0}>
            {logs.slice(0, LOGS_SHOWN).map((log, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines of a log have no other name
              <span key={at}>
                {clockFine(Date.parse(log.timestamp), zone)}{' '}
                <span className={/^(warn|error|fatal)/i.test(log.severity) ? 'warn' : undefined}>
                  {log.severity.slice(0, 5).toUpperCase().padEnd(5)}
                </span>{' '}
                {log.body.slice(0, VALUE_MOST)}
                {'\n'}
              </span>
            ))}
          </pre>
        </Part>
      )}
    </>
  );
}

/** More attributes than these are asked for. */
const TOLD_MOST = 40;

function Told({ span }: { span: SpanDetail['span'] }) {
  const [all, showAll] = useState(false);
  const { own, shared } = tellsOf(span.attributes);
  const first = own.slice(0, TOLD_MOST);
  const more = own.length - first.length + shared.length;
  const told = all ? [...own, ...shared] : first;
  return (
    <Part
      title={
        <>
          Attributes <span className="dimmer">{own.length + shared.length}</span>
        </>
      }
    >
      <Attributes
        items={[
          ...told.map(({ words, name, value }) => [words, value.slice(0, VALUE_MOST), name] as const),
          ...(span.service ? [['service', span.service] as const] : []),
          ['span', <code key="id">{span.span_id}</code>] as const,
        ]}
      />
      {more > 0 && (
        <button type="button" className={css.more} aria-expanded={all} onClick={() => showAll(!all)}>
          {all ? 'Fewer' : `${more} more`}
        </button>
      )}
    </Part>
  );
}

type Event = NonNullable<ReturnType<typeof useSpan>['data']>['span']['events'][number];
function eventWords({ name, attributes = {} }: Event): string {
  const message = attributes['exception.message'] ?? attributes.message;
  if (message !== undefined) return `${name}: ${message.slice(0, VALUE_MOST)}`;
  const rest = Object.entries(attributes).map(([key, value]) => `${key} ${value}`);
  return [name, ...rest].join(', ').slice(0, VALUE_MOST);
}

function AboutRequest({ request }: { request: RequestRow }) {
  const loras = request.loras?.map((one, at) => `${one} ${request.lora_weights?.[at] ?? ''}`.trim());
  const items: (readonly [string, string | undefined])[] = [
    ['LoRA', loras?.join(', ')],
    ['sampler', [request.sampler, request.scheduler].filter(Boolean).join(', ')],
    ['steps', request.steps?.toString()],
    ['cfg', request.cfg?.toString()],
    ['seed', request.seed],
    ['size', request.width && request.height ? `${request.width} × ${request.height}` : undefined],
    ['checkpoint', request.checkpoint_hash],
    ['traffic', request.traffic_source],
    ['error', request.error_message],
    ...Object.entries(request.attributes ?? {}),
  ];
  const told = items.filter((item): item is readonly [string, string] => !!item[1]);
  if (told.length === 0) return null;
  return (
    <Part title="Request">
      <Attributes items={told.map(([name, value]) => [name, value.slice(0, VALUE_MOST)] as const)} />
    </Part>
  );
}
