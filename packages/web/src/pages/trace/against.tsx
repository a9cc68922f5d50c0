/** What a request is held against: the median of the release before, of its own version, or of another one. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { get, type KpiAnswer, type RequestRow, type UsualTimes } from '../../api/index.ts';
import { Control } from '../../parts/button.tsx';
import { Icon } from '../../parts/icon.tsx';
import { coming, OnDemand } from '../../parts/on-demand.tsx';
import { DAY, HOUR, useContextState } from '../../url/index.ts';

const menu = coming(() => import('../../parts/overlays.tsx').then((module) => module.Menu));

const DAYS = 28 * DAY;
/** More versions than this are searched for on the page of releases. */
const VERSIONS_MOST = 8;
const BEFORE = 'before';

/** The versions that served the workload of the request in the weeks up to it, the busiest first. */
function useVersions(request: RequestRow, enabled: boolean): readonly string[] {
  const [{ tenant }] = useContextState();
  const to = Math.ceil(Date.parse(request.timestamp) / HOUR) * HOUR;
  const filter = request.workload ? [`workload=${request.workload}`] : [];
  const asked = { metrics: 'requests', by: 'model_version', from: to - DAYS, to, tenant, filter };
  const { data } = useQuery({
    queryKey: ['versions-beside', asked],
    queryFn: ({ signal }) => get<KpiAnswer>('kpis', asked, signal),
    enabled,
  });
  return (data?.series ?? [])
    .map(({ key, points }) => ({ version: key.model_version ?? '', n: points[0]?.value ?? 0 }))
    .filter(({ version, n }) => version !== '' && n > 0)
    .sort((a, b) => b.n - a.n)
    .slice(0, VERSIONS_MOST)
    .map(({ version }) => version);
}

export function Against({ request, usual }: { request: RequestRow; usual: UsualTimes | null }) {
  const [{ compare }, change] = useContextState();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const versions = useVersions(request, anchor !== null);
  const chosen = compare.startsWith('release:');
  const choose = (id: string): void =>
    change({ compare: id === BEFORE ? 'previous' : (id as `release:${string}`) });
  return (
    <>
      <Control
        name="Compare"
        changed={chosen}
        aria-haspopup="menu"
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <span>{usual ? `median of ${usual.version}` : 'nothing to compare'}</span>
        <Icon name="down" size={12} />
      </Control>
      {anchor && (
        <OnDemand
          of={menu}
          props={{
            label: 'Compare with the median of',
            anchor,
            choices: [
              { id: BEFORE, words: 'the release before' },
              ...versions.map((version) => ({
                id: `release:${version}`,
                words: version === request.model_version ? `${version}, its own` : version,
              })),
            ],
            onChoose: choose,
            onClose: () => setAnchor(null),
          }}
        />
      )}
    </>
  );
}
