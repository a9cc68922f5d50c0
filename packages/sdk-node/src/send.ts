/** The records that are sent by a call. Each says whether it was taken; none waits or throws. */
import { currentClient } from './init.ts';
import type {
  Artifact,
  CacheEvent,
  Deployment,
  Ending,
  Feedback,
  Frames,
  ModelLoad,
  QueueSample,
  RecordType,
  Score,
} from './records.ts';

const send = (type: RecordType, record: object): boolean => currentClient()?.send(type, record) ?? false;

/** A number or a label about a picture. It counts at the time of the picture, however late it comes. */
export const score = (record: Score): boolean => send('score', record);
/** What somebody did with a picture. */
export const feedback = (record: Feedback): boolean => send('feedback', record);
/** A mark on every chart: a release starts or ends. */
export const deployment = (record: Deployment): boolean => send('deployment', record);
/** A window of frames; `countFrames` makes them by itself. */
export const frames = (record: Frames): boolean => send('frames', record);
/** One sample of a queue; `watchQueue` sends them by itself. */
export const queueSample = (record: QueueSample): boolean => send('queue', record);
export const modelLoad = (record: ModelLoad): boolean => send('model_load', record);
export const cacheEvent = (record: CacheEvent): boolean => send('cache', record);
/** Where a picture lies. */
export const artifact = (record: Artifact): boolean => send('artifact', record);
/** States how a request ended, from a process that has none of its spans: a callback of a CDN, a cancel button. */
export const endRequest = (record: Ending): boolean => send('stage', record);
