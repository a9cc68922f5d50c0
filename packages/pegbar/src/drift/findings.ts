/** What drifted, each thing once: a release with all it did, a part in place of the whole, a whole in place of its parts. */

import { likelyOf } from '../explore/index.ts';
import { compareParts, type Parts } from './compare.ts';
import { haveOtherCauses, isAgainst, isEchoOf, isMovedAlike, type Told } from './echoes.ts';
import type { Judged } from './engine.ts';
import type { Why } from './tell.ts';

export interface DriftFinding extends Told {
  /** What tells the same story, worst and largest first: other metrics of the segment, other segments of the release. */
  readonly also: Told[];
}

/** How many times its least effect a change is: what findings are sorted by within their kind. */
export const sizeOf = ({ comparison, judgement }: Judged): number => {
  const carried = comparison.evidence.components
    .filter(({ name }) => judgement.because.includes(name))
    .map(({ effect }) => effect);
  return Math.max(comparison.evidence.psiDebiased, ...carried) / comparison.leastEffect;
};

/** `to_ms`: end of the window that was looked at. */
export function groupFindings(
  judged: readonly Judged[],
  whyOf: (one: Judged) => Why,
  to_ms: number,
): DriftFinding[] {
  const drifted = judged
    .filter(({ verdict }) => verdict === 'drift')
    .map((one) => ({ one, why: whyOf(one) }))
    .sort((a, b) => sizeOf(b.one) - sizeOf(a.one) || nameOf(a.one).localeCompare(nameOf(b.one)));
  const told: DriftFinding[] = [];
  const tell = (entry: Told, same: (finding: DriftFinding) => boolean): void => {
    const known = told.find(same);
    if (known) known.also.push(entry);
    else told.push({ ...entry, also: [] });
  };
  const [releases, others] = [drifted.filter(isRelease), drifted.filter((entry) => !isRelease(entry))];
  const ofReleases = new Set(releases.map(({ one }) => one.series.metric.name));
  for (const entry of releases)
    tell(entry, (finding) => isRelease(finding) && versionOf(finding.one) === versionOf(entry.one));
  // What has a cause stands before what may be its echo.
  const [caused, open] = [others.filter(hasCause), others.filter((entry) => !hasCause(entry))];
  for (const entry of [...caused, ...open]) {
    const version = causeVersion(entry.why);
    tell(
      entry,
      (finding) =>
        (isRelease(finding) && version !== null && versionOf(finding.one) === version) ||
        (isRelease(finding) && isWhole(entry.one) && beganWith(entry, finding)) ||
        sameSegment(finding, entry) ||
        membersOf(finding).some(({ one }) =>
          isExplained(entry.one, one, ofReleases.has(entry.one.series.metric.name)),
        ) ||
        isEchoOf(entry, membersOf(finding), to_ms),
    );
  }
  for (const { also } of told) also.sort((a, b) => rankOf(a) - rankOf(b) || sizeOf(b.one) - sizeOf(a.one));
  return told.sort((a, b) => rankOf(a) - rankOf(b) || sizeOf(b.one) - sizeOf(a.one));
}

const membersOf = (finding: DriftFinding): readonly Told[] => [finding, ...finding.also];
const hasCause = ({ why }: Told): boolean => likelyOf(why.candidates) !== null;
const isRelease = ({ one }: { one: Judged }): boolean => one.against !== null;
const versionOf = ({ series }: Judged): string | undefined => series.segment.model_version;
const nameOf = ({ series }: Judged): string => `${series.metric.name} ${JSON.stringify(series.segment)}`;

function causeVersion({ candidates }: Why): string | null {
  const likely = likelyOf(candidates);
  return likely && likely.did !== null ? (likely.deployment.version ?? null) : null;
}

/** Worse before neither before better. */
function rankOf({ one }: Told): number {
  const { now, before } = one.comparison;
  const { better } = one.series.metric;
  if (better === 'neither' || now === null || before === null) return 1;
  return (better === 'up') === now > before ? 2 : 0;
}

