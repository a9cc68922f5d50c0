/** What is known of a picture, in the order in which people ask for it. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { ImageDetail, ImageRow, RequestDetail, ScoreRow, StageRow } from '../api/index.ts';
import { type Reaction, react, useMay } from '../api/index.ts';
import { classes } from '../base/classes.ts';
import { formatCount, formatMoney, formatTime, type Zone } from '../format/index.ts';
import { Button } from './button.tsx';
import css from './picture-facts.module.css';
import { fileOf } from './picture-words.ts';
import { toast } from './toast.tsx';

type Words = readonly (readonly [string, ReactNode])[];
const known = (items: readonly (readonly [string, ReactNode])[]): Words =>
  items.filter(([, value]) => value !== undefined && value !== null && value !== '');
const joined = (...parts: (string | number | false | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== false && part !== '').join(', ');

/** `kumo-lineart 0.80, soft-shade 0.35`. */
export const loraWords = ({
  loras = [],
  lora_weights = [],
}: Pick<ImageRow, 'loras' | 'lora_weights'>): string =>
  loras
    .map((lora, at) => (lora_weights[at] === undefined ? lora : `${lora} ${lora_weights[at].toFixed(2)}`))
    .join(', ');

/** A stage, as far as it told what a picture needs to say of it. */
export type ToldStage = StageRow & {
  readonly prompt?: string;
  readonly negative_prompt?: string;
  readonly prompt_tokens?: number;
  readonly consent?: string;
  readonly consent_at?: string;
  readonly license?: string;
  readonly gpu_type?: string;
  readonly gpu_count?: number;
  readonly style_distance?: number;
  readonly aesthetic?: number;
  readonly clip_i?: number;
  readonly toxicity?: number;
  readonly face_ok?: boolean;
  readonly pose_ok?: boolean;
  readonly watermark?: boolean;
  readonly collection?: string;
  /** The graph that was run, as JSON. */
  readonly workflow?: string;
  readonly attributes?: Readonly<Record<string, string>>;
};
export type ToldImage = ImageRow & {
  readonly prompt?: string;
  readonly negative_prompt?: string;
  readonly consent?: string;
  readonly consent_at?: string;
  readonly bytes?: number;
  readonly sha256?: string;
  readonly sequence_id?: string;
  readonly denoise?: number;
};

/** Stages of the request that are about this picture, or about all of them. */
export const stagesOf = (image_id: string, request: RequestDetail | undefined): readonly ToldStage[] =>
  (request?.stages ?? []).filter((one) => one.image_id === undefined || one.image_id === image_id);

/** The first stage that told it. */
const told = <Name extends keyof ToldStage>(
  stages: readonly ToldStage[],
  name: Name,
): ToldStage[Name] | undefined => stages.find((one) => one[name] !== undefined)?.[name];

export interface Prompts {
  readonly prompt: string | undefined;
  readonly negative: string | undefined;
}
export const promptsOf = (image: ToldImage, stages: readonly ToldStage[]): Prompts => ({
  prompt: image.prompt ?? told(stages, 'prompt'),
  negative: image.negative_prompt ?? told(stages, 'negative_prompt'),
});

/** A prompt longer than this is folded. */
const PROMPT_SHOWN = 400;
export function PromptText({ prompt, negative }: Prompts) {
  const [open, setOpen] = useState(false);
  if (prompt === undefined)
    return <p className="small dimmer">The policy of its tenant keeps no prompt text.</p>;
  const long = prompt.length > PROMPT_SHOWN;
  const shown = long && !open ? `${prompt.slice(0, PROMPT_SHOWN)}…` : prompt;
  return (
    <div className={css.prompt}>
      <p dir="auto">{shown}</p>
      {long && (
        <Button kind="quiet" onClick={() => setOpen(!open)}>
          {open ? 'Less' : `All ${formatCount(prompt.length)} characters`}
        </Button>
      )}
      {negative !== undefined && (
        <p className="dimmer" dir="auto">
          not: {negative.slice(0, PROMPT_SHOWN)}
        </p>
      )}
    </div>
  );
}

