import { describe, expect, test } from 'vitest';
import { reportHtml } from './html.ts';
import { reportMail } from './mail.ts';
import { type DriftReport, type ReportFinding, readDay } from './report.ts';
import { reportText } from './text.ts';
import { differenceWords, headline, subjectOf } from './words.ts';

const HOSTILE = '<img src=x onerror=alert(1)>"\'&\u202e\n\r.\r\nBcc: all@studio.example';
const finding = (more: Partial<ReportFinding> = {}): ReportFinding => ({
  metric: 'prompt_tokens',
  segment: { tenant: 'mangatan' },
  against: null,
  title: '',
  words: 'median prompt is 31 tokens, was 22 tokens',
  unit: 'tokens',
  now: 31,
  before: 22,
  shift: 9,
  shift_interval: [8, 10],
  better: null,
  p_adjusted: 1e-9,
  n_cur: 1204,
  since: '2026-02-28T18:00:00.000Z',
  cause_words: 'none likely',
  also: [],
  ...more,
});
const report = (more: Partial<DriftReport> = {}): DriftReport => ({
  day: '2026-03-01',
  partial: false,
  from: '2026-03-01T00:00:00.000Z',
  to: '2026-03-02T00:00:00.000Z',
  baseline: {
    asked: '28d',
    from: '2026-02-01T00:00:00.000Z',
    to: '2026-03-01T00:00:00.000Z',
    excluded: [{ from: '', to: '', why: 'warm-up: announced load' }],
  },
  alpha: 0.05,
  looked_at: {
    series: 210,
    metrics: ['prompt_tokens'],
    segments: 20,
    drift: 1,
    no_drift: 200,
    changed_but_small: 4,
    insufficient_data: 5,
  },
  total: 1,
  findings: [finding()],
  deployments: [],
  figures: [
    {
      metric: 'acceptance_rate',
      title: 'Pictures accepted',
      unit: 'share',
      better: 'up',
      now: 0.6,
      day_before: 0.75,
      week_before: 0.74,
      n: 900,
    },
  ],
  ...more,
});

describe('the report', () => {
  test('says what drifted in its headline and subject, and that nothing did', () => {
    expect(headline(report())).toBe('One thing drifted on 1 Mar 2026');
    expect(subjectOf(report({ total: 12 }))).toBe('Pegbar: 12 things drifted on 1 Mar 2026');
    expect(headline(report({ total: 0, findings: [] }))).toBe('Nothing drifted on 1 Mar 2026');
  });

  test('as text tells each finding, the figures and what was looked at', () => {
    const text = reportText(report());
    expect(text).toContain('mangatan: median prompt is 31 tokens, was 22 tokens');
    expect(text).toContain('Since 28 Feb, 18:00 UTC. No release or change is a likely cause.');
    expect(text).toMatch(/Pictures accepted +60 % +75 % +74 % {2}−15 points/);
    expect(text).toContain('Looked at 210 series');
    expect(text).toContain('Left out of the baseline: warm-up: announced load.');
  });

  test('as a mail body fetches nothing, runs nothing and takes hostile names as text', () => {
    const html = reportHtml(
      report({
        findings: [
          finding({ words: HOSTILE, segment: { tenant: HOSTILE }, also: [finding({ words: HOSTILE })] }),
        ],
      }),
      'https://pegbar.example',
    );
    expect(html).not.toMatch(/<(?:img|script|link|iframe|object|svg|form)\b/i);
    expect(html).not.toMatch(/url\(|@import|\bsrc=x(?!\s+onerror=alert\(1\)&gt;)/i);
    expect(html).not.toMatch(/<style|class=/);
    expect(
      html.match(/(?:href|src)="[^"]*"/g)!.every((one) => one.startsWith('href="https://pegbar.example/')),
    ).toBe(true);
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(html.match(/<table/g)).toHaveLength(html.match(/<\/table>/g)!.length);
    // Word, which Outlook lays out with, has a table of its own and closes it.
    expect(html.match(/<!--\[if mso\]>/g)).toHaveLength(2);
    expect(html.match(/<!\[endif\]-->/g)).toHaveLength(2);
    expect(reportHtml(report(), null)).not.toContain('href=');
  });

  test('as a message has both bodies, short lines, and no header of its own making', () => {
    const { message, html, text } = reportMail(report({ findings: [finding({ words: HOSTILE })] }), null);
    const lines = message.split('\r\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(998);
    expect(lines.filter((line) => /^(?:bcc|to|from):/i.test(line))).toEqual([]);
    const bodies = message
      .split(/--pegbar-[0-9a-f]+/)
      .slice(1, 3)
      .map((part) => Buffer.from(part.split('\r\n\r\n')[1]!, 'base64').toString());
    expect(bodies).toEqual([text, html]);
    expect(reportMail(report(), null).message).toBe(reportMail(report(), null).message);
  });

  test('of a huge number of findings tells some of each and how many more', () => {
    const many = Array.from({ length: 50 }, () =>
      finding({ also: Array.from({ length: 40 }, () => finding()) }),
    );
    const html = reportHtml(report({ findings: many, total: 400 }), null);
    expect(html).toContain('And 375 more.');
    expect(html).toContain('and 34 more');
    // Gmail cuts what is longer than 102 KB.
    expect(Buffer.byteLength(html)).toBeLessThan(102_000);
  });

  test('differences are the same where they do not show, and unknown where a side is', () => {
    const of = (unit: string, now: number | null, day_before: number | null) =>
      differenceWords({ ...report().figures[0]!, unit, now, day_before });
    expect([
      of('ms', 100, 100.2),
      of('ms', 150, 100),
      of('share', 0.5, 0.5001),
      of('ms', null, 1),
      of('ms', 1, 0),
    ]).toEqual(['the same', '+50 %', 'the same', '', '']);
  });

  test('is of a day that has been', () => {
    const now = Date.parse('2026-03-02T10:00:00Z');
    expect(readDay(null, now)).toMatchObject({ value: Date.parse('2026-03-01') });
    expect(readDay('today', now)).toMatchObject({ value: Date.parse('2026-03-02') });
    for (const wrong of ['2026-03-03', '2026-02-31', 'monday', '2026-3-1', '2026-03-01T00:00:00Z'])
      expect(readDay(wrong, now)).toMatchObject({ ok: false, error: { field: 'day' } });
  });
});
