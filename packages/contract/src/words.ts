/** The words of the contract without its schemas: what a browser may load without paying for a validator. */
export type { ApiErrorBody, ErrorCode } from './errors.ts';
export { KPI_NAMES, type KpiWords, kpiOf } from './kpi-words.ts';
export type { Kpi, KpiName } from './kpis.ts';
export {
  DEPLOYMENT_KINDS,
  type DeploymentKind,
  type DeploymentStatus,
  FEEDBACK_ACTIONS,
  type FeedbackAction,
  OUTCOMES,
  type Outcome,
  ROLLUP_DIMENSIONS,
  type RollupDimension,
  type Scope,
  STAGE_ERROR_CODES,
  STAGES,
  type Stage,
  type StageErrorCode,
  WORKLOADS,
  type Workload,
} from './vocabulary.ts';
