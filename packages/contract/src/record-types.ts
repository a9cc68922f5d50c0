/** The types of the records, inferred from their tables. */
import type { Read, Sent } from './fields.ts';
import type { RECORDS } from './records.ts';
import type { RecordType } from './vocabulary.ts';

/** A record as the rest of Pegbar sees it: known fields in one form, the rest as text in `attributes`. */
type RecordOf<T extends RecordType> = { type: T; attributes: Record<string, string> } & Read<
  (typeof RECORDS)[T]
>;

/** A record as senders send it: times as RFC 3339 or epoch milliseconds, the flexible forms, unknown fields. */
type InputOf<T extends RecordType> = (T extends 'stage' ? { type?: T } : { type: T }) & {
  attributes?: Record<string, unknown>;
  [unknown: string]: unknown;
} & Sent<(typeof RECORDS)[T]>;

export type StageEvent = RecordOf<'stage'>;
export type BoundaryEvent = RecordOf<'boundary'>;
export type Score = RecordOf<'score'>;
export type Feedback = RecordOf<'feedback'>;
export type Deployment = RecordOf<'deployment'>;
export type FramesWindow = RecordOf<'frames'>;
export type QueueSample = RecordOf<'queue'>;
export type ModelLoad = RecordOf<'model_load'>;
export type CacheEvent = RecordOf<'cache'>;
export type IoSample = RecordOf<'io'>;
export type GpuSample = RecordOf<'gpu'>;
export type ArtifactRecord = RecordOf<'artifact'>;
export type EmbeddingRecord = RecordOf<'embedding'>;
export type PegbarRecord =
  | StageEvent
  | BoundaryEvent
  | Score
  | Feedback
  | Deployment
  | FramesWindow
  | QueueSample
  | ModelLoad
  | CacheEvent
  | IoSample
  | GpuSample
  | ArtifactRecord
  | EmbeddingRecord;

export type StageInput = InputOf<'stage'>;
export type BoundaryInput = InputOf<'boundary'>;
export type ScoreInput = InputOf<'score'>;
export type FeedbackInput = InputOf<'feedback'>;
export type DeploymentInput = InputOf<'deployment'>;
export type FramesInput = InputOf<'frames'>;
export type QueueInput = InputOf<'queue'>;
export type ModelLoadInput = InputOf<'model_load'>;
export type CacheInput = InputOf<'cache'>;
export type IoInput = InputOf<'io'>;
export type GpuInput = InputOf<'gpu'>;
export type ArtifactInput = InputOf<'artifact'>;
export type EmbeddingInput = InputOf<'embedding'>;
export type RecordInput =
  | StageInput
  | BoundaryInput
  | ScoreInput
  | FeedbackInput
  | DeploymentInput
  | FramesInput
  | QueueInput
  | ModelLoadInput
  | CacheInput
  | IoInput
  | GpuInput
  | ArtifactInput
  | EmbeddingInput;
