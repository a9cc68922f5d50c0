import { tableOf } from '@pegbar/contract';
import { binOf, wordsOf } from '../features/index.ts';
import { BlockBuilder } from '../native/index.ts';
import { type Store, StoreFailure, TOTAL_TENANT } from '../store/index.ts';
import { done } from './swap.ts';

/** Days back that are looked at for one that was not counted yet. */
const DAYS_BACK = 35;
/** Days counted in one go between two rounds of the rollups. */
const DAYS_PER_STEP = 1;
/** Prompts of a tenant and day that are read; beyond it a share by the hash of the request, counted as it is. */
const PROMPTS_LIMIT = 200_000;
const LOOK_EVERY_MS = 10 * 60_000;
/** Stands for all prompts of the day: its counts are the denominators. */
const ALL_PROMPTS = 0xffff;

interface Prompt {
  model_version: string;
  session: string;
  prompt: string;
  bins: number[];
}

interface Bin {
  prompts: number;
  sessions: Map<string, number>;
  names: Map<string, number>;
}

/**
 * Document frequencies of prompt tokens per tenant, model and day. Prompts of one session are no independent
 * draws, so beside the prompts of a bin stand the sessions and the sums of squares and products that a test
 * clustered by session needs (Rao and Scott 1981; drift reads them).
 */
export function createTokenCounts(store: Store): { catchUp(now_ms: number): Promise<void> } {
  let looked_ms = Number.NEGATIVE_INFINITY;
  return {
    /** Counts a day that is over and was not counted yet. */
    async catchUp(now_ms) {
      if (now_ms - looked_ms < LOOK_EVERY_MS) return;
      const days = await store.rows<{ tenant: string; day: string }>(
        `SELECT DISTINCT tenant, toString(toDate(t)) AS day FROM roll_hours
         WHERE tenant != '${TOTAL_TENANT}' AND metric = 'prompt_words' AND dim = 'all' AND toDate(t) BETWEEN today() - ${DAYS_BACK} AND today() - 1
           AND (tenant, toDate(t)) NOT IN (SELECT tenant, t FROM token_days WHERE bin = ${ALL_PROMPTS})
         ORDER BY day DESC LIMIT ${DAYS_PER_STEP}`,
      );
      if (!days.ok) throw new StoreFailure(days.error);
      let counted = 0;
      for (const { tenant, day } of days.value) counted += await countDay(store, tenant, day);
      // A day whose prompts are gone would be found again and again.
      if (days.value.length < DAYS_PER_STEP || counted === 0) looked_ms = now_ms;
    },
  };
}

/** Returns the rows that were made. */
async function countDay(store: Store, tenant: string, day: string): Promise<number> {
  const prompts = await store.rows<Prompt>(
    `SELECT any(model_version) AS model_version, any(session_id) AS session, any(prompt) AS prompt, any(prompt_bins) AS bins
     FROM spans
     WHERE tenant = {tenant:String} AND timestamp >= toDateTime({day:String}, 'UTC') AND timestamp < toDateTime({day:String}, 'UTC') + INTERVAL 1 DAY
       AND prompt_chars > 0
     GROUP BY request_id, trace_id ORDER BY cityHash64(request_id, trace_id) LIMIT ${PROMPTS_LIMIT}`,
    { params: { tenant, day } },
  );
  if (!prompts.ok) throw new StoreFailure(prompts.error);
  const models = new Map<string, Map<number, Bin>>();
  prompts.value.forEach((one, index) => {
    const bins = models.get(one.model_version) ?? new Map<number, Bin>();
    models.set(one.model_version, bins);
    // A prompt outside of any session is a session of its own.
    countPrompt(bins, one, one.session === '' ? `\n${index}` : one.session);
  });
  const builder = new BlockBuilder(tableOf('token_days'));
  for (const [model_version, bins] of models) appendModel(builder, { tenant, day, model_version }, bins);
  if (builder.rows > 0) await done(store.insertNative('token_days', builder.encode()));
  return builder.rows;
}

function countPrompt(bins: Map<number, Bin>, one: Prompt, session: string): void {
  const seen = new Set<number>([ALL_PROMPTS]);
  for (const bin of one.bins) seen.add(bin);
  if (one.bins.length === 0)
    for (const word of wordsOf(one.prompt)) {
      const bin = binOf(word);
      const names = binAt(bins, bin).names;
      if (!seen.has(bin)) names.set(word, (names.get(word) ?? 0) + 1);
      seen.add(bin);
    }
  for (const bin of seen) {
    const entry = binAt(bins, bin);
    entry.prompts++;
    entry.sessions.set(session, (entry.sessions.get(session) ?? 0) + 1);
  }
}

function binAt(bins: Map<number, Bin>, bin: number): Bin {
  const known = bins.get(bin);
  if (known) return known;
  const made = { prompts: 0, sessions: new Map<string, number>(), names: new Map<string, number>() };
  bins.set(bin, made);
  return made;
}

function appendModel(
  builder: BlockBuilder,
  key: { tenant: string; day: string; model_version: string },
  bins: ReadonlyMap<number, Bin>,
): void {
  const all = bins.get(ALL_PROMPTS)!.sessions;
  for (const [bin, { prompts, sessions, names }] of bins) {
    let sum_sq = 0;
    let sum_cross = 0;
    for (const [session, count] of sessions) {
      sum_sq += count * count;
      sum_cross += count * all.get(session)!;
    }
    const [name] = [...names].sort((a, b) => b[1] - a[1])[0] ?? [''];
    builder.append({
      tenant: key.tenant,
      model_version: key.model_version,
      t: Date.parse(key.day),
      bin,
      name,
      prompts,
      sessions: sessions.size,
      sum_sq,
      sum_cross,
    });
  }
}
