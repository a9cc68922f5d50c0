/** One request or trace from its first span to its last picture. */
import { useMemo } from 'react';
import {
  type RequestDetail,
  type RequestRow,
  type TraceOutline,
  type UsualTimes,
  useBaseline,
  useOutline,
  useRequestOf,
} from '../../api/index.ts';
import { formatCount, formatDuration } from '../../format/index.ts';
import { Control } from '../../parts/button.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { useContextState, useParameter } from '../../url/index.ts';
import { Acts } from './acts.tsx';
import { Against } from './against.tsx';
import { Facts } from './facts.tsx';
import { headlineOf, type StageTime, sentenceOf, worstStage } from './finding.ts';
import css from './journey.module.css';
import { outlineOfStages, waterfallOf } from './model.ts';
import { OnTheWay } from './pictures.tsx';
import { Side } from './side.tsx';
import { Waterfall } from './waterfall.tsx';

const TRACE = /^[0-9a-f]{32}$/;

export function Journey({ id, of }: { id: string; of: 'request' | 'trace' }) {
  const [{ tenant, compare }] = useContextState();
  const request = useRequestOf(id);
  const trace_id = traceOf(id, of, request.data);
  const outline = useOutline(trace_id, tenant);
  const release = compare.startsWith('release:') ? compare.slice('release:'.length) : null;
  const usual = useBaseline(request.data?.request, release).data ?? null;
  const known = useMemo(
    () => outline.data ?? (request.data?.stages ? outlineOfStages(request.data.stages, '') : null),
    [outline.data, request.data],
  );
  const error = request.error ?? outline.error;
  const waits = request.isPending || (trace_id !== null && outline.isPending);
  const name = of === 'request' ? 'Request' : 'Trace';
  if (error && !known) return <Missed name={name} error={error} retry={() => void request.refetch()} />;
  if (!waits && !known && !request.data)
    return (
      <>
        <PageHead title={`No such ${of}`} timeless />
        <Sheet label={name}>
          <Note title={`There is no ${of} ${id.slice(0, 80)}`} height={240}>
            It may be older than what is kept, not stored yet, or of a tenant that you may not see.
          </Note>
        </Sheet>
      </>
    );
  return (
    <Told
      id={id}
      name={name}
      trace_id={trace_id}
      detail={request.data ?? null}
      outline={known}
      usual={usual}
      waits={waits}
    />
  );
}

/** The trace of a request, as soon as it is known; with OTel alone the request is called after its trace. */
function traceOf(
  id: string,
  of: 'request' | 'trace',
  detail: RequestDetail | null | undefined,
): string | null {
  if (of === 'trace') return TRACE.test(id) ? id : null;
  if (detail?.request.trace_id) return detail.request.trace_id;
  return detail !== undefined && TRACE.test(id) ? id : null;
}

const Missed = (props: { name: string; error: unknown; retry: () => void }) => (
  <>
    <PageHead title={props.name} timeless />
    <Sheet label={props.name}>
      <Failed error={props.error} height={240} onRetry={props.retry} />
    </Sheet>
  </>
);

interface ToldProps {
  readonly id: string;
  readonly name: string;
  readonly trace_id: string | null;
  readonly detail: RequestDetail | null;
  readonly outline: TraceOutline | null;
  readonly usual: UsualTimes | null;
  readonly waits: boolean;
}

function Told({ id, name, trace_id, detail, outline, usual, waits }: ToldProps) {
  const [show] = useParameter('show');
  const [fold, setFold] = useParameter('fold');
  const [asked, choose] = useParameter('span');
  const folded = useMemo(() => new Set(fold === null ? [] : fold.split(',')), [fold]);
  const stagesOnly = show === 'stages';
  const picture = useMemo(
    () => (outline ? waterfallOf(outline, { folded, stagesOnly }) : null),
    [outline, folded, stagesOnly],
  );
  const stages = useMemo(() => stagesOf(outline), [outline]);
  const worst = detail ? worstStage(stages, usual) : null;
  // Until somebody chooses, what the sentence is about is open.
  const chosen =
    asked === 'none' ? null : (asked ?? picture?.rows.find((row) => row.stage === worst?.name)?.id ?? null);
  const request = detail?.request;
  const toggle = (span: string): void => {
    const next = new Set(folded);
    if (!next.delete(span)) next.add(span);
    setFold(next.size === 0 ? null : [...next].join(','));
  };
  return (
    <>
      <PageHead
        title={request ? headlineOf(request, usual) : titleOf(name, outline)}
        sentence={(request && sentenceOf(request, stages, usual)) ?? plainSentence(outline)}
        actions={<Actions request={request} usual={usual} trace_id={outline?.trace_id || trace_id} />}
      />
      <Facts request={request} outline={outline} trace_id={trace_id} id={id} />
      <Sheet label="Waterfall">
        {!picture && waits && <Loading height={560} label="The waterfall is loading" />}
        {!picture && !waits && (
          <Note title="No spans and no stages are known" height={240}>
            The request was told without its stages.
          </Note>
        )}
        {picture && outline && (
          <div className={css.sheet}>
            <div className={css.main}>
              <OnTheWay outline={outline} images={detail?.images ?? []} />
              <Waterfall
                picture={picture}
                truncated={outline.truncated}
                usual={usual}
                chosen={chosen}
                onChoose={(id) => choose(id ?? 'none')}
                onFold={toggle}
              />
            </div>
            <Side
              picture={picture}
              outline={outline}
              stages={stages}
              request={request}
              usual={usual}
              chosen={chosen}
            />
          </div>
        )}
      </Sheet>
    </>
  );
}

interface ActionsProps {
  readonly request: RequestRow | undefined;
  readonly usual: UsualTimes | null;
  readonly trace_id: string | null;
}

function Actions({ request, usual, trace_id }: ActionsProps) {
  const [show, setShow] = useParameter('show');
  const stagesOnly = show === 'stages';
  return (
    <>
      {request?.model_version !== undefined && <Against request={request} usual={usual} />}
      <Control
        name="Show"
        changed={stagesOnly}
        aria-pressed={stagesOnly}
        onClick={() => setShow(stagesOnly ? null : 'stages')}
      >
        {stagesOnly ? 'stages' : 'stages and spans'}
      </Control>
      <Acts trace_id={trace_id} />
    </>
  );
}

const titleOf = (name: string, outline: TraceOutline | null): string =>
  outline ? `This trace took ${formatDuration(outline.duration_ms)}` : name;

function plainSentence(outline: TraceOutline | null): string {
  if (!outline) return '\u00a0';
  const count = outline.spans.id.length;
  const failed = outline.spans.status.filter((status) => status === 2).length;
  const bad = failed === 0 ? 'none failed' : `${formatCount(failed)} failed`;
  return `${formatCount(count)} ${count === 1 ? 'span' : 'spans'}, ${bad}.`;
}

function stagesOf(outline: TraceOutline | null): StageTime[] {
  if (!outline) return [];
  const { spans, stages } = outline;
  return spans.stage.flatMap((stage, at) =>
    stages[stage] ? [{ name: stages[stage], ms: spans.duration_ms[at]! }] : [],
  );
}
