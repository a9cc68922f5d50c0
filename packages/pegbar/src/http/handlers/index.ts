import { artifactsIn } from '../artifacts-of.ts';
import type { ApiDeps, Handlers } from '../deps.ts';
import type { PageFiles } from '../pages-files.ts';
import { administrationHandlers } from './administration.ts';
import { analysisHandlers } from './analysis.ts';
import { artifactHandlers } from './artifacts.ts';
import { cmcdHandlers } from './cmcd.ts';
import { collectionHandlers } from './collections.ts';
import { deadLetterHandlers } from './dead-letters.ts';
import { deploymentHandlers } from './deployments.ts';
import { driftHandlers } from './drift.ts';
import { eventHandlers } from './events.ts';
import { exportHandlers } from './export.ts';
import { peopleHandlers } from './people.ts';
import { pinHandlers } from './pins.ts';
import { privacyHandlers } from './privacy.ts';
import { questionHandlers } from './questions.ts';
import { releaseHandlers } from './releases.ts';
import { sequenceHandlers } from './sequences.ts';
import { serverHandlers } from './server.ts';
import { storageHandlers } from './storage.ts';
import { styleHealthHandlers } from './style-health.ts';
import { tenantHandlers } from './tenants.ts';
import { togetherHandlers } from './together.ts';
import { traceHandlers } from './traces.ts';
import { userHandlers } from './users.ts';

/** Handlers by the id of their route. */
export function handlersOf(deps: ApiDeps, pages: PageFiles): Handlers {
  const artifacts = deps.artifacts ?? artifactsIn(deps);
  const [analysis, traces] = [analysisHandlers(deps), traceHandlers(deps)];
  return {
    ...administrationHandlers(deps),
    ...analysis,
    ...artifactHandlers(deps, artifacts),
    ...cmcdHandlers(deps),
    ...collectionHandlers(deps),
    ...deadLetterHandlers(deps),
    ...deploymentHandlers(deps),
    ...driftHandlers(deps),
    ...eventHandlers(deps),
    ...exportHandlers(deps),
    ...peopleHandlers(deps, pages),
    ...pinHandlers(deps),
    ...privacyHandlers(deps, artifacts),
    ...questionHandlers(deps),
    ...releaseHandlers(deps),
    ...sequenceHandlers(deps),
    ...serverHandlers(deps),
    ...traces,
    ...togetherHandlers(deps, { ...analysis, ...traces }),
    ...storageHandlers(deps),
    ...styleHealthHandlers(deps, artifacts),
    ...tenantHandlers(deps),
    ...userHandlers(deps),
  };
}
