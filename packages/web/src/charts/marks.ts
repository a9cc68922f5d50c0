/** Deployments as marks of charts. */
import { useMemo } from 'react';
import { type DeploymentRow, useDeployments } from '../api/index.ts';
import { useGo } from '../url/index.ts';
import type { Mark } from './geometry.ts';

const RELEASES: ReadonlySet<string> = new Set(['model', 'lora', 'pipeline']);

/** Marks of the window, those of one workload only where it is named; a click leads to the release. */
export function useMarks(workload?: string): readonly Mark[] {
  const { data } = useDeployments();
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
