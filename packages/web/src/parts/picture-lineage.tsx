/** How a picture came about, drawn small: stages with what they took, or what else is known. */
import type { RequestDetail } from '../api/index.ts';
import { classes } from '../base/classes.ts';
import { formatDuration } from '../format/index.ts';
import css from './picture-facts.module.css';
import type { ToldImage, ToldStage } from './picture-facts.tsx';
import { wayOf } from './picture-way.ts';

interface Step {
  readonly name: string;
  readonly words: string;
  readonly failed?: boolean;
}
interface LineageProps {
  readonly image: ToldImage;
  readonly request: RequestDetail | undefined;
  readonly stages: readonly ToldStage[];
}

export function Lineage({ image, request, stages }: LineageProps) {
  const timed = stages.some((one) => (one.latency_ms ?? 0) > 0);
  const steps = timed ? timesOf(stages) : knownOf(image, request, stages);
  return (
    <ol className={css.lineage}>
      {steps.map(({ name, words, failed }, at) => (
        <li key={name} className={classes(at === steps.length - 1 && css.slot, failed && css.failed)}>
          <b>{name}</b>
          <span title={words}>{words}</span>
        </li>
      ))}
    </ol>
  );
}

/** What a folder tells: no times, but what was done. Model and LoRA stand below, among the facts. */
const knownOf = (...of: Parameters<typeof wayOf>): Step[] =>
  wayOf(...of)
    .filter(({ name }) => name !== 'Model' && name !== 'LoRA')
    .map(({ name, words, more }) => ({ name: name.toLowerCase(), words: words || more || '' }));

const ORDER = ['ingest', 'preprocess', 'generate', 'upscale', 'postprocess', 'deliver'];
function timesOf(stages: readonly ToldStage[]): Step[] {
  const tokens = stages.find((one) => one.prompt_tokens !== undefined)?.prompt_tokens;
  return ORDER.flatMap((stage) => {
    const own = stages.filter((one) => one.pipeline_stage === stage);
    if (own.length === 0 || stage === 'preprocess') return [];
    const took = own.reduce((sum, one) => sum + (one.latency_ms ?? 0), 0);
    const failed = own.some((one) => one.error_code !== undefined);
    const asked = stage === 'ingest' && tokens !== undefined;
    return [
      {
        name: stage === 'ingest' ? 'prompt' : stage,
        words: failed ? (own[0]?.error_code ?? 'failed') : asked ? `${tokens} tokens` : formatDuration(took),
        failed,
      },
    ];
  });
}
