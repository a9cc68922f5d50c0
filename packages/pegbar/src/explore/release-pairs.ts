/**
 * Pictures of two versions that differ by the version alone: equal prompt hash, seed and size. Where there are none, the
 * pictures whose prompts are nearest.
 */
import { ok, type Result } from '../base/result.ts';
import { mergedRows } from '../store/index.ts';
import type { Asking, ExploreDeps } from './deps.ts';
import { type ExploreError, fromStore } from './failure.ts';
import { signalOf } from './page.ts';
import { PICTURE_SCORES, SCORED } from './picture-filters.ts';
import { SINCE } from './queries.ts';

export interface PairsQuestion {
  version: string;
  against: string;
  from_ms: number;
  to_ms: number;
  limit: number;
}

export const PAIRS_MOST = 200;
/** Pictures of both versions that are looked through; of more a share of seeds is taken, whose pairs stay together. */
const PICTURES_MOST = 2_000_000;
/** Pictures of each version whose prompts are compared where no pair is equal. */
const PROMPTS_MOST = 300;
const NEAREST_MOST = 8;
/** Prompts that share less than this of their words are not near. */
const NEAR_LEAST = 0.2;
const WORDS_MOST = 200;

interface Side {
  image_id: string;
  request_id: string;
  timestamp: string;
  width: number;
  height: number;
  nsfw_flag: boolean;
  scores: Record<string, number>;
}
interface Pair {
  tenant: string;
  seed: string;
  width: number;
  height: number;
  prompt: string | null;
  now: Side;
  before: Side;
}

type Told = [at: string, image_id: string, request_id: string, nsfw: number];
interface PairRow {
  tenant: string;
  seed: string;
  width: number;
  height: number;
  mine: Told;
  theirs: Told;
}

const VERSIONS = 't.model_version IN {versions:Array(String)}';
const IN_TIME =
  'timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND timestamp < fromUnixTimestamp64Milli({to:Int64})';
const BY_SEED = 'cityHash64(seed) % {one_in:UInt32} = 0';
/** Pictures carry no prompt; their requests know its hash. Frames of a clip are many of one prompt: the first stands for it. */
const PICTURES = `
SELECT p.tenant AS tenant, p.image_id AS image_id, p.request_id AS request_id, p.model_version AS model_version, p.seed AS seed,
  p.width AS width, p.height AS height, p.nsfw AS nsfw, toString(p.timestamp) AS at, if(p.prompt_hash != 0, p.prompt_hash, r.prompt_hash) AS prompt_hash
FROM (SELECT * FROM ${mergedRows('images', `WHERE {tenant_filter:t} AND t.${SINCE} AND (t.tenant, t.image_id) IN (SELECT tenant, image_id FROM images AS t WHERE {tenant_filter:t} AND t.${SINCE} AND ${VERSIONS})`)}
  WHERE model_version IN {versions:Array(String)} AND seed != 0 AND ${BY_SEED} AND ${IN_TIME}) AS p
LEFT JOIN (SELECT tenant, request_id, max(prompt_hash) AS prompt_hash FROM requests AS t
  WHERE {tenant_filter:t} AND t.${SINCE} GROUP BY tenant, request_id HAVING prompt_hash != 0) AS r
  ON r.tenant = p.tenant AND r.request_id = p.request_id`;

const EQUAL_PAIRS = `
SELECT tenant, toString(seed) AS seed, width, height,
  argMinIf((at, image_id, request_id, nsfw), (at, image_id), model_version = {version:String}) AS mine,
  argMinIf((at, image_id, request_id, nsfw), (at, image_id), model_version = {against:String}) AS theirs
FROM (${PICTURES}) WHERE prompt_hash != 0
GROUP BY tenant, prompt_hash, seed, width, height
HAVING countIf(model_version = {version:String}) > 0 AND countIf(model_version = {against:String}) > 0
ORDER BY mine.1 DESC LIMIT {limit:UInt32}`;

