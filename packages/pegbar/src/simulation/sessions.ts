/** People at work: a session is one user's sitting, a few requests with judgements and second tries between. */
import { userName } from './people.ts';
import { composePrompt, type Prompt, withPersonalData } from './prompts.ts';
import { type Random, randomOf } from './random.ts';
import type { FeedbackRecord, SimulatedRecord } from './records.ts';
import { type Ask, planRequest, type RequestPlan } from './request.ts';
import { type Finished, tellRequest } from './stages.ts';
import { type ReadyTenant, rhythmAt, type Studio } from './studio.ts';
import { HOUR_MS, inForce, type PlacedIncident } from './timeline.ts';

/** Sessions end after this many requests, so that none outlives the two hours that `simulate` looks back. */
const MAX_REQUESTS = 8;
/** A failing request is tried this often in all. */
const MAX_ATTEMPTS = 3;
const RETRY_PAUSE_MS = [800, 5_000] as const;
const THINK_SIGMA = 0.6;
/** Of the pictures that do not please: what people do instead of accepting. */
const REROLL_SHARE = 0.55;
const EDIT_SHARE = 0.25;
const FLAG_SHARE = 0.01;
const MINUTES = 60;

export interface SessionPlace {
  tenant: ReadyTenant;
  region: string;
  utc_offset_ms: number;
}

/** Tells when a request wants its spans told beside its records. */
export type WantsSpans = (start_ms: number) => boolean;

/** All sessions that start within an hour of one place; the same for the same seed and hour, always. */
export function tellHourOf(
  studio: Studio,
  place: SessionPlace,
  share: number,
  hour_ms: number,
  incidents: readonly PlacedIncident[],
  startsIn: { from_ms: number; to_ms: number },
  wantsSpans: WantsSpans,
  out: SimulatedRecord[],
): void {
  const { tenant, region } = place;
  const random = randomOf(studio.seed, 'traffic', tenant.name, region, hour_ms / HOUR_MS);
  const daily = tenant.spec.requests_per_day * share * studio.scale;
  const usual = (daily / 24) * rhythmAt(studio, place.utc_offset_ms, hour_ms + HOUR_MS / 2);
  const trafficAt = (at_ms: number): number =>
    inForce(incidents, { tenant: tenant.name, region }, at_ms).traffic_x;
  let most = 1;
  for (let minute = 0; incidents.length > 0 && minute <= MINUTES; minute += 5) {
    most = Math.max(most, trafficAt(hour_ms + (minute / MINUTES) * HOUR_MS));
  }
  const sessions = random.poisson((usual * most) / studio.scenario.sessions.requests_mean);
  for (let i = 0; i < sessions; i++) {
    const start_ms = hour_ms + random.below(HOUR_MS);
    // Every session owns a stream, so that leaving some out changes none of the others.
    const own = randomOf(random.bits(), random.bits());
    if (most > 1 && !own.chance(trafficAt(start_ms) / most)) continue;
    if (start_ms < startsIn.from_ms || start_ms >= startsIn.to_ms) continue;
    tellSession(studio, place, start_ms, incidents, own, wantsSpans, out);
  }
}

export function tellSession(
  studio: Studio,
  place: SessionPlace,
  start_ms: number,
  incidents: readonly PlacedIncident[],
  random: Random,
  wantsSpans: WantsSpans,
  out: SimulatedRecord[],
): void {
  const { tenant } = place;
  const { sessions } = studio.scenario;
  // The square makes a few people send much, and many little.
  const user = userName(tenant.name, Math.floor(random.next() ** 2 * tenant.people.count));
  let ask: Ask = {
    ...place,
    workload: tenant.workloads.pick(random),
    collection: tenant.collections.pick(random),
    source: tenant.sources.pick(random),
    session_id: `ses_${random.hex(2)}`,
    user_id_hash: user,
    said: tenant.people.said(user, start_ms),
    start_ms,
    prompt: promptFor(studio, tenant, start_ms, incidents, random),
  };
  let left = 1 + geometric(sessions.requests_mean, random);
  while (left > 0) {
    left -= 1;
    const finished = tellWithRetries(studio, ask, incidents, random, wantsSpans, out);
    const at_ms = finished.last.end_ms + Math.round(random.around(sessions.think_s * 1000, THINK_SIGMA));
    const again = judge(ask, finished, at_ms, sessions.feedback_share, left, random, out);
    const prompt = again ? ask.prompt : promptFor(studio, tenant, at_ms, incidents, random);
    ask = { ...ask, prompt, start_ms: at_ms + Math.round(random.between(500, 4_000)) };
  }
}

function geometric(mean: number, random: Random): number {
  let more = 0;
  while (more < MAX_REQUESTS - 1 && random.chance(1 - 1 / mean)) more += 1;
  return more;
}

interface Tried {
  plan: RequestPlan;
  last: Finished;
}

function tellWithRetries(
  studio: Studio,
  first: Ask,
  incidents: readonly PlacedIncident[],
  random: Random,
  wantsSpans: WantsSpans,
  out: SimulatedRecord[],
): Tried {
  let ask = first;
  for (let attempt = 1; ; attempt++) {
    const plan = planRequest(studio, incidents, ask, random);
    const last = tellRequest(studio, plan, random, out, wantsSpans(plan.start_ms));
    const again =
      plan.failure?.retriable === true &&
      attempt < MAX_ATTEMPTS &&
      random.chance(studio.scenario.sessions.retry_share);
    if (!again) return { plan, last };
    const pause = Math.round(random.between(...RETRY_PAUSE_MS));
    ask = { ...ask, start_ms: last.end_ms + pause, attempt: attempt + 1, retry_of: plan.request_id };
  }
}

/** Feedback on the pictures of a request; true where the same prompt is tried again. */
function judge(
  ask: Ask,
  { plan, last }: Tried,
  at_ms: number,
  share: number,
  left: number,
  random: Random,
  out: SimulatedRecord[],
): boolean {
  if (!last.succeeded || !random.chance(share)) return false;
  let again = false;
  for (const image_id of last.image_ids) {
    const action = actionFor(last.appeal, random);
    again ||= action === 'reroll' && left > 0;
    out.push({
      type: 'feedback',
      event_id: `${image_id}.${action}`,
      timestamp: at_ms,
      tenant: ask.tenant.name,
      region: ask.region,
      workload: ask.workload.name,
      image_id,
      request_id: plan.request_id,
      session_id: ask.session_id,
      action,
    });
  }
  return again;
}

function actionFor(appeal: number, random: Random): FeedbackRecord['action'] {
  if (random.chance(appeal)) return 'accept';
  const draw = random.next();
  if (draw < REROLL_SHARE) return 'reroll';
  if (draw < REROLL_SHARE + EDIT_SHARE) return 'edit';
  return draw > 1 - FLAG_SHARE ? 'flag' : 'reject';
}

function promptFor(
  studio: Studio,
  tenant: ReadyTenant,
  at_ms: number,
  incidents: readonly PlacedIncident[],
  random: Random,
): Prompt {
  const { vocabulary, vocabulary_share } = inForce(incidents, { tenant: tenant.name }, at_ms);
  const drifted = vocabulary !== undefined && random.chance(vocabulary_share);
  const chosen = (drifted && studio.vocabularies.get(vocabulary)) || tenant.vocabulary;
  return withPersonalData(composePrompt(chosen, random), tenant.spec.personal_share ?? 0, random);
}