export function pictureItems(
  image: ToldImage,
  request: RequestDetail | undefined,
  zone: Zone,
  now_ms: number,
): Words {
  const stages = stagesOf(image.image_id, request);
  const own = request?.request;
  const gpus = told(stages, 'gpu_count');
  const upscaled = stages.find((one) => one.pipeline_stage === 'upscale' && one.width);
  const consent = image.consent ?? told(stages, 'consent');
  const consent_at = image.consent_at ?? told(stages, 'consent_at');
  return known([
    ['Model', image.model_version && <Versioned name={image.model_version} hash={image.checkpoint_hash} />],
    ['LoRA', loraWords(image)],
    [
      'Sampler',
      joined(
        image.sampler,
        image.scheduler,
        image.steps && `${image.steps} steps`,
        image.cfg && `cfg ${image.cfg}`,
        // At 1 nothing of a source is kept: that is how pictures are made from words alone.
        image.denoise && image.denoise < 1 && `denoise ${String(Number(image.denoise.toFixed(3)))}`,
      ),
    ],
    ['Seed', image.seed && <span className="mono">{image.seed}</span>],
    [
      'Size',
      image.width &&
        `${image.width} × ${image.height}${upscaled ? `, upscaled to ${upscaled.width} × ${upscaled.height}` : ''}`,
    ],
    ['Collection', image.collection],
    [
      'Hardware',
      joined(
        told(stages, 'gpu_type') ?? image.hardware_class,
        gpus && `${gpus} GPU${gpus === 1 ? '' : 's'}`,
        own?.gpu_seconds && `${formatCount(own.gpu_seconds)} GPU-seconds`,
      ),
    ],
    [
      'Cost',
      own?.cost_usd &&
        `${formatMoney(own.cost_usd)}${(own.images ?? 1) > 1 ? ` for ${own.images} pictures` : ''}`,
    ],
    ['Tenant', joined(image.tenant, image.region)],
    ['File', fileOf(image)],
    ['Made', formatTime(Date.parse(image.timestamp), now_ms, zone)],
    ['Consent', consent && joined(consent, consent_at && formatTime(Date.parse(consent_at), now_ms, zone))],
    ['Licence', image.license ?? told(stages, 'license')],
  ]);
}

const Versioned = ({ name, hash }: { name: string; hash: string | undefined }) => (
  <>
    {name} {hash !== undefined && <span className="mono dimmer">{hash.slice(0, 12)}</span>}
  </>
);

export interface Scored {
  readonly name: string;
  readonly words: string;
  readonly value: number;
  /** Place on its own scale, 0 to 1. */
  readonly share: number;
  readonly bad: boolean;
  readonly by: string;
}
/** Where a score is worth a red figure, and the scale it is drawn on. The limits are those of the default objectives. */
const SCALES: Readonly<
  Record<string, { words: string; least: number; most: number; bad?: (value: number) => boolean }>
> = {
  style_distance: { words: 'Style distance', least: 0, most: 0.6, bad: (value) => value > 0.5 },
  aesthetic: { words: 'Aesthetic', least: 1, most: 10 },
  clip_i: { words: 'CLIP-I', least: 0, most: 1 },
  clip_t: { words: 'CLIP-T', least: 0, most: 1 },
  nsfw: { words: 'NSFW', least: 0, most: 1, bad: (value) => value >= 0.5 },
  toxicity: { words: 'Toxicity', least: 0, most: 1, bad: (value) => value >= 0.5 },
};

