/** A studio that exists only here: demo, tests and benchmarks all play it. */
export {
  type Album,
  type AlbumLimits,
  type AlbumPicture,
  artifactOf,
  createAlbum,
  specOf,
} from './album.ts';
export { type Clip, type ClipSpec, type Exposure, exposuresOf, renderClip } from './clip.ts';
export { collectionsOf, declaredOf, optOutsOf } from './declared.ts';
export { type LiveOptions, live } from './live.ts';
export { otlpLogs, otlpSpans } from './otlp.ts';
export { renderPicture } from './picture.ts';
export { type PictureSpec, parsePictureUri, pictureUri } from './picture-spec.ts';
export type { EventRecord, OtlpLog, OtlpSpan, SimulatedRecord, StageRecord } from './records.ts';
export { type BundledScenario, bundledScenarioText, loadScenario, type ScenarioError } from './scenario.ts';
export type { Incident, Scenario } from './schema.ts';
export { simulate } from './simulate.ts';
export { requestSpans as simulateSpans } from './spans.ts';
export type { SimulationOptions } from './studio.ts';
export { type Expected, type Planted, type Truth, truthOf } from './truth.ts';
