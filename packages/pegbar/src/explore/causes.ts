/**
 * Which release or change most likely did it: one engine for every change that Pegbar finds. Three things speak for a
 * cause: it touches what changed, it came when the change began, and those who did not get it did not change (Card &
 * Krueger 1994, difference in differences). Who asks knows the rows, and says what they did. Pure.
 */

export interface Deployed {
  readonly id: string;
  readonly at_ms: number;
  readonly kind: string;
  readonly status: string;
  readonly tenant: string;
  readonly version?: string;
  readonly previous?: string;
  readonly region?: string;
  readonly workload?: string;
  readonly model_version?: string;
  readonly note?: string;
  readonly detected: boolean;
}

/** What a deployment can be limited to. */
export const EXPOSURES = ['tenant', 'region', 'workload', 'model_version'] as const;
export type Exposure = (typeof EXPOSURES)[number];
/** By dimension who got it; a dimension that is not there does not limit it. */
export type Exposed = ReadonlyMap<Exposure, ReadonlySet<string>>;

/** Those who got it against those who did not, each after it less before it, in one unit. */
export interface Difference {
  readonly on: number;
  readonly off: number;
  /** Standard error of `on - off`; null where the caller is sure of the change by other means. */
  readonly error: number | null;
}

/** `everyone` got it, `nobody` of the segment did; undefined where the rows do not tell. */
export type Told = Difference | 'everyone' | 'nobody' | undefined;

export interface Candidate {
  readonly deployment: Deployed;
  /** Hours from the deployment to the change; negative where the change was dated before it. */
  readonly lag_h: number;
  /** The dimension that speaks against it most; null where nobody is known to be without it. */
  readonly did: { readonly on: number; readonly off: number; readonly share: number } | null;
  /** 0 to 1: how well it explains the change. */
  readonly score: number;
}

export interface CauseQuestion {
  readonly segment: Readonly<Record<string, string>>;
  /** When it began: a moment, or a stretch of which nothing is known. */
  readonly changed: { readonly from_ms: number; readonly to_ms: number };
  /** How far before and after that a cause may lie: a dating is only so good. */
  readonly reach: { readonly before_ms: number; readonly after_ms: number };
  readonly deployed: readonly Deployed[];
  /** How far the segment moved, in the unit of the differences; undefined where that is not known. */
  readonly moved?: number | undefined;
  /**
   * What those on it and those not on it did, told apart by one dimension, within the segment where that leaves both.
   * `also` got it too and are on neither side: what they did says nothing of those without it.
   */
  differenceBy(
    dimension: Exposure,
    values: ReadonlySet<string>,
    at_ms: number,
    also: ReadonlySet<string>,
  ): Told;
}

/** Below it "none likely" is said. */
export const SCORE_LEAST = 0.5;
/** A change that those without the release share to this part is not the release's. */
const OWN_SHARE = 0.5;
/** Standard errors by which those on it must have moved farther than the others. */
const SURE = 2;
/** Nearness in time alone is worth this much. */
const TIMING_ONLY = 0.7;
/** What only part of the segment got, where nobody can say how that part moved; what others got too and did not mind. */
const UNSUPPORTED = 0.4;
const HOUR_MS = 3_600_000;
const NOBODY: ReadonlySet<string> = new Set();

/** All that could have, the likeliest first. */
export function causesOf(question: CauseQuestion): Candidate[] {
  const { segment, changed, reach, deployed } = question;
  const near = deployed.filter(
    (one) =>
      one.status === 'start' &&
      one.at_ms >= changed.from_ms - reach.before_ms &&
      one.at_ms < changed.to_ms + reach.after_ms,
  );
  return together(near, segment)
    .map((group) => judged(group, question))
    .sort(
      (a, b) =>
        b.score - a.score ||
        ownOf(b.deployment, segment) - ownOf(a.deployment, segment) ||
        Math.abs(a.lag_h) - Math.abs(b.lag_h) ||
        Math.abs(a.deployment.at_ms - changed.to_ms) - Math.abs(b.deployment.at_ms - changed.to_ms),
    );
}

/** The likeliest where it is likely enough; null is "none likely". */
export const likelyOf = (candidates: readonly Candidate[]): Candidate | null =>
  candidates[0] && candidates[0].score >= SCORE_LEAST ? candidates[0] : null;

/** A model serves under its version; other deployments name what they brought. */
const limitOf = (deployed: Deployed, dimension: Exposure): string | undefined => {
  if (dimension === 'model_version')
    return deployed.model_version ?? (deployed.kind === 'model' ? deployed.version : undefined);
  return deployed[dimension] === '' ? undefined : deployed[dimension];
};

/** No dimension tells the rows that got it and the segment apart. */
export function touches(deployed: Deployed, segment: Readonly<Record<string, string>>): boolean {
  return EXPOSURES.every((dimension) => {
    const value = limitOf(deployed, dimension);
    return value === undefined || segment[dimension] === undefined || segment[dimension] === value;
  });
}