const COUNT = `SELECT count() AS n FROM images AS t WHERE {tenant_filter:t} AND t.${SINCE} AND ${VERSIONS}`;
const SCORES = `SELECT tenant, image_id, name, avg(v) AS v FROM ${SCORED} WHERE image_id IN {ids:Array(String)} GROUP BY tenant, image_id, name`;
const TIMED =
  't.timestamp >= fromUnixTimestamp64Milli({from:Int64}) - toIntervalHour(1) AND t.timestamp < fromUnixTimestamp64Milli({to:Int64})';
const PROMPTS = `SELECT tenant, request_id, any(t.prompt) AS prompt FROM spans AS t
WHERE {tenant_filter:t} AND ${TIMED} AND t.request_id IN {requests:Array(String)} AND t.prompt != '' GROUP BY tenant, request_id`;
const NEWEST = `
SELECT tenant, image_id, request_id, model_version, toString(seed) AS seed, width, height, nsfw::UInt8 AS nsfw, toString(timestamp) AS at
FROM ${mergedRows('images', `WHERE {tenant_filter:t} AND t.${SINCE} AND (t.tenant, t.image_id) IN (SELECT tenant, image_id FROM images AS t WHERE {tenant_filter:t} AND t.${SINCE} AND ${VERSIONS})`)}
WHERE model_version IN {versions:Array(String)} AND request_id != '' AND ${IN_TIME}
ORDER BY timestamp DESC LIMIT {limit:UInt32} BY model_version`;

export async function readPairs(
  deps: ExploreDeps,
  asking: Asking,
  question: PairsQuestion,
): Promise<Result<Record<string, unknown>, ExploreError>> {
  const { version, against, from_ms, to_ms, limit } = question;
  const base = { from: from_ms, to: to_ms, versions: [version, against] };
  const scoped = deps.store.scoped(asking.scope);
  const rows = async <T>(
    sql: string,
    params: Record<string, unknown>,
  ): Promise<Result<T[], ExploreError>> => {
    const found = await scoped.rows<T>(sql, { params: { ...base, ...params }, ...signalOf(asking) });
    return found.ok ? ok(found.value) : fromStore(found.error);
  };
  const counted = await rows<{ n: string }>(COUNT, {});
  if (!counted.ok) return counted;
  const one_in = Math.max(1, Math.ceil(Number(counted.value[0]?.n ?? 0) / PICTURES_MOST));
  const found = await rows<PairRow>(EQUAL_PAIRS, { version, against, one_in, limit });
  if (!found.ok) return found;
  const [scores, prompts] = await Promise.all([
    rows<ScoreRow>(SCORES, { ids: found.value.flatMap(({ mine, theirs }) => [mine[1], theirs[1]]) }),
    rows<PromptRow>(PROMPTS, { requests: found.value.map(({ mine }) => mine[2]) }),
  ]);
  if (!scores.ok) return scores;
  if (!prompts.ok) return prompts;
  const pairs = mostChanged(toldPairs(found.value, scores.value, prompts.value));
  const sampled = one_in > 1 ? { one_in } : {};
  if (pairs.length > 0) return ok({ version, against, pairs, nearest: [], ...sampled });
  const newest = await rows<NewestRow>(NEWEST, { limit: PROMPTS_MOST });
  if (!newest.ok) return newest;
  const texts = await rows<PromptRow>(PROMPTS, {
    requests: [...new Set(newest.value.map((one) => one.request_id))],
  });
  if (!texts.ok) return texts;
  return ok({ version, against, pairs, nearest: nearestOf(newest.value, texts.value, version), ...sampled });
}

interface ScoreRow {
  tenant: string;
  image_id: string;
  name: string;
  v: number;
}
interface PromptRow {
  tenant: string;
  request_id: string;
  prompt: string;
}
interface NewestRow {
  tenant: string;
  image_id: string;
  request_id: string;
  model_version: string;
  seed: string;
  width: number;
  height: number;
  nsfw: number;
  at: string;
}

const iso = (text: string): string => `${text.slice(0, 23).replace(' ', 'T')}Z`;

