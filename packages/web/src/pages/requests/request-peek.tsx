/** A request beside the list: where its time went, what it made, how it was asked. */
import { useRequest } from '../../api/index.ts';
import { formatDuration, formatMoney, iso } from '../../format/index.ts';
import { Attributes } from '../../parts/attributes.tsx';
import { ButtonLink } from '../../parts/button.tsx';
import { Outcome } from '../../parts/chip.tsx';
import { Peek, PeekSection } from '../../parts/peek.tsx';
import { PictureTile } from '../../parts/picture.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { TimeWent, timeOfStages } from '../../parts/time-went.tsx';
import { useContextState, useGo } from '../../url/index.ts';
import { workloadWords } from './columns.tsx';
import css from './requests.module.css';

interface RequestPeekProps {
  readonly id: string;
  readonly tenant: string | null;
  readonly onClose: () => void;
  readonly onPrevious?: (() => void) | undefined;
  readonly onNext?: (() => void) | undefined;
}
const PICTURES = 6;

export function RequestPeek({ id, tenant, ...peek }: RequestPeekProps) {
  const [context] = useContextState();
  const { data, error, isPending, refetch } = useRequest(id, tenant ?? context.tenant);
  const { link } = useGo();
  const own = { tenant: tenant ?? context.tenant };
  return (
    <Peek {...peek} label={`Request ${id}`} title={<span className="mono">{id}</span>}>
      {isPending && <Loading height={400} label="The request is loading" />}
      {error && !data && <Failed error={error} onRetry={() => void refetch()} />}
      {data && (
        <>
          <PeekSection>
            <div className={css.acts}>
              <Outcome outcome={data.request.outcome} />
              <b>{formatDuration(data.request.latency_ms)}</b>
              <ButtonLink kind="solid" href={link(`/requests/${encodeURIComponent(id)}`, own)}>
                Open request
              </ButtonLink>
            </div>
            {data.request.error_message !== undefined && (
              <p className={css.message}>{data.request.error_message}</p>
            )}
          </PeekSection>
          {data.images.length > 0 && (
            <PeekSection title={data.images.length === 1 ? 'Picture' : `Pictures, ${data.images.length}`}>
              <div className={css.pictures}>
                {data.images.slice(0, PICTURES).map((image) => (
                  <PictureTile
                    key={image.image_id}
                    image={image}
                    href={link(`/images/${encodeURIComponent(image.image_id)}`, own)}
                    size={320}
                  />
                ))}
              </div>
            </PeekSection>
          )}
          <PeekSection title="Where the time went">
            <TimeWent parts={timeOfStages(data.stages, data.request)} />
          </PeekSection>
          <PeekSection title="Request">
            <Attributes items={factsOf(data.request)} />
          </PeekSection>
        </>
      )}
    </Peek>
  );
}

type Row = NonNullable<ReturnType<typeof useRequest>['data']>['request'];
function factsOf(row: Row): (readonly [string, string])[] {
  const loras = row.loras?.map((name, at) => `${name} ${row.lora_weights?.[at] ?? ''}`.trim()).join(', ');
  const size = row.width && row.height ? `${row.width} × ${row.height}` : undefined;
  const items: (readonly [string, string | undefined])[] = [
    ['ended', iso(Date.parse(row.timestamp))],
    ['workload', workloadWords(row.workload)],
    ['model', row.model_version],
    ['LoRA', loras],
    ['sampler', [row.sampler, row.scheduler].filter(Boolean).join(', ')],
    ['steps', row.steps?.toString()],
    ['cfg', row.cfg?.toString()],
    ['seed', row.seed],
    ['size', size],
    ['tenant', row.tenant],
    ['region', row.region],
    ['hardware', row.hardware_class],
    ['traffic', row.traffic_source],
    ['attempt', row.attempt?.toString()],
    ['queue wait', row.queue_wait_ms === undefined ? undefined : formatDuration(row.queue_wait_ms)],
    ['GPU time', row.gpu_seconds === undefined ? undefined : formatDuration(row.gpu_seconds * 1000)],
    ['cost', row.cost_usd === undefined ? undefined : formatMoney(row.cost_usd)],
    ['session', row.session_id],
    ['trace', row.trace_id],
  ];
  return items.filter((item): item is readonly [string, string] => !!item[1]);
}