/** Metrics of one family in one segment tell one story, unless they have causes of their own. */
function sameSegment(told: Told, { one, why }: Told): boolean {
  if (told.one.against !== null || told.one.series.metric.family !== one.series.metric.family) return false;
  const { pipeline_stage: _told, ...place } = told.one.series.segment;
  const { pipeline_stage: _one, ...other } = one.series.segment;
  return JSON.stringify(place) === JSON.stringify(other) && !haveOtherCauses(told.why, why);
}

/** Without the rows of what was told already, is there anything left? */
function isExplained(one: Judged, told: Judged, isTold: boolean): boolean {
  if (told.against !== null || told.series.metric.name !== one.series.metric.name) return false;
  if (!meets(one, told) || !isAmong(told, one)) return false;
  const without = withoutSegment(one, told);
  // Of what is kept whole nobody knows what it is without others: it is told with those that it holds.
  if (without === null) return !isWhole(one) || holds(one, told);
  const { evidence, leastEffect } = compareParts(
    one.series.metric,
    one.series.sampling,
    without.reference,
    without.current,
  );
  const left = evidence.components.filter(({ p, effect }) => p <= CERTAIN && effect >= leastEffect);
  if (left.length === 0) return true;
  // What is left is another finding's, where that tells of the same metric: a release beside a part.
  return isTold && evidence.psiDebiased < one.comparison.evidence.psiDebiased * MOST_OF_IT;
}
const CERTAIN = 0.01;
const MOST_OF_IT = 0.5;

/** Nobody knows what versions did within a collection: what began with a release, in a metric that it moved, is its. */
const BEGAN_WITHIN_MS = 12 * 3_600_000;

function beganWith(entry: Told, finding: DriftFinding): boolean {
  const moved = membersOf(finding).some(
    ({ one }) =>
      one.against !== null &&
      one.series.metric.name === entry.one.series.metric.name &&
      isMovedAlike(entry.one, one),
  );
  const [began, told] = [entry.why.change, finding.why.change];
  if (!moved || !began || !told || isAgainst(entry.why, finding.why)) return false;
  return Math.abs(began.at_ms - told.at_ms) <= BEGAN_WITHIN_MS;
}

/** Series of content and of collections have no parts. */
const isWhole = ({ series: { parts } }: Judged): boolean => parts.size === 1 && parts.has('');

/** All rows of the told segment are of this one too. */
const holds = (one: Judged, told: Judged): boolean =>
  Object.entries(one.series.segment).every(([name, value]) => told.series.segment[name] === value);

/** No dimension tells the two segments apart. */
function meets(one: Judged, told: Judged): boolean {
  const [s, t] = [one.series.segment, told.series.segment];
  return Object.keys(s).every((name) => t[name] === undefined || t[name] === s[name]);
}

/** Every series that names no tenant has tenants among its parts: one that is not there has no rows in it. */
function isAmong({ series: { segment } }: Judged, one: Judged): boolean {
  const { tenant } = segment;
  if (tenant === undefined || one.series.segment.tenant !== undefined || isWhole(one)) return true;
  return [...one.current.keys()].some((part) => part.split(' · ').includes(tenant));
}

/**
 * The series without the parts that the told segment covers, of a collection without its tenant: no part is of one. Null
 * where its parts do not tell that apart, and where nothing would be left.
 */
function withoutSegment(one: Judged, told: Judged): { reference: Parts; current: Parts } | null {
  const values = Object.entries(told.series.segment)
    .filter(([name]) => name !== 'collection' && one.series.segment[name] === undefined)
    .map(([, value]) => value);
  if (values.length === 0) return null;
  const isOther = (part: string): boolean => {
    const names = part.split(' · ');
    return !values.every((value) => names.includes(value));
  };
  const keep = (parts: Parts): Parts => new Map([...parts].filter(([name]) => isOther(name)));
  const [reference, current] = [keep(one.reference), keep(one.current)];
  const isNone = current.size === 0 || current.size === one.current.size;
  return isNone ? null : { reference, current };
}
