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

/** Nothing of the workload is in the range: neither a request nor a frame. False while that is not known. */
export function useNothingOf(workload: string): boolean {
  const asked = { filters: [`workload=${workload}`], as: 'total', compared: false } as const;
  const requests = useKpis({ ...asked, metrics: ['requests'] });
  const frames = useKpis({ ...asked, metrics: ['delivered_fps'] });
  // Of a segment that frames are not told by there are none.
  const noFrames = frames.now ? totalOf(frames.now, 'delivered_fps').n === 0 : frames.error !== null;
  return requests.now !== undefined && totalOf(requests.now, 'requests').n === 0 && noFrames;
}
