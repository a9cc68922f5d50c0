/** Knows what drifted: baselines, verdicts, findings and the release that most likely did it. From rollups alone. */
export { askDrift, askFindings, type DriftQuestion, FINDINGS_MOST } from './answers.ts';
export { DRIFT_METRIC_NAMES, type DriftMetric } from './metrics.ts';
export { reportHtml } from './report/html.ts';
export { reportMail } from './report/mail.ts';
export { readDay, reportOf } from './report/report.ts';
export { reportText } from './report/text.ts';
export type { DriftDeps } from './sweep.ts';
export { allMonitors, isMuted } from './watch/in-force.ts';
export { listMonitors } from './watch/list.ts';
export { type DriftMonitor, driftMonitorKind } from './watch/monitors.ts';
export { PREVIEW_DAYS, previewMonitor } from './watch/preview.ts';
export { tellPreview } from './watch/preview-told.ts';
export { type Standing, standingIn } from './watch/standing.ts';
export { createDriftWatch } from './watch/watch.ts';
export { type Baseline, currentWindow, readBaseline, readWindow, type Window } from './windows.ts';
