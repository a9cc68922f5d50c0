export { type Cursors, cursorKey, fileCursors, fileIdentity } from './cursors.ts';
export { type Delivered, deliver, type Item } from './deliver.ts';
export { eventItems } from './events/index.ts';
export { genaiItems, IMPORT_ID, KIND_NAMES, metricsRequest } from './genai/index.ts';
export type { MetricPoint, Sink, SinkFailure, Verdict } from './sink.ts';
export type { Tally } from './tally.ts';
