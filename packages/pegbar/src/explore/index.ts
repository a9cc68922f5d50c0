/** Answers questions about what is stored: requests, traces, logs, figures. Always within a tenant scope. */

export {
  type Candidate,
  causesOf,
  type Deployed,
  type Exposure,
  likelyOf,
  SCORE_LEAST,
  type Told,
  touches,
} from './causes.ts';
export { listDeployments, readDeployed } from './deployments.ts';
export type { Asking, ExploreDeps } from './deps.ts';
export { listExamples } from './examples.ts';
export { ATTRIBUTES_MOST, DEPTH_MOST, type ExplainQuestion, explain } from './explain.ts';
export { createExporter, EXPORT_FORMATS, type Exporter, type ExportFormat } from './export.ts';
export { FACET_VALUES_MOST, readFacets } from './facets.ts';
export { type ExploreError, fromStore, refused } from './failure.ts';
export { readFailures } from './failures.ts';
export { type Condition, matchesText, parseFilters } from './filter.ts';
export { findAnything } from './find.ts';
export { FINDINGS_MOST, readComparison, readFindings } from './find-changes.ts';
export { type FlowQuestion, flowFigures, readFlow } from './flow.ts';
export { type GalleryQuestion, readGallery } from './gallery.ts';
export { type FoundPicture, findImage, findPicture, listImages } from './images.ts';
export { keptFirst, type Shown } from './kept-first.ts';
export { type KpiAnswer, type KpiDeps, type KpiQuestion, readKpis, readTogether } from './kpis.ts';
export { type Latencies, readLatencies } from './latencies.ts';
export { listLogs, tailLogs } from './logs.ts';
export { longerUntil, sinceOf } from './longer.ts';
export { readObjectives } from './objectives.ts';
export { findOutline, findSpan } from './outline.ts';
export { REACTED, SCORED } from './picture-filters.ts';
export { type PictureSet, pictureSet, sampledPictures } from './picture-set.ts';
export { readLimit, readRange, readTime, type TimeRange } from './range.ts';
export { LOOK_BACK_MS, readBout, readRelease } from './release.ts';
export { PAIRS_MOST, readPairs } from './release-pairs.ts';
export { RELEASES_MOST, readReleases } from './releases.ts';
export { findRequest, listRequests } from './requests.ts';
export { findSequence } from './sequences.ts';
export { listSeries } from './series.ts';
export { findTrace } from './spans.ts';
