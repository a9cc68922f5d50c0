/** The HTTP API as hooks. */
export {
  type ExplainQuestion,
  explain,
  type Facet,
  type FacetSubject,
  type Facets,
  type Found,
  useFacets,
  useFind,
} from './analysis.ts';
export { ApiError, addressOf, get, type Params, pictureAddress, send, thumbnailAddress } from './client.ts';
export { type Example, type Sequence, useExamples, useSequence } from './examples.ts';
export {
  type Change,
  type Finding,
  type Findings,
  type ObjectiveState,
  type Objectives,
  type Segment,
  useFindings,
  useObjectives,
} from './findings.ts';
export {
  type FlowQuestion,
  type KpiQuestion,
  type KpiResult,
  type KpiSeries,
  type KpiTable,
  seriesOf,
  totalOf,
  useFlow,
  useKpis,
  valuesOf,
} from './kpis.ts';
export {
  type Gallery,
  type PictureGroup,
  type Reaction,
  react,
  type ScoreBins,
  useGallery,
  usePictures,
  useSamePromptAndSeed,
} from './pictures.ts';
export {
  createQueryClient,
  type ListOptions,
  useDeployments,
  useImage,
  useImages,
  useLogs,
  useMay,
  useMe,
  useNewest,
  useRequest,
  useRequests,
  useStatus,
  useTrace,
} from './queries.ts';
export {
  type Baseline as UsualTimes,
  type SpanDetail,
  type TraceOutline,
  type Usual,
  useBaseline,
  useOutline,
  useRequestOf,
  useSpan,
} from './traces.ts';
export type {
  DeploymentRow,
  ImageDetail,
  ImageRow,
  KpiAnswer,
  LogRow,
  Me,
  Page,
  QueryAnswer,
  RequestDetail,
  RequestRow,
  ScoreRow,
  SpanRow,
  StageRow,
  Status,
  Trace,
} from './types.ts';
