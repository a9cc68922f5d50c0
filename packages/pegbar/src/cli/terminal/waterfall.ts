import type { Output } from './output.ts';
import { cells, cut, plain } from './table.ts';
import { duration, instant } from './units.ts';

export interface TraceSpan {
  span_id: string;
  parent_span_id: string | null;
  name: string;
  start: string;
  end: string;
  duration_ms: number;
  status: string;
  attributes: Record<string, unknown>;
  events: { name: string; timestamp?: string; attributes?: Record<string, unknown> }[];
}

export interface TraceAnswer {
  trace_id: string;
  spans: TraceSpan[];
  logs: { timestamp: string; severity?: string; body: string; span_id?: string }[];
}

interface Line {
  span: TraceSpan;
  label: string;
}

const DURATION_CELLS = 9;
const BAR_LEAST_CELLS = 12;
const LABEL_SHARE = 0.45;

/** Lines of a trace: the tree of names, durations, and a bar for when each span ran. */
export function waterfall(trace: TraceAnswer, width: number, style: Output['style']): string[] {
  const lines = tree(trace.spans);
  const starts = trace.spans.map((span) => Date.parse(span.start));
  const ends = trace.spans.map((span) => Date.parse(span.end));
  const from = min(starts);
  const total = Math.max(max(ends) - from, 0.001);
  const longest = lines.reduce((most, line) => Math.max(most, cells(line.label)), 0);
  const labelCells = Math.min(longest, Math.floor(width * LABEL_SHARE));
  const barCells = Math.max(BAR_LEAST_CELLS, width - labelCells - DURATION_CELLS - 4);
  const errors = trace.spans.filter((span) => isError(span.status)).length;
  const head = [
    `trace ${trace.trace_id}`,
    `${trace.spans.length} ${trace.spans.length === 1 ? 'span' : 'spans'}`,
    duration(total),
    instant(from),
  ];
  if (errors) head.push(style(`${errors} failed`, 'red'));
  const out = [head.join('  '), ''];
  for (const { span, label } of lines) {
    const text = cut(label, labelCells);
    const pad = ' '.repeat(Math.max(0, labelCells - cells(text)));
    const took = duration(span.duration_ms).padStart(DURATION_CELLS);
    const drawn = bar((Date.parse(span.start) - from) / total, span.duration_ms / total, barCells);
    out.push(
      `${isError(span.status) ? style(text, 'red') : text}${pad}  ${took}  ${style(drawn, isError(span.status) ? 'red' : 'cyan')}`.trimEnd(),
    );
    const why = isError(span.status)
      ? (span.attributes['pegbar.error.message'] ??
        span.attributes['error.message'] ??
        span.attributes['exception.message'])
      : undefined;
    if (typeof why === 'string') out.push(style(`  ${cut(plain(why), width - 2).trimEnd()}`, 'red'));
  }
  if (trace.logs.length) {
    out.push('', 'logs');
    for (const log of trace.logs) {
      out.push(`${instant(log.timestamp)}  ${plain(log.severity ?? '').padEnd(5)}  ${plain(log.body)}`);
    }
  }
  return out;
}

const isError = (status: string): boolean => status.toLowerCase() === 'error';

/** A bar of at least one cell, so that a short span can be seen. */
function bar(offset: number, share: number, width: number): string {
  const start = Math.min(width - 1, Math.max(0, Math.floor(offset * width)));
  const long = Math.max(1, Math.min(width - start, Math.round(share * width)));
  return `${' '.repeat(start)}${'█'.repeat(long)}`;
}

/**
 * Spans in order of the tree, siblings by start. A span whose parent is not there (not yet arrived, sampled out)
 * stands at the top; spans that name each other in a circle do too, once each.
 */
function tree(spans: readonly TraceSpan[]): Line[] {
  const ids = new Set(spans.map((span) => span.span_id));
  const children = new Map<string, TraceSpan[]>();
  for (const span of [...spans].sort((a, b) => a.start.localeCompare(b.start))) {
    const parent = span.parent_span_id && ids.has(span.parent_span_id) ? span.parent_span_id : '';
    const siblings = children.get(parent);
    if (siblings) siblings.push(span);
    else children.set(parent, [span]);
  }
  const lines: Line[] = [];
  const seen = new Set<TraceSpan>();
  const walk = (top: readonly TraceSpan[]): void => {
    // A stack instead of recursion: a trace may be a chain of thousands of spans.
    const stack = top
      .map((span, index) => ({ span, indent: '', isTop: true, isLast: index === top.length - 1 }))
      .reverse();
    for (let next = stack.pop(); next; next = stack.pop()) {
      const { span, indent, isTop, isLast } = next;
      if (seen.has(span)) continue;
      seen.add(span);
      lines.push({ span, label: `${indent}${isTop ? '' : isLast ? '└ ' : '├ '}${plain(span.name)}` });
      const below = children.get(span.span_id) ?? [];
      const deeper = isTop ? '' : `${indent}${isLast ? '  ' : '│ '}`;
      for (let index = below.length - 1; index >= 0; index--) {
        const child = below[index];
        if (child)
          stack.push({ span: child, indent: deeper, isTop: false, isLast: index === below.length - 1 });
      }
    }
  };
  walk(children.get('') ?? []);
  for (const span of spans) if (!seen.has(span)) walk([span]);
  return lines;
}

const min = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const max = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
