import type { ApiDeps, Handlers } from '../deps.ts';
import { administrationHandlers } from './administration.ts';
import { deadLetterHandlers } from './dead-letters.ts';
import { eventHandlers } from './events.ts';
import { exportHandlers } from './export.ts';
import { peopleHandlers } from './people.ts';
import { privacyHandlers } from './privacy.ts';
import { questionHandlers } from './questions.ts';
import { serverHandlers } from './server.ts';

/** Handlers by the id of their route. */
export const handlersOf = (deps: ApiDeps): Handlers => ({
  ...administrationHandlers(deps),
  ...deadLetterHandlers(deps),
  ...eventHandlers(deps),
  ...exportHandlers(deps),
  ...peopleHandlers(deps),
  ...privacyHandlers(deps),
  ...questionHandlers(deps),
  ...serverHandlers(deps),
});
