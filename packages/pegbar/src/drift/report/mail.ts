/** The report as a message of RFC 5322 with both bodies, for whatever sends mail: `… --format mail | sendmail -t`. */
import { createHash } from 'node:crypto';
import { reportHtml } from './html.ts';
import type { DriftReport } from './report.ts';
import { reportText } from './text.ts';
import { subjectOf } from './words.ts';

/** RFC 2045: lines of base64 are no longer than 76. */
const LINE_MOST = 76;

export interface ReportMail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** Headers and both bodies; without From and To, which are whose sends it. */
  readonly message: string;
}

export function reportMail(report: DriftReport, link: string | null): ReportMail {
  const subject = subjectOf(report);
  const html = reportHtml(report, link);
  const text = reportText(report);
  // The same report is the same message; bodies are base64, in which no boundary can stand.
  const boundary = `pegbar-${createHash('sha256').update(html).digest('hex').slice(0, 32)}`;
  const part = (type: string, body: string): string =>
    [
      `--${boundary}`,
      `Content-Type: ${type}; charset=utf-8`,
      'Content-Transfer-Encoding: base64',
      '',
      folded(Buffer.from(body).toString('base64')),
    ].join('\r\n');
  const message = [
    `Subject: ${encoded(subject)}`,
    // RFC 3834: nobody's holiday answers it.
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    part('text/plain', text),
    part('text/html', html),
    `--${boundary}--`,
    '',
  ].join('\r\n');
  return { subject, html, text, message };
}

const folded = (base64: string): string =>
  (base64.match(new RegExp(`.{1,${LINE_MOST}}`, 'g')) ?? []).join('\r\n');

/** RFC 2047 where it is not plain ASCII. */
const encoded = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) ? text : `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;