function toldPairs(
  rows: readonly PairRow[],
  scores: readonly ScoreRow[],
  prompts: readonly PromptRow[],
): Pair[] {
  const byImage = new Map<string, Record<string, number>>();
  const known: ReadonlySet<string> = new Set(PICTURE_SCORES);
  for (const { tenant, image_id, name, v } of scores) {
    if (!known.has(name)) continue;
    const place = `${tenant}\n${image_id}`;
    byImage.set(place, { ...byImage.get(place), [name]: Number(v) });
  }
  const byRequest = new Map<string, string>(
    prompts.map((one) => [`${one.tenant}\n${one.request_id}`, one.prompt]),
  );
  return rows.map(({ tenant, seed, width, height, mine, theirs }) => {
    const side = ([at, image_id, request_id, nsfw]: Told): Side => ({
      image_id,
      request_id,
      timestamp: iso(at),
      width,
      height,
      nsfw_flag: Number(nsfw) === 2,
      scores: byImage.get(`${tenant}\n${image_id}`) ?? {},
    });
    const prompt = byRequest.get(`${tenant}\n${mine[2]}`) ?? null;
    return { tenant, seed, width, height, prompt, now: side(mine), before: side(theirs) };
  });
}

/** By the change of the style distance, then of the aesthetic score; pairs that nobody scored stay in their order. */
function mostChanged(pairs: readonly Pair[]): Pair[] {
  const change = ({ now, before }: Pair): number => {
    const of = (name: string): number | undefined => {
      const [a, b] = [now.scores[name], before.scores[name]];
      return a === undefined || b === undefined ? undefined : a - b;
    };
    return of('style_distance') ?? -(of('aesthetic') ?? Number.POSITIVE_INFINITY);
  };
  return [...pairs].sort((a, b) => change(b) - change(a) || 0);
}

/** Of both versions the pictures whose prompts share most of their words, each picture once. */
export function nearestOf(
  rows: readonly NewestRow[],
  prompts: readonly PromptRow[],
  version: string,
): Record<string, unknown>[] {
  const texts = new Map<string, string>(
    prompts.map((one) => [`${one.tenant}\n${one.request_id}`, one.prompt]),
  );
  const seen = new Set<string>();
  const worded = rows.flatMap((row) => {
    const key = `${row.tenant}\n${row.request_id}`;
    const prompt = texts.get(key);
    if (prompt === undefined || seen.has(key)) return [];
    seen.add(key);
    return [{ row, prompt, words: wordsOf(prompt) }];
  });
  const mine = worded.filter(({ row }) => row.model_version === version);
  const theirs = worded.filter(({ row }) => row.model_version !== version);
  const matches = mine
    .flatMap((one) => {
      let best: { other: (typeof theirs)[number]; share: number } | null = null;
      for (const other of theirs) {
        if (other.row.tenant !== one.row.tenant) continue;
        const share = shared(one.words, other.words);
        if (share >= NEAR_LEAST && share > (best?.share ?? 0)) best = { other, share };
      }
      return best ? [{ one, ...best }] : [];
    })
    .sort((a, b) => b.share - a.share);
  const taken = new Set<unknown>();
  const out: Record<string, unknown>[] = [];
  for (const { one, other, share } of matches) {
    if (out.length >= NEAREST_MOST) break;
    if (taken.has(other)) continue;
    taken.add(other);
    const side = ({ row, prompt }: typeof one) => ({
      image_id: row.image_id,
      request_id: row.request_id,
      timestamp: iso(row.at),
      prompt,
      seed: row.seed,
      width: row.width,
      height: row.height,
      nsfw_flag: Number(row.nsfw) === 2,
      scores: {},
    });
    out.push({
      tenant: one.row.tenant,
      alike: Math.round(share * 1000) / 1000,
      now: side(one),
      before: side(other),
    });
  }
  return out;
}

const wordsOf = (prompt: string): Set<string> =>
  new Set(
    prompt
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.slice(0, WORDS_MOST) ?? [],
  );

/** Words of both out of words of either (Jaccard). */
function shared(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let both = 0;
  for (const word of a) if (b.has(word)) both++;
  const either = a.size + b.size - both;
  return either === 0 ? 0 : both / either;
}
