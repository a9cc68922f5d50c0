export {
  type LookedAt,
  Observer,
  type Picture,
  type Run,
  type Span,
  type Tags,
  type Told,
  tellFinished,
  tracesRequest,
} from './comfyui/index.ts';
export { type Cursors, cursorKey, fileCursors, fileIdentity } from './cursors.ts';
export { type Delivered, deliver, type Item } from './deliver.ts';
export { eventItems } from './events/index.ts';
export { genaiItems, IMPORT_ID, KIND_NAMES, metricsRequest } from './genai/index.ts';
export { readDcgm } from './gpu/dcgm.ts';
export { type HostCounters, hostCounters, hostRates } from './gpu/host-io.ts';
export { refusedField, SMI_FIELDS, SMI_LINE_MOST, smiArguments, smiReader, xidOf } from './gpu/nvidia-smi.ts';
export { gpuRecords, type HostWords, ioRecord } from './gpu/records.ts';
export {
  type Candidate,
  type ComfyHint,
  type ComfyPass,
  type ComfySettings,
  isPictureName,
  type Journal,
  type Loose,
  type LooseObject,
  openJournal,
  type PictureFacts,
  type PictureFile,
  type PictureReport,
  type PictureSink,
  type PictureTags,
  parseLoose,
  readComfyGraph,
  readComfyWorkflow,
  readFacts,
  readPictureFile,
  type Sending,
  sendPictures,
  sentKey,
  shownPath,
  type Thumbnail,
  type WalkCounts,
  walk,
} from './images/index.ts';
export type { MetricPoint, Sink, SinkFailure, Verdict } from './sink.ts';
export type { Tally } from './tally.ts';
