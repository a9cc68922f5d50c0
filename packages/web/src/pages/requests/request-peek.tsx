/** A request beside the list: where its time went, what it made, how it was asked. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useRequest } from '../../api/index.ts';
import { formatDuration, formatMoney, iso } from '../../format/index.ts';
import { Attributes } from '../../parts/attributes.tsx';
import { ButtonLink } from '../../parts/button.tsx';
import { Outcome } from '../../parts/chip.tsx';
import { Peek, PeekSection } from '../../parts/peek.tsx';
import { PictureTile } from '../../parts/picture.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { TimeWent, timeOfStages } from '../../parts/time-went.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import { rowTime, workloadWords } from './columns.tsx';
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
            <Facts row={data.request} />
          </PeekSection>
        </>
      )}
    </Peek>
  );
}

type Row = NonNullable<ReturnType<typeof useRequest>['data']>['request'];
function Facts({ row }: { row: Row }) {
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  const ended_ms = Date.parse(row.timestamp);
  const loras = row.loras?.map((name, at) => `${name} ${row.lora_weights?.[at] ?? ''}`.trim()).join(', ');
  const size = row.width && row.height ? `${row.width} × ${row.height}` : undefined;
  const items: (readonly [string, ReactNode])[] = [
    [
      'ended',
      <time key="ended" dateTime={row.timestamp} title={iso(ended_ms)}>
        {rowTime(row.timestamp, now_ms, zone)}
        {zone === 'utc' && ' UTC'}
      </time>,
    ],
    ['workload', workloadWords(row.workload)],
    ['model', row.model_version],
    ['LoRA', loras],
    ['sampler', [row.sampler, row.scheduler].filter(Boolean).join(', ')],
    ['steps', row.steps?.toString()],
    ['cfg', row.cfg?.toString()],
    ['seed', row.seed && <code key="seed">{row.seed}</code>],
    ['size', size],
    ['tenant', row.tenant],
    ['region', row.region],
    ['hardware', row.hardware_class],
    ['traffic', row.traffic_source],
    ['attempt', row.attempt?.toString()],
    ['queue wait', row.queue_wait_ms === undefined ? undefined : formatDuration(row.queue_wait_ms)],
    ['GPU time', row.gpu_seconds === undefined ? undefined : formatDuration(row.gpu_seconds * 1000)],
    ['cost', row.cost_usd === undefined ? undefined : formatMoney(row.cost_usd)],
    [
      'session',
      row.session_id && (
        <Link key="session" href={link('/requests', { filter: [`session_id=${row.session_id}`] })}>
          <code>{row.session_id}</code>
        </Link>
      ),
    ],
    [
      'trace',
      row.trace_id && (
        <Link key="trace" href={link(`/traces/${row.trace_id}`, { tenant: row.tenant })}>
          <code>{row.trace_id}</code>
        </Link>
      ),
    ],
  ];
  return <Attributes items={items.filter(([, value]) => !!value)} />;
}
