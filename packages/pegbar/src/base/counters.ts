/**
 * The server's own counters. Everything that is dropped, rejected, sampled out or deduplicated passes
 * through here with a reason; `/metrics` and `/api/v1/status` read it.
 */
export interface Counters {
  /** Adds `n` (default 1) to a monotonic counter. Labels must come from a bounded set. */
  add(name: string, labels?: Record<string, string>, n?: number): void;
  /** Sets a gauge. */
  set(name: string, labels: Record<string, string> | undefined, value: number): void;
  /** Sum over all label sets of a name. */
  total(name: string): number;
  /** value per label set of a name, keyed by the value of one label. */
  by(name: string, label: string): Record<string, number>;
  /** Prometheus text exposition format 0.0.4. */
  render(): string;
}

interface Series {
  labels: Record<string, string>;
  value: number;
}

/** More label sets than this per name fold into `other`, so that no input can grow the table. */
const SERIES_LIMIT = 1000;

export function createCounters(): Counters {
  const names = new Map<string, { kind: 'counter' | 'gauge'; series: Map<string, Series> }>();

  function series(name: string, kind: 'counter' | 'gauge', labels: Record<string, string>): Series {
    const entry = names.get(name) ?? { kind, series: new Map<string, Series>() };
    names.set(name, entry);
    const key = JSON.stringify(labels);
    const found = entry.series.get(key);
    if (found) return found;
    if (entry.series.size >= SERIES_LIMIT) {
      const other = Object.fromEntries(Object.keys(labels).map((label) => [label, 'other']));
      if (key !== JSON.stringify(other)) return series(name, kind, other);
    }
    const made = { labels, value: 0 };
    entry.series.set(key, made);
    return made;
  }

  return {
    add(name, labels = {}, n = 1) {
      series(name, 'counter', labels).value += n;
    },
    set(name, labels = {}, value) {
      series(name, 'gauge', labels).value = value;
    },
    total(name) {
      let sum = 0;
      for (const one of names.get(name)?.series.values() ?? []) sum += one.value;
      return sum;
    },
    by(name, label) {
      const out: Record<string, number> = {};
      for (const one of names.get(name)?.series.values() ?? []) {
        const key = one.labels[label] ?? '';
        out[key] = (out[key] ?? 0) + one.value;
      }
      return out;
    },
    render() {
      const lines: string[] = [];
      for (const [name, { kind, series: all }] of names) {
        lines.push(`# TYPE ${name} ${kind}`);
        for (const { labels, value } of all.values()) {
          const text = Object.entries(labels).map(
            ([k, v]) => `${k}="${v.replace(/["\\\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`,
          );
          lines.push(`${name}${text.length ? `{${text.join(',')}}` : ''} ${value}`);
        }
      }
      return `${lines.join('\n')}\n`;
    },
  };
}
