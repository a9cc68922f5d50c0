import type { MetricPoint } from '../sink.ts';

/** Attribute under which a point keeps the identity of the row it comes from. */
export const IMPORT_ID = 'pegbar.import.id';

/** Points as an OTLP/JSON metrics request; the same points always give the same text. */
export function metricsRequest(points: readonly MetricPoint[], tenant: string | undefined): unknown {
  const byName = new Map<string, MetricPoint[]>();
  for (const point of points) {
    const same = byName.get(point.name);
    if (same) same.push(point);
    else byName.set(point.name, [point]);
  }
  const resource: Record<string, string> = { 'service.name': 'genai', 'pegbar.import': 'true' };
  if (tenant !== undefined) resource['pegbar.tenant'] = tenant;
  const metrics = [...byName].map(([name, same]) => ({
    name,
    unit: same[0]?.unit ?? '',
    gauge: { dataPoints: same.map(dataPoint) },
  }));
  const scope = { name: 'pegbar.import.genai' };
  return {
    resourceMetrics: [{ resource: { attributes: pairs(resource) }, scopeMetrics: [{ scope, metrics }] }],
  };
}

const dataPoint = (point: MetricPoint): unknown => ({
  timeUnixNano: `${BigInt(point.timestamp_ms) * 1_000_000n}`,
  asDouble: point.value,
  attributes: pairs({ ...point.attributes, [IMPORT_ID]: point.id }),
});

const pairs = (attributes: Readonly<Record<string, string>>): unknown[] =>
  Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));
