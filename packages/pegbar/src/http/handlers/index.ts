import type { ApiDeps, Handlers } from '../deps.ts';
import { administrationHandlers } from './administration.ts';
import { eventHandlers } from './events.ts';
import { questionHandlers } from './questions.ts';
import { serverHandlers } from './server.ts';

/** Handlers by the id of their route. */
export const handlersOf = (deps: ApiDeps): Handlers => ({
  ...administrationHandlers(deps),
  ...eventHandlers(deps),
  ...questionHandlers(deps),
  ...serverHandlers(deps),
});
