export { type Axis, axisOf, Binned } from './binned.ts';
export { quantileEdges } from './bins.ts';
export { type BootstrapOptions, blockBootstrap, poissonBootstrap } from './bootstrap.ts';
export { type ChangePoint, cusum, type DetectorOptions, deseasonalise, pageHinkley } from './change-point.ts';
export { BUCKETS_LEAST, type Bucket, clusterTest, designEffectOf } from './clusters.ts';
export { benjaminiHochberg, combineCauchy, holm } from './combine.ts';
export { type CategorySample, compareCategories } from './compare-categories.ts';
export {
  compareDocuments,
  type DocumentEvidence,
  type DocumentSide,
  type DocumentsQuestion,
} from './compare-documents.ts';
export { compareNumbers, type NumberSample } from './compare-numbers.ts';
export {
  compareTokens,
  explainTokens,
  type TokenBucket,
  type TokenEvidence,
  type TokenSample,
} from './compare-tokens.ts';
export { type Compat, type CompatFigures, compatCategories, compatNumbers } from './compat.ts';
export {
  bootstrapDifference,
  type Difference,
  type DifferenceOptions,
  differenceOfQuantiles,
  differenceOfRatios,
  differenceOfShares,
  wilson,
} from './difference.ts';
export {
  chi2Cdf,
  chi2Upper,
  chi2UpperQuantile,
  noncentralChi2,
  normalCdf,
  normalUpper,
  normalUpperQuantile,
} from './distributions.ts';
export {
  chiSquare,
  hellinger,
  jensenShannon,
  kullbackLeibler,
  lInfinity,
  psi,
  totalVariation,
} from './divergence.ts';
export {
  type CentroidDrift,
  centroidDrift,
  centroidOf,
  euclidean,
  UNITS_LEAST,
  type Vectors,
} from './embedding.ts';
export { type Centroid, centroidFrom, REFERENCES_LEAST, styleDistance } from './embedding-distance.ts';
export { type Discrepancy, discrepancy } from './embedding-mmd.ts';
export {
  ALPHA,
  type CompareOptions,
  type Component,
  type ComponentName,
  type Evidence,
  LEAST_EFFECT,
} from './evidence.ts';
export { type Contributor, type Explanation, explainCategories, explainNumbers } from './explain.ts';
export {
  countRepeats,
  countSkipped,
  countStalls,
  droppedRatio,
  fpsDeviation,
  fpsMetBy,
  fpsOf,
  framesBySecond,
  type Intervals,
  interpolatedFrames,
  intervalFigures,
  intervalsOf,
  nearestRank,
  type Repeats,
  shareAtLeast,
  slowestShareFps,
  stallAfterMs,
} from './fps.ts';
export { binOf, type Counts, type Grid, quantileOf, valueOfBin } from './grid.ts';
export {
  addHistograms,
  EMPTY_HISTOGRAM,
  type Histogram,
  histogramOfBins,
  histogramOfValues,
  histogramQuantile,
  pair,
  sizeOf,
} from './histogram.ts';
export { HOURS_OF_WEEK, hourOfWeek, MATCH_LEAST, matchHours } from './match-hours.ts';
export {
  ONLINE_START,
  type OnlineRule,
  type OnlineState,
  type OnlineStep,
  onlineCost,
  onlineLevel,
  onlineRecord,
  onlineTest,
} from './online.ts';
export { debiasedPsi, observationsNeeded, powerOf, psiAtMost } from './psi-test.ts';
export { type Random, seededRandom } from './random.ts';
export { hodgesLehmann, kolmogorovSmirnov, mannWhitney, wasserstein } from './rank.ts';
export {
  compareCategoryStrata,
  compareNumberStrata,
  type StrataEvidence,
  type StrataOptions,
  type Stratum,
} from './strata.ts';
export {
  type Judgement,
  type JudgeOptions,
  judge,
  judgeOne,
  type Reason,
  type Verdict,
} from './verdict.ts';
