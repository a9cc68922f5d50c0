/** Requests, stages and boundary events of a generative image pipeline from Node, over OpenTelemetry. */

export type { BufferStatus, DropReason } from './buffer.ts';
export type { Carrier } from './carrier.ts';
export type { Signal, Status } from './client.ts';
export type { Boundary, Model, Outcome, RequestFields, Stage, StageFields, Workload } from './fields.ts';
export { countFrames, type FrameCounter, type FramesOptions } from './frames.ts';
export { type InitOptions, init, type Pegbar, spanProcessor } from './init.ts';
export { counter } from './metrics.ts';
export type {
  Artifact,
  CacheEvent,
  Common,
  Deployment,
  Ending,
  Feedback,
  Frames,
  Joins,
  ModelLoad,
  QueueSample,
  Score,
} from './records.ts';
export {
  boundary,
  continueRequest,
  currentIds,
  extract,
  handOff,
  type Ids,
  inject,
  logFields,
  type Running,
  type RunningRequest,
  withRequest,
  withStage,
} from './request.ts';
export type { Runtime } from './runtime.ts';
export { type QueueMonitor, type QueueOptions, type Ticket, watchQueue } from './scheduler.ts';
export {
  artifact,
  cacheEvent,
  deployment,
  endRequest,
  feedback,
  frames,
  modelLoad,
  queueSample,
  score,
} from './send.ts';
