export { genaiItems } from './items.ts';
export { KIND_NAMES } from './kinds.ts';
export { IMPORT_ID, metricsRequest } from './otlp.ts';
