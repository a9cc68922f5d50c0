export { type LookedAt, tellFinished } from './finish.ts';
export { workflowHash } from './identity.ts';
export { Observer } from './observer.ts';
export type { Picture, Run } from './run.ts';
export { type Span, type Tags, type Told, tracesRequest } from './tell.ts';
