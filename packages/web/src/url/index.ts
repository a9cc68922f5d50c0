/** The state of a page in its address. */
export {
  type Baseline,
  baselineOf,
  COMPARE_CHOICES,
  type Compare,
  compareWords,
  readCompare,
  thanWords,
} from './compare.ts';
export {
  type Context,
  type ContextDefaults,
  contextOnly,
  type Filter,
  filterParts,
  readContext,
  searchText,
  writeContext,
} from './context.ts';
export { chosenOf, fieldWords, replaced, toggled, valueWords } from './filters.ts';
export {
  aligned,
  CLOCK_STEPS,
  DAY,
  HOUR,
  instantOf,
  isRelative,
  lastOf,
  MINUTE,
  type Range,
  readRange,
  SECOND,
  stepAtLeast,
  stepOf,
  type Window,
  windowOf,
} from './range.ts';
export {
  contextHere,
  href,
  inSteps,
  isZoomed,
  PageDefaults,
  refreshNow,
  useContextState,
  useGo,
  useLiveClock,
  useNow,
  useParameter,
  useParameters,
  useWindow,
  type WindowState,
} from './use-url.ts';
