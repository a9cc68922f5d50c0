/** How good a picture came out, what it shows, and whether people will like it. */
import type { PictureSpec } from './picture-spec.ts';
import type { Random } from './random.ts';
import type { StageRecord } from './records.ts';
import type { RequestPlan } from './request.ts';
import type { Studio } from './studio.ts';

type Quality = NonNullable<StageRecord['quality']>;

/** Usual values of the scorers on the studio's pictures. */
const AESTHETIC = { mean: 6.12, sigma: 0.42, spoilt_face: 0.55 };
const CLIP_I = { mean: 0.81, sigma: 0.045 };
const STYLE_SIGMA = 0.052;
const FACE_OK = 0.945;
const POSE_OK = 0.962;
const WATERMARK = 0.007;
/** A spoilt face shows; with no incident about, less so. */
const SMEAR_OF_CHANCE = 0.45;

/** The scores of one picture of the request, with what is planted on it. */
export function qualityOf(studio: Studio, plan: RequestPlan, random: Random): Quality {
  const { effects } = plan;
  const face_ok = random.chance(FACE_OK + effects.face_ok_add);
  const usual = studio.scenario.collections[plan.collection]?.style_distance ?? 0.25;
  const style = usual + effects.style_distance_add + STYLE_SIGMA * random.normal();
  const taste = AESTHETIC.mean + AESTHETIC.sigma * random.normal() - (face_ok ? 0 : AESTHETIC.spoilt_face);
  return {
    clip_i: rounded(clamp(CLIP_I.mean + CLIP_I.sigma * random.normal() - (style - 0.24) * 0.3, 0, 1), 4),
    aesthetic: rounded(clamp(taste * effects.aesthetic_x, 1, 10), 3),
    nsfw_flag: random.chance(plan.tenant.spec.nsfw_rate * effects.nsfw_rate_x),
    toxicity: rounded(Math.min(1, random.around(0.006, 0.8)), 4),
    face_ok,
    pose_ok: random.chance(POSE_OK),
    style_distance: rounded(clamp(style, 0.01, 1), 4),
    watermark: random.chance(WATERMARK),
  };
}

/** The picture that a planned request makes, with what was planted on it. */
export function pictureOf(
  studio: Studio,
  plan: RequestPlan,
  image_id: string,
  panel: number,
  face_ok: boolean,
): PictureSpec {
  const [width, height] = plan.size.split('x').map(Number) as [number, number];
  const { effects, prompt } = plan;
  return {
    image_id,
    collection: plan.collection,
    grade: studio.scenario.collections[plan.collection]?.grade ?? 'campus',
    model_version: plan.version.version,
    seed: plan.seed,
    background: prompt.background,
    outfit: prompt.outfit,
    face: prompt.face,
    width,
    height,
    wash: effects.picture_wash,
    smear: face_ok ? 0 : Math.max(SMEAR_OF_CHANCE, effects.picture_smear),
    wobble: effects.picture_wobble,
    shift: effects.picture_shift,
    panel,
  };
}

/** Chance of being accepted: people like what the scorer likes, and no spoilt faces. */
export function appealOf(quality: Quality, accept_add: number): number {
  const taste = 0.64 + (quality.aesthetic - AESTHETIC.mean) * 0.09 - (quality.face_ok ? 0 : 0.3);
  return clamp(taste + accept_add, 0.03, 0.97);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** To 2, 3, 4 or 6 decimals: lines stay short. */
export function rounded(value: number, digits: 2 | 3 | 4 | 6): number {
  const factor = digits === 2 ? 100 : digits === 3 ? 1_000 : digits === 4 ? 10_000 : 1_000_000;
  return Math.round(value * factor) / factor;
}
