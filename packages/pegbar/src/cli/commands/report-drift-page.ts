/** The drift report as one HTML page without scripts or pictures, with styles in line: mail programs keep those. */
import { escapeHtml } from '../../base/html.ts';
import { type DriftSeries, segmentText } from './drift.ts';

export interface DriftFinding extends DriftSeries {
  title: string;
  better: boolean | null;
  also: DriftSeries[];
  examples?: { most_new: unknown[]; most_lost: unknown[] };
}
export interface DriftReport {
  from: string;
  to: string;
  baseline: {
    asked: string;
    from: string;
    to: string;
    excluded: { from: string; to: string; why: string }[];
  };
  looked_at: {
    series: number;
    segments: number;
    metrics: string[];
    no_drift: number;
    changed_but_small: number;
    insufficient_data: number;
  };
  total: number;
  findings: DriftFinding[];
}

const FONT = 'font-family:system-ui,sans-serif;font-size:15px;line-height:1.5;color:#1d1d1f';
const MUTED = 'color:#5f5f66';

export function reportPage(report: DriftReport): string {
  const day = report.from.slice(0, 10);
  const body =
    report.findings.length === 0 ? '<p>Nothing drifted.</p>' : report.findings.map(findingHtml).join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Drift of ${escapeHtml(day)}</title></head>
<body style="${FONT};max-width:720px;margin:24px auto;padding:0 16px">
<h1 style="font-size:22px">Drift of ${escapeHtml(day)}</h1>
<p style="${MUTED}">Against ${escapeHtml(report.baseline.asked)}: ${escapeHtml(report.baseline.from)} to ${escapeHtml(report.baseline.to)}, hours of the week matched.</p>
${body}
<p style="${MUTED}">${escapeHtml(lookedAt(report))}</p>
${report.baseline.excluded.length === 0 ? '' : `<p style="${MUTED}">Left out of the baseline: ${escapeHtml(report.baseline.excluded.map(({ why }) => why).join('; '))}.</p>`}
</body></html>
`;
}

/** Others of one story that are told. */
const ALSO_MOST = 10;

function findingHtml(one: DriftFinding): string {
  const colour = one.better === false ? '#b3261e' : one.better === true ? '#1e6b3a' : '#5f5f66';
  const also = one.also
    .slice(0, ALSO_MOST)
    .map((other) => `<li>${escapeHtml(segmentText(other))}: ${escapeHtml(other.words)}</li>`)
    .join('');
  const more = one.also.length > ALSO_MOST ? `<li>and ${one.also.length - ALSO_MOST} more</li>` : '';
  return `<section style="border-left:4px solid ${colour};padding-left:12px;margin:20px 0">
<h2 style="font-size:17px;margin:0">${escapeHtml(segmentText(one))}: ${escapeHtml(one.words)}</h2>
<p style="margin:4px 0">Since ${escapeHtml(one.since ?? 'an hour that cannot be told')}. Likely cause: ${escapeHtml(one.cause_words ?? 'none likely')}.</p>
${also === '' ? '' : `<ul style="margin:4px 0">${also}${more}</ul>`}
</section>`;
}

/** What "nothing drifted" rests on. */
export function lookedAt({
  looked_at: { series, segments, metrics, insufficient_data, changed_but_small },
}: DriftReport): string {
  return `Looked at ${series} series: ${metrics.length} metrics in ${segments} segments. ${insufficient_data} had not enough data, ${changed_but_small} changed, but little.`;
}
