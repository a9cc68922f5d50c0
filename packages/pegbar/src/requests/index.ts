export { createDeriver } from './derive.ts';
export { type Folded, foldSpans } from './fold.ts';
export { refoldRequests } from './refold.ts';
export { startSweeper } from './sweeper.ts';
export {
  OUTCOME_SQL,
  outcomeOfError,
  RANK,
  SETTLED_MS_SQL,
  TOUCHES_RANGE_SQL,
  verdictOf,
} from './verdict.ts';
