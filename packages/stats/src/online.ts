/**
 * False discovery rate over a stream of tests that never ends: each test gets its level from what was found before.
 * State is a plain value, so that it can be stored between days. Independent (or day by day independent) p-values.
 */
export interface OnlineState {
  /** Tests so far; in SAFFRON and ADDIS the candidates and discards since each discovery follow from `history`. */
  readonly tests: number;
  /** 1-based numbers of the tests that were discoveries, oldest first. */
  readonly discoveries: readonly number[];
  /** Numbers of candidates (p ≤ λ) and of discarded tests (p > τ), as running totals at each discovery. */
  readonly marks: readonly { readonly candidates: number; readonly discarded: number }[];
  readonly candidates: number;
  readonly discarded: number;
}

export const ONLINE_START: OnlineState = {
  tests: 0,
  discoveries: [],
  marks: [],
  candidates: 0,
  discarded: 0,
};

export interface OnlineRule {
  readonly method: 'lord' | 'saffron' | 'addis';
  /** Bound on the false discovery rate, 0 to 1. */
  readonly alpha: number;
}

export interface OnlineStep {
  /** Level at which this test was held. */
  readonly level: number;
  readonly isDiscovery: boolean;
  readonly state: OnlineState;
}

/** Share of the wealth that is there at the start. */
const START_SHARE = 0.5;
/** Candidates of SAFFRON; of ADDIS as a share of τ. */
const LAMBDA = { lord: 1, saffron: 0.5, addis: 0.25 } as const;
/** p-values above are discarded by ADDIS: they are conservative nulls. */
const TAU = { lord: 1, saffron: 1, addis: 0.5 } as const;
/** Discoveries older than this have no weight left worth counting; the state stays small. */
const DISCOVERIES_MOST = 1_000;

/**
 * One test. LORD++: Ramdas, Yang, Wainwright & Jordan 2017 (NeurIPS 30). SAFFRON: Ramdas, Zrnic, Wainwright & Jordan
 * 2018 (ICML). ADDIS: Tian & Ramdas 2019 (NeurIPS 32). The sequences γ are those of Robertson et al. 2019 (onlineFDR).
 */
export function onlineTest(state: OnlineState, p: number, rule: OnlineRule): OnlineStep {
  const level = onlineLevel(state, rule);
  const isDiscovery = p <= level;
  return { level, isDiscovery, state: onlineRecord(state, p, isDiscovery, rule) };
}

/**
 * Level of the next test. `pending`: tests before it whose outcome may not be used, because their data overlap with
 * its own; they count as neither candidates nor discarded nor discoveries, which can only lower the level (Zrnic,
 * Ramdas & Jordan 2021, JMLR 22:33, local dependence).
 */
export const onlineLevel = (state: OnlineState, { method, alpha }: OnlineRule, pending = 0): number =>
  levelOf({ ...state, tests: state.tests + pending }, method, alpha);

/**
 * What of the bound α a test used up that was held at `level`: the sum over tests is what the procedures keep below
 * α × max(1, discoveries). Conservative nulls (ADDIS) and candidates cost nothing.
 */
export function onlineCost(p: number, level: number, { method }: OnlineRule): number {
  if (method === 'lord') return level;
  return p > LAMBDA[method] && p <= TAU[method] ? level / (TAU[method] - LAMBDA[method]) : 0;
}

/** The state after a test. What is no discovery may still have p below its level: only fewer are made then. */
export function onlineRecord(
  state: OnlineState,
  p: number,
  isDiscovery: boolean,
  { method }: OnlineRule,
): OnlineState {
  const tests = state.tests + 1;
  const discarded = state.discarded + (p > TAU[method] ? 1 : 0);
  const candidates = state.candidates + (method !== 'lord' && p <= LAMBDA[method] ? 1 : 0);
  return {
    tests,
    discarded,
    candidates,
    discoveries: isDiscovery ? [...state.discoveries, tests].slice(-DISCOVERIES_MOST) : state.discoveries,
    marks: isDiscovery ? [...state.marks, { candidates, discarded }].slice(-DISCOVERIES_MOST) : state.marks,
  };
}

function levelOf(state: OnlineState, method: OnlineRule['method'], alpha: number): number {
  const gamma = method === 'lord' ? gammaLord : gammaSaffron;
  const start = START_SHARE * alpha;
  if (method === 'lord') {
    const t = state.tests + 1;
    let level = gamma(t) * start;
    for (const [index, at] of state.discoveries.entries()) {
      level += gamma(t - at) * (index === 0 ? alpha - start : alpha);
    }
    return level;
  }
  const lambda = LAMBDA[method];
  const tau = TAU[method];
  // Time is counted in tests that were neither candidates nor discarded.
  const idle = (from: { tests: number; candidates: number; discarded: number }): number =>
    state.tests - from.tests - (state.candidates - from.candidates) - (state.discarded - from.discarded);
  let wealth = start * gamma(idle({ tests: 0, candidates: 0, discarded: 0 }) + 1);
  for (const [index, at] of state.discoveries.entries()) {
    const mark = state.marks[index]!;
    wealth += (index === 0 ? alpha - start : alpha) * gamma(idle({ tests: at, ...mark }) + 1);
  }
  return Math.min(lambda, (tau - lambda) * wealth);
}

/** γ_j ∝ ln(max(j, 2)) / (j e^√ln j), Javanmard & Montanari 2018; normed to 1 over all j. */
const gammaLord = (j: number): number =>
  (0.07720838 * Math.log(Math.max(j, 2))) / (j * Math.exp(Math.sqrt(Math.log(j))));

/** γ_j ∝ j^−1.6, normed by ζ(1.6). */
const gammaSaffron = (j: number): number => 0.4374901658 / j ** 1.6;
