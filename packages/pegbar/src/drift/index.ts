/** Knows what drifted: baselines, verdicts, findings and the release that most likely did it. From rollups alone. */
export { askDrift, askFindings, type DriftQuestion, FINDINGS_MOST } from './answers.ts';
export { DRIFT_METRIC_NAMES, type DriftMetric } from './metrics.ts';
export { driftMonitorKind } from './monitors.ts';
export { type Standing, standingIn } from './standing.ts';
export type { DriftDeps } from './sweep.ts';
export { createDriftWatch } from './watch.ts';
export { type Baseline, currentWindow, readBaseline, readWindow, type Window } from './windows.ts';
