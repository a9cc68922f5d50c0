/** Stacked bars by error code; a code chosen leads to its requests. */
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { Failures, FailuresThen } from '../../api/index.ts';
import {
  ChartCell,
  LegendTable,
  type Mark,
  REST,
  type Series,
  useExplain,
  useZoom,
} from '../../charts/index.ts';
import { formatCount } from '../../format/index.ts';
import { Cell, Cells, Head } from '../../parts/sheet.tsx';
import { useGo, useNow } from '../../url/index.ts';
import css from './errors.module.css';
import { besides, type CodeBeside, codeWords } from './words.ts';

/** A code keeps its colour whatever else fails. */
const COLOURS: Readonly<Record<string, string>> = {
  oom: 'series-1',
  timeout: 'series-4',
  cuda: 'series-2',
  internal: 'series-3',
  invalid_config: 'series-5',
  safety_block: 'series-6',
};
/** A box over what failed is about what failed, not about all of its time. */
const FAILED = ['outcome in failed,timed_out'] as const;
/** Requests come whole. */
const count = (value: number): string => (Number.isInteger(value) ? formatCount(value) : '');
const whole = (value: number): string => formatCount(Math.round(value));

const seriesOf = ({ code, counts, before }: CodeBeside): Series => ({
  name: codeWords(code),
  values: counts,
  colour: COLOURS[code] ?? REST,
  bars: true,
  pin: false,
  ...(before && { earlier: before.counts }),
});

interface TaxonomyProps {
  readonly failures: Failures;
  readonly then: FailuresThen | undefined;
  readonly marks: readonly Mark[];
  readonly refreshing: boolean;
}

export function Taxonomy({ failures, then, marks, refreshing }: TaxonomyProps) {
  const [hidden, hide] = useState<ReadonlySet<string>>(new Set());
  const now_ms = useNow();
  const zoom = useZoom();
  const explain = useExplain([], FAILED);
  const { link } = useGo();
  const times = useMemo(() => failures.times.map((time) => Date.parse(time)), [failures]);
  const codes = useMemo(() => besides(failures, then), [failures, then]);
  const series = useMemo(() => codes.map(seriesOf), [codes]);
  const totals = new Map(codes.map((one) => [codeWords(one.code), one]));
  const step_ms = failures.step_s * 1000;
  return (
    <Cells columns="minmax(0, 1fr) 396px">
      <ChartCell
        title="What failed"
        unit="requests, by error"
        level={2}
        height={260}
        times={times}
        step_ms={step_ms}
        series={series}
        hidden={hidden}
        format={whole}
        now_ms={now_ms}
        marks={marks}
        tick={count}
        gutter={16}
        refreshing={refreshing}
        empty="No request failed or timed out."
        {...zoom}
        onExplain={(from_ms, to_ms) => explain({ from_ms, to_ms })}
      />
      <Cell flush>
        <Head alone title="By error" />
        <LegendTable
          title="Requests"
          of="in range"
          times={times}
          step_ms={step_ms}
          series={series}
          format={whole}
          latest={({ name }) => totals.get(name)?.n ?? null}
          hidden={hidden}
          onHide={hide}
          columns={[
            ...(then
              ? [
                  {
                    title: 'was',
                    cell: ({ name, earlier }: Series, at: number | null) => (
                      <span className={css.was}>
                        {formatCount(at === null ? totals.get(name)?.before?.n : (earlier?.[at] ?? null))}
                      </span>
                    ),
                  },
                ]
              : []),
            {
              title: 'Open',
              cell: ({ name }) => {
                const one = totals.get(name);
                if (!one || one.n === 0) return null;
                const condition = one.code === 'none' ? 'error_code=' : `error_code=${one.code}`;
                return (
                  <Link
                    href={link('/requests', { filter: [condition, 'outcome in failed,timed_out'] })}
                    aria-label={`Requests with ${name}`}
                  >
                    Requests
                  </Link>
                );
              },
            },
          ]}
        />
      </Cell>
    </Cells>
  );
}
