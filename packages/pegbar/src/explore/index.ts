/** Answers questions about what is stored: requests, traces, logs, figures. Always within a tenant scope. */
export type { Asking, ExploreDeps } from './deps.ts';
export { type ExploreError, fromStore, refused } from './failure.ts';
export { type Condition, parseFilters } from './filter.ts';
export { type KpiAnswer, type KpiDeps, type KpiQuestion, readKpis } from './kpis.ts';
export { listLogs } from './logs.ts';
export { readLimit, readRange, type TimeRange } from './range.ts';
export { findRequest, listRequests } from './requests.ts';
export { findTrace } from './spans.ts';
