/**
 * The report as the body of a mail: tables and styles in line, as mail programs keep nothing else; no picture, script or
 * style sheet is fetched from anywhere.
 */
import { escapeHtml } from '../../base/html.ts';
import type { DriftReport, ReportFigure, ReportFinding } from './report.ts';
import { ALSO_MOST } from './text.ts';
import {
  againstWords,
  causeWords,
  dayWords,
  differenceWords,
  excludedWords,
  figureWords,
  headline,
  lookedWords,
  placeOf,
  sidesOf,
  sinceWords,
  statusWords,
  subjectOf,
  sureWords,
  tenantsWords,
  timeWords,
} from './words.ts';

/** The light theme of the pages (tokens.css), as mail programs know no variables. */
const INK = '#12181b';
const MUTED = '#5d686e';
const LINE = '#e2e6e8';
const PAPER = '#f4f6f6';
const SURFACE = '#ffffff';
const PENCIL = '#0a6c96';
const WORSE = '#8f5b00';
const BETTER = '#187a47';
const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

const small = `${FONT};font-size:13px;line-height:19px;color:${MUTED}`;
const text = `${FONT};font-size:15px;line-height:22px;color:${INK}`;

/**
 * Outlook for Windows lays out with Word: it knows no max-width and takes backgrounds from attributes. Its own comment
 * gives it a table of the same width.
 */
const WIDTH_PX = 680;
const MSO_OPEN = `<!--[if mso]><table role="presentation" width="${WIDTH_PX}" align="center" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->`;
const MSO_CLOSE = '<!--[if mso]></td></tr></table><![endif]-->';

/** Gmail cuts a body off at 102 KB. */
const FINDINGS_MOST = 25;

/** `link`: address of the server, for the ways to its pages; none without it. */
export function reportHtml(report: DriftReport, link: string | null): string {
  const subject = escapeHtml(subjectOf(report));
  const excluded = excludedWords(report);
  const shown = report.findings.slice(0, FINDINGS_MOST);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<meta name="supported-color-schemes" content="light">
<meta name="format-detection" content="telephone=no,date=no,address=no">
<title>${subject}</title>
</head>
<body style="margin:0;padding:0;background:${PAPER}">
<div style="display:none;max-height:0;overflow:hidden">${escapeHtml(leadOf(report))}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="${PAPER}" style="background:${PAPER}"><tr><td align="center" style="padding:24px 12px">
${MSO_OPEN}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="${SURFACE}" style="max-width:${WIDTH_PX}px;background:${SURFACE};border:1px solid ${LINE};text-align:left">
<tr><td style="padding:24px 24px 16px">
<p style="margin:0 0 6px;${small}">Pegbar · drift and quality, ${escapeHtml(dayWords(report.day))}${report.partial ? `, up to ${escapeHtml(timeWords(report.to))}` : ''}</p>
<h1 style="margin:0;${FONT};font-size:24px;line-height:30px;font-weight:650;color:${INK}">${escapeHtml(headline(report))}</h1>
<p style="margin:8px 0 0;${small}">${escapeHtml(againstWords(report))}</p>
</td></tr>
${shown.map((one) => findingHtml(one, report, link)).join('\n')}
${report.total > shown.length ? row(`<p style="margin:0;${text}">And ${report.total - shown.length} more.</p>`) : ''}
${figuresHtml(report.figures)}
${deployedHtml(report)}
${row(
  `<p style="margin:0;${small}">${escapeHtml(lookedWords(report))}${excluded === null ? '' : ` ${escapeHtml(excluded)}`}</p>${
    link === null
      ? ''
      : `<p style="margin:10px 0 0;${small}">${anchor(`${link}/reports/drift/${report.day}`, 'This report as a page')}</p>`
  }`,
)}
</table>
${MSO_CLOSE}
</td></tr></table>
</body>
</html>
`;
}

/** What mail programs show beside the subject. */
const leadOf = ({ findings: [first], looked_at }: DriftReport): string =>
  first ? `${placeOf(first)}: ${first.words}` : `${looked_at.series} series are as before`;

const row = (content: string): string =>
  `<tr><td style="padding:16px 24px;border-top:1px solid ${LINE}">${content}</td></tr>`;

const anchor = (href: string, words: string): string =>
  `<a href="${escapeHtml(href)}" style="color:${PENCIL}">${escapeHtml(words)}</a>`;

function findingHtml(one: ReportFinding, { from, to }: DriftReport, link: string | null): string {
  const colour = one.better === false ? WORSE : one.better === true ? BETTER : MUTED;
  const word = one.better === false ? 'Worse' : one.better === true ? 'Better' : 'Changed';
  const also = one.also
    .slice(0, ALSO_MOST)
    .map((other) => `<li style="margin:0">${escapeHtml(placeOf(other))}: ${escapeHtml(other.words)}</li>`);
  if (one.also.length > ALSO_MOST)
    also.push(`<li style="margin:0">and ${one.also.length - ALSO_MOST} more</li>`);
  const lines = [
    `<p style="margin:0 0 4px;${small};color:${colour};font-weight:600">${word}</p>`,
    `<h2 style="margin:0;${FONT};font-size:17px;line-height:24px;font-weight:600;color:${INK}">${escapeHtml(placeOf(one))}: ${escapeHtml(one.words)}</h2>`,
    barsHtml(one, colour),
    `<p style="margin:8px 0 0;${text}">${escapeHtml(sinceWords(one))}. ${escapeHtml(causeWords(one))}.${
      one.last_good_version ? ` Last good version: <b>${escapeHtml(one.last_good_version)}</b>.` : ''
    }</p>`,
    `<p style="margin:4px 0 0;${small}">${escapeHtml(sureWords(one))}${
      link === null ? '' : ` · ${anchor(findingLink(link, one, { from, to }), 'Open the finding')}`
    }</p>`,
    also.length === 0
      ? ''
      : `<p style="margin:10px 0 2px;${small}">With it</p><ul style="margin:0;padding:0 0 0 18px;${small}">${also.join('')}</ul>`,
  ];
  return row(lines.filter((line) => line !== '').join('\n'));
}

/** The page of a finding, as the list of the pages links it. */
function findingLink(
  link: string,
  { metric, segment, against }: ReportFinding,
  { from, to }: { from: string; to: string },
): string {
  const query = new URLSearchParams({ from, to });
  for (const [field, value] of Object.entries(segment)) query.append('filter', `${field}=${value}`);
  if (against !== null) query.set('baseline', 'release');
  return `${link}/drift/${encodeURIComponent(metric)}?${query}`;
}

/** Then outlined, now filled, to one scale. */
function barsHtml(one: ReportFinding, colour: string): string {
  const sides = sidesOf(one);
  const most = Math.max(Math.abs(one.now ?? 0), Math.abs(one.before ?? 0));
  if (sides === null || !(most > 0)) return '';
  const bar = (value: number, style: string, words: string): string => {
    const width = Math.max(1, Math.round((Math.abs(value) / most) * 100));
    return `<tr><td width="100%" style="padding:2px 0"><table role="presentation" width="${width}%" cellpadding="0" cellspacing="0" border="0"><tr><td height="9" style="height:9px;line-height:9px;mso-line-height-rule:exactly;font-size:0;${style}">&nbsp;</td></tr></table></td><td style="padding:2px 0 2px 10px;white-space:nowrap;${small}">${words}</td></tr>`;
  };
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:10px 0 0">${bar(
    one.before!,
    `border:1px solid ${PENCIL}`,
    `was ${escapeHtml(sides.before)}`,
  )}${bar(one.now!, `background:${colour};border:1px solid ${colour}`, `<b style="color:${INK}">is ${escapeHtml(sides.now)}</b>`)}</table>`;
}

