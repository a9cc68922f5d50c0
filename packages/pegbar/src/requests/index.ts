export { type Folded, foldSpans } from './fold.ts';
export { OUTCOME_SQL, outcomeOfError, RANK, SETTLED_MS_SQL, verdictOf } from './verdict.ts';
