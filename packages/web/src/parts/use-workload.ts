/** What is new about a workload, as the headline of its page. */
import { useFindings, useObjectives } from '../api/index.ts';
import { findingSentence, objectiveSentence } from './finding-words.ts';

/** The worst that changed and the objectives that are broken; undefined where all is as it was. */
export function useWorkloadWords(workload: string): { title?: string; sentence?: string } {
  const findings = useFindings();
  const objectives = useObjectives(workload);
  const own = findings.data?.findings.find(
    ({ segment, until, better }) => segment.workload === workload && until === null && better === false,
  );
  const broken = (objectives.data?.objectives ?? []).filter(
    (one) => one.workload === workload && one.state === 'outside',
  );
  const sentence = broken.map(objectiveSentence).join(' ');
  return {
    ...(own ? { title: findingSentence(own) } : {}),
    ...(sentence === '' ? {} : { sentence }),
  };
}