function figuresHtml(figures: readonly ReportFigure[]): string {
  const known = figures.filter(({ now, day_before }) => now !== null || day_before !== null);
  if (known.length === 0) return '';
  const head = ['Key figures', 'The day', 'Day before', ''].map(
    (title, at) =>
      `<th scope="col" align="${at === 0 ? 'left' : 'right'}" style="padding:4px 0 4px ${at === 0 ? 0 : 12}px;border-bottom:1px solid ${LINE};${small};font-weight:600">${title}</th>`,
  );
  const rows = known.map((one) => {
    const cell = (words: string, more = ''): string =>
      `<td align="right" style="padding:5px 0 5px 12px;white-space:nowrap;${small};${more}">${escapeHtml(words)}</td>`;
    return `<tr><th scope="row" align="left" style="padding:5px 0;${small};font-weight:400;color:${INK}">${escapeHtml(one.title)}</th>${cell(figureWords(one.unit, one.now), `color:${INK};font-weight:600`)}${cell(figureWords(one.unit, one.day_before))}${cell(differenceWords(one), `color:${differenceColour(one)}`)}</tr>`;
  });
  return row(
    `<table width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse"><tr>${head.join('')}</tr>${rows.join('')}</table>`,
  );
}

/** Below it a day differs from the next anyway. */
const NOTEWORTHY = 0.1;
function differenceColour({ better, now, day_before: before }: ReportFigure): string {
  if (better === 'neither' || now === null || before === null || before === 0) return MUTED;
  if (Math.abs(now / before - 1) < NOTEWORTHY) return MUTED;
  return (better === 'up') === now > before ? BETTER : WORSE;
}

function deployedHtml({ deployments }: DriftReport): string {
  if (deployments.length === 0) return '';
  const rows = deployments.map(
    ({ timestamp, id, kind, status, version, tenants }) =>
      `<tr><td style="padding:3px 12px 3px 0;white-space:nowrap;${small}">${escapeHtml(timeWords(timestamp))}</td><td width="100%" style="padding:3px 0;${small};color:${INK}">${escapeHtml(version ?? id)} <span style="color:${MUTED}">(${escapeHtml(kind)}) ${escapeHtml(tenantsWords(tenants))} ${escapeHtml(statusWords(status))}</span></td></tr>`,
  );
  return row(
    `<h2 style="margin:0 0 6px;${small};font-weight:600;color:${INK}">Deployed</h2><table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">${rows.join('')}</table>`,
  );
}
