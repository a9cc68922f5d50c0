/** Knows what drifted: baselines, verdicts, findings and the release that most likely did it. From rollups alone. */
export { askDrift, askFindings, type DriftQuestion, FINDINGS_MOST } from './answers.ts';
export { DRIFT_METRIC_NAMES, type DriftMetric } from './metrics.ts';
export { type DriftMonitor, driftMonitorKind } from './monitors.ts';
export { allMonitors, isMuted } from './monitors-in-force.ts';
export { listMonitors } from './monitors-list.ts';
export { PREVIEW_DAYS, previewMonitor } from './preview.ts';
export { tellPreview } from './preview-told.ts';
export { readDay, reportOf } from './report.ts';
export { reportHtml } from './report-html.ts';
export { reportMail } from './report-mail.ts';
export { reportText } from './report-text.ts';
export { type Standing, standingIn } from './standing.ts';
export type { DriftDeps } from './sweep.ts';
export { createDriftWatch } from './watch.ts';
export { type Baseline, currentWindow, readBaseline, readWindow, type Window } from './windows.ts';