/** Scores that scorers told, then those of the stages that made it. */
export function scoresOf(
  detail: Pick<ImageDetail, 'scores'> | undefined,
  stages: readonly ToldStage[],
): Scored[] {
  const out = new Map<string, Scored>();
  const add = (name: string, value: number | undefined, by: string): void => {
    if (value === undefined || out.has(name)) return;
    const { words = name.replaceAll('_', ' '), least = 0, most = 1, bad } = SCALES[name] ?? {};
    const share = Math.max(0, Math.min(1, (value - least) / (most - least)));
    out.set(name, { name, words, value, share, bad: bad?.(value) ?? false, by });
  };
  for (const score of detail?.scores ?? []) add(score.name, score.value, scorerOf(score));
  for (const stage of stages)
    for (const name of ['style_distance', 'aesthetic', 'clip_i', 'toxicity'] as const)
      add(
        name,
        stage[name],
        name === 'style_distance' ? (stage.collection ?? '') : (stage.pipeline_stage ?? ''),
      );
  const order = Object.keys(SCALES);
  const place = (name: string): number => (order.indexOf(name) + order.length + 1) % (order.length + 1);
  return [...out.values()].sort((a, b) => place(a.name) - place(b.name));
}
const scorerOf = ({ scorer, scorer_version }: ScoreRow): string =>
  [scorer, scorer_version].filter(Boolean).join(' ');

/** `nsfw 0.91` of a flagged picture. */
export function flagWords(scores: readonly Scored[]): string {
  const nsfw = scores.find((one) => one.name === 'nsfw');
  return nsfw ? `nsfw ${nsfw.value.toFixed(2)}` : 'nsfw';
}

export const Scores = ({ scores }: { scores: readonly Scored[] }) =>
  scores.length === 0 ? (
    <p className="small dimmer">Nobody has scored it.</p>
  ) : (
    <div className={css.scores}>
      {scores.map(({ name, words, value, share, bad, by }) => (
        <div key={name} className={css.score}>
          <span>{words}</span>
          <b className={classes(bad && 'crit')}>
            {Math.abs(value) < 1000 ? value.toFixed(2).replace('-', '−') : formatCount(value)}
          </b>
          <span className={css.track} aria-hidden="true">
            <i className={classes(bad && css.bad)} style={{ width: `${(share * 100).toFixed(1)}%` }} />
          </span>
          <span className={css.by} title={by}>
            {by}
          </span>
        </div>
      ))}
    </div>
  );

const REACTIONS: readonly (readonly [Reaction, string])[] = [
  ['accept', 'Accept'],
  ['edit', 'Edit'],
  ['reroll', 'Re-roll'],
  ['reject', 'Reject'],
];
const DONE: Readonly<Record<Reaction, string>> = {
  accept: 'Accepted',
  edit: 'Marked as edited',
  reroll: 'Marked for another try',
  reject: 'Rejected',
};

/** What somebody does with a picture, told as feedback. */
export function FeedbackButtons({ image, given }: { image: ImageRow; given: readonly string[] }) {
  const may = useMay('ingest');
  const [told, setTold] = useState<{ id: string; action: Reaction } | null>(null);
  const [busy, setBusy] = useState<Reaction | null>(null);
  const act = async (action: Reaction): Promise<void> => {
    setBusy(action);
    try {
      await react(image, action);
      setTold({ id: image.image_id, action });
      toast(`${DONE[action]}: ${image.image_id}`);
    } catch (error) {
      toast(`Not told: ${error instanceof Error ? error.message : String(error)}`);
    }
    setBusy(null);
  };
  const last = told?.id === image.image_id ? told.action : given.at(-1);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a line everywhere
    <div className={css.reactions} role="group" aria-label="Feedback">
      {REACTIONS.map(([action, words]) => (
        <Button
          key={action}
          kind={action === 'reject' ? 'danger' : 'plain'}
          busy={busy === action}
          disabled={!may || busy !== null}
          aria-pressed={last === action}
          title={may ? undefined : 'Feedback needs the scope ingest'}
          onClick={() => void act(action)}
        >
          {words}
        </Button>
      ))}
    </div>
  );
}