/** Dimensions in which it is for just this segment: that explains more than what is for all. */
const ownOf = (deployed: Deployed, segment: Readonly<Record<string, string>>): number =>
  EXPOSURES.filter((name) => segment[name] !== undefined && limitOf(deployed, name) === segment[name]).length;

interface Group {
  readonly deployment: Deployed;
  readonly exposed: Exposed;
  besides(dimension: Exposure): ReadonlySet<string>;
}

/**
 * What several tenants or regions tell of one change is one change, of which those that touch the segment tell what got
 * it; the earliest of them stands for it. Who got it beside the segment is known from the others.
 */
function together(deployed: readonly Deployed[], segment: Readonly<Record<string, string>>): Group[] {
  const groups = new Map<string, Deployed[]>();
  for (const one of [...deployed].sort((a, b) => a.at_ms - b.at_ms)) {
    const key = `${one.kind}\n${one.version ?? one.id}`;
    const known = groups.get(key);
    if (known) known.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()].flatMap((all) => {
    const members = all.filter((one) => touches(one, segment));
    const [first] = members;
    if (!first) return [];
    const exposed = new Map<Exposure, Set<string>>();
    for (const dimension of EXPOSURES) {
      const values = members.map((one) => limitOf(one, dimension));
      // One of them is for all: so is the change.
      if (values.includes(undefined)) continue;
      exposed.set(dimension, new Set(values as string[]));
    }
    return [{ deployment: first, exposed, besides: (dimension) => besides(all, segment, dimension) }];
  });
}

/** Other values of a dimension that the segment names that got it too; elsewhere in it the segment's own rows do. */
function besides(
  members: readonly Deployed[],
  segment: Readonly<Record<string, string>>,
  dimension: Exposure,
): ReadonlySet<string> {
  const { [dimension]: own, ...rest } = segment;
  if (own === undefined) return NOBODY;
  const values = members.flatMap((one) => (touches(one, rest) ? [limitOf(one, dimension)] : []));
  return new Set(values.filter((value) => value !== undefined && value !== own) as string[]);
}

function judged({ deployment, exposed, besides }: Group, question: CauseQuestion): Candidate {
  const { changed, reach, segment } = question;
  const lag_h = lagOf(deployment.at_ms, changed) / HOUR_MS;
  // An hour either way is the grain of the dating.
  const away = Math.max(0, Math.abs(lag_h) - 1) * HOUR_MS;
  const close = Math.max(0, 1 - away / Math.max(1, lag_h < 0 ? reach.after_ms : reach.before_ms));
  const found = [...exposed].map(([dimension, values]) => ({
    isPart: dimension !== 'model_version' && segment[dimension] === undefined,
    told: question.differenceBy(dimension, values, deployment.at_ms, besides(dimension)),
  }));
  const known = found
    .flatMap(({ told }) => (typeof told === 'object' ? [{ ...told, share: shareOf(told, question) }] : []))
    .sort((a, b) => a.share - b.share);
  const [worst] = known;
  const did = worst ? { on: worst.on, off: worst.off, share: worst.share } : null;
  return { deployment, lag_h, did, score: close * supportOf() };

  function supportOf(): number {
    if (known.some(isRefuted) || found.some(({ told }) => told === 'nobody')) return 0;
    if (worst && worst.share < OWN_SHARE) return UNSUPPORTED;
    if (known.some(({ on, off, error }) => error !== null && Math.abs(on - off) < SURE * error))
      return UNSUPPORTED;
    if (found.some(({ isPart, told }) => isPart && told === undefined)) return UNSUPPORTED;
    if (worst) return Math.min(1, worst.share);
    const isForAll = found.every(({ told }) => told === 'everyone');
    return isForAll && othersDidNotMind() ? UNSUPPORTED : TIMING_ONLY;
  }

  /** It was for more than the segment, and there nothing happened: everybody else got it. */
  function othersDidNotMind(): boolean {
    return EXPOSURES.some((dimension) => {
      const value = segment[dimension];
      if (value === undefined || (exposed.has(dimension) && besides(dimension).size === 0)) return false;
      const told = question.differenceBy(dimension, new Set([value]), deployment.at_ms, NOBODY);
      return typeof told === 'object' && shareOf(told, question) >= OWN_SHARE;
    });
  }
}

const lagOf = (at_ms: number, { from_ms, to_ms }: CauseQuestion['changed']): number => {
  if (at_ms < from_ms) return from_ms - at_ms;
  return at_ms >= to_ms ? to_ms - at_ms : 0;
};

/** The others changed half as much or more, and that is sure: of a few of them it is not. */
const isRefuted = ({ on, off, error, share }: Difference & { share: number }): boolean =>
  share < OWN_SHARE && (error === null || Math.abs(off - OWN_SHARE * on) >= SURE * error);

/** The part of the change of those on it that the others did not see; at most 1, 0 where they went the other way. */
const shareOf = ({ on, off }: Difference, { moved = on }: CauseQuestion): number =>
  on * moved > 0 ? Math.min(1, (on - off) / on) : 0;
