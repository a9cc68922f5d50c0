/** What changed: every finding a sentence, with what it rests on and where it leads. */
import type { KpiName } from '@pegbar/contract/words';
import type { Finding, Findings, ObjectiveState } from '../../api/index.ts';
import { formatTime } from '../../format/index.ts';
import { Button } from '../../parts/button.tsx';
import { Chip } from '../../parts/chip.tsx';
import { FindingRow } from '../../parts/finding-row.tsx';
import { BEFORE, findingEvidence, findingSentence, findingStatus } from '../../parts/finding-words.ts';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { lastOf, useContextState, useGo, useNow, useParameter } from '../../url/index.ts';

interface FindingsProps {
  readonly answer: Findings | undefined;
  readonly error: unknown;
  readonly onRetry: () => void;
  readonly objectives: readonly ObjectiveState[];
}

/** So many are read in a morning; the rest is one press away. */
const FIRST = 5;
const ROW_PX = 68;
const PAGES: Readonly<Record<string, string>> = {
  animation: '/animation',
  single_image: '/single',
  batch_panels: '/panels',
};

export function WhatChanged({ answer, error, onRetry, objectives }: FindingsProps) {
  const [{ range, compare, filters }] = useContextState();
  const [all, setAll] = useParameter('changes');
  const last = lastOf(range)?.replace(/^Last/, 'the last') ?? 'this range';
  const shown = answer?.findings.slice(0, all === 'all' ? undefined : FIRST) ?? [];
  const more = (answer?.total ?? 0) - FIRST;
  const than =
    answer && answer.compare !== compare && compare !== 'off' ? `, against ${BEFORE[answer.compare]}` : '';
  return (
    <Sheet label="What changed">
      <Head
        alone
        title={`What changed in ${last}${than}`}
        {...(filters.length > 0 ? { unit: 'in this segment' } : {})}
        {...(more > 0
          ? {
              end: (
                <Button kind="quiet" onClick={() => setAll(all === 'all' ? null : 'all')}>
                  {all === 'all' ? `The first ${FIRST}` : `All ${answer?.total} changes`}
                </Button>
              ),
            }
          : {})}
      />
      {!answer && !error && <Loading height={2 * ROW_PX} label="What changed is loading" />}
      {!answer && error !== null && error !== undefined && <Failed error={error} onRetry={onRetry} />}
      {answer?.total === 0 && answer.compared === 0 && (
        <Note title="Nothing to compare with yet">
          {`Little or nothing is known of the same hours ${BEFORE[answer.compare]}. What changes is told from the second day on.`}
        </Note>
      )}
      {answer?.total === 0 && answer.compared > 0 && (
        <Note title="Nothing changed more than chance explains">
          {`Every KPI of every workload, tenant, region and release${filters.length > 0 ? ' in this segment' : ''} is as in the same hours ${BEFORE[answer.compare]}.`}
        </Note>
      )}
      {shown.map((finding) => (
        <Row key={keyOf(finding)} {...{ finding, objectives, answer: answer! }} />
      ))}
    </Sheet>
  );
}

const keyOf = ({ metric, segment, since }: Finding): string =>
  `${metric} ${JSON.stringify(segment)} ${since}`;

/** What is told of pictures shows best as drift: then and now over each other, with pictures. */
const DRIFT_OF: Readonly<Partial<Record<KpiName, string>>> = {
  style_distance_mean: 'style_distance',
  aesthetic_mean: 'aesthetic',
  clip_i_mean: 'clip_i',
  face_ok_rate: 'face_ok',
  acceptance_rate: 'acceptance',
  nsfw_rate: 'nsfw',
  policy_block_rate: 'blocked',
};
function driftPath({ metric, segment }: Finding): [path: string, more: { filter: string[] }] | null {
  const of = DRIFT_OF[metric];
  const fields = Object.keys(segment).filter((field) => field !== 'tenant');
  // Drift keeps one dimension beside the tenant.
  if (of === undefined || fields.length > 1) return null;
  return [`/drift/${of}`, { filter: Object.entries(segment).map(([field, value]) => `${field}=${value}`) }];
}

function Row(props: { finding: Finding; answer: Findings; objectives: readonly ObjectiveState[] }) {
  const { finding, answer, objectives } = props;
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  const timeOf = (ms: number): string => formatTime(ms, now_ms, zone);
  const { lead, cause, tail } = findingEvidence(finding, answer.compare, timeOf);
  const { workload, model_version, region, tenant } = finding.segment;
  const filter = [...(region ? [`region=${region}`] : []), ...(tenant ? [`tenant=${tenant}`] : [])];
  const drift = driftPath(finding);
  const href =
    finding.against !== null
      ? link(`/releases/${encodeURIComponent(model_version ?? '')}`)
      : drift !== null
        ? link(...drift)
        : link(PAGES[workload ?? ''] ?? '/requests', filter.length === 0 ? {} : { filter });
  const [from, to] = [Date.parse(answer.from), Date.parse(answer.to)];
  const since = timeOf(Date.parse(finding.since));
  return (
    <FindingRow
      href={href}
      status={findingStatus(finding, objectives)}
      direction={finding.direction}
      sentence={findingSentence(finding)}
      evidence={
        <>
          {lead}
          {cause !== null && <Chip mono>{cause}</Chip>}
          {tail}
        </>
      }
      values={finding.hours.now}
      mark={(Date.parse(finding.since) - from) / (to - from)}
      since={finding.until === null ? `since ${since}` : `${since} – ${timeOf(Date.parse(finding.until))}`}
    />
  );
}
