/** Deployments as marks of charts. */
import { useMemo } from 'react';
import { type DeploymentRow, useDeployments } from '../api/index.ts';
import { useGo, type Window } from '../url/index.ts';
import type { Mark } from './geometry.ts';

const RELEASES: ReadonlySet<string> = new Set(['model', 'lora', 'pipeline']);

/** Marks of the window of the context bar, or of a chart with its own; those of one workload only where it is named; a click leads to the release. */
export function useMarks(workload?: string, window?: Window): readonly Mark[] {
  const { data } = useDeployments(window);
  const { link } = useGo();
  return useMemo(
    () =>
      (data ?? [])
        .filter((row) => workload === undefined || row.workload === undefined || row.workload === workload)
        .map((row) => ({
          at_ms: Date.parse(row.timestamp),
          kind: RELEASES.has(row.kind) ? ('release' as const) : ('change' as const),
          label: labelOf(row),
          href: link(`/releases/${encodeURIComponent(row.version ?? row.id)}`),
        })),
    [data, workload, link],
  );
}

function labelOf({ id, version, status }: DeploymentRow): string {
  const name = version ?? id;
  return status === 'start' ? name : `${name} ${status === 'end' ? 'ends' : 'rolled back'}`;
}
