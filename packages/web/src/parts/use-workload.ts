/** What is new about a workload, as the headline of its page. */
import { totalOf, useFindings, useKpis, useObjectives } from '../api/index.ts';
import { findingSentence, objectiveSentence } from './finding-words.ts';

/** The worst that changed and the objectives that are broken; undefined where all is as it was. */
export function useWorkloadWords(workload: string): { title?: string; sentence?: string } {
  const findings = useFindings();
  const objectives = useObjectives(workload);
  const own = findings.data?.findings.find(
    ({ segment, until, better }) => segment.workload === workload && until === null && better === false,
  );
  const known = (objectives.data?.objectives ?? []).filter(
    (one) => one.workload === workload && one.state !== null,
  );
  const broken = known.filter((one) => one.state === 'outside');
  const sentence =
    broken.length > 0
      ? broken.map(objectiveSentence).join(' ')
      : known.length > 0
        ? `Inside ${known.length === 1 ? 'its objective' : 'all of its objectives'}: ${known.map(({ words }) => words).join(', ')}.`
        : '';
  return {
    ...(own ? { title: findingSentence(own) } : {}),
    ...(sentence === '' ? {} : { sentence }),
  };
}

const SEEN = ['requests', 'delivered_fps'] as const;

/** Nothing of the workload is in the range: neither a request nor a frame. False while that is not known. */
export function useNothingOf(workload: string): boolean {
  const filters = [`workload=${workload}`];
  const { now } = useKpis({ metrics: SEEN, filters, as: 'total', compared: false });
  return now !== undefined && SEEN.every((metric) => totalOf(now, metric).n === 0);
}
