/** The report as plain text: what a terminal shows, and what a mail says to who reads no HTML. */
import type { DriftReport, ReportFinding } from './report.ts';
import {
  againstWords,
  causeWords,
  differenceWords,
  excludedWords,
  figureWords,
  headline,
  lookedWords,
  placeOf,
  sinceWords,
  statusWords,
  sureWords,
  tenantsWords,
  timeWords,
} from './words.ts';

/** Others of one story that are told; the JSON has all. */
export const ALSO_MOST = 6;

export function reportText(report: DriftReport): string {
  const { findings, total, deployments } = report;
  const excluded = excludedWords(report);
  return [
    headline(report),
    ...(report.partial ? [`The day is not over: up to ${timeWords(report.to)}.`] : []),
    againstWords(report),
    '',
    ...findings.flatMap(findingText),
    ...(total > findings.length ? [`And ${total - findings.length} more.`, ''] : []),
    ...figuresText(report),
    ...(deployments.length === 0 ? [] : ['Deployed', ...deployments.map(deployedText), '']),
    lookedWords(report),
    ...(excluded === null ? [] : [excluded]),
    '',
  ].join('\n');
}

function findingText(one: ReportFinding): string[] {
  const more = one.also.length - ALSO_MOST;
  return [
    `${placeOf(one)}: ${one.words}`,
    `  ${sinceWords(one)}. ${causeWords(one)}.`,
    `  ${sureWords(one)}${one.last_good_version ? `; last good version ${one.last_good_version}` : ''}`,
    ...one.also.slice(0, ALSO_MOST).map((other) => `  with it ${placeOf(other)}: ${other.words}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    '',
  ];
}

function figuresText({ figures }: DriftReport): string[] {
  const known = figures.filter(({ now, day_before }) => now !== null || day_before !== null);
  if (known.length === 0) return [];
  const rows = known.map((one) => [
    one.title,
    figureWords(one.unit, one.now),
    figureWords(one.unit, one.day_before),
    figureWords(one.unit, one.week_before),
    differenceWords(one),
  ]);
  const all = [['Key figures', 'the day', 'day before', '7 days before', ''], ...rows];
  const widths = [0, 1, 2, 3].map((at) => Math.max(...all.map((row) => row[at]!.length)));
  const line = (row: string[]): string =>
    row
      .map((text, at) => (at === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return [...all.map(line), ''];
}

const deployedText = ({
  timestamp,
  id,
  kind,
  status,
  version,
  tenants,
}: DriftReport['deployments'][number]): string =>
  `  ${timeWords(timestamp)}  ${version ?? id} (${kind}) ${tenantsWords(tenants)} ${statusWords(status)}`;
