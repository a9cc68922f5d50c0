/** How a picture came about: prompt, model and LoRA, picture, upscale, delivery, with what each took. */
import type { RequestDetail } from '../api/index.ts';
import { formatDuration } from '../format/index.ts';
import { loraWords, type ToldImage, type ToldStage } from './picture-facts.tsx';
import { graphSteps } from './picture-graph.ts';
import { fileOf } from './picture-words.ts';

export interface WayStep {
  readonly name: string;
  readonly words: string;
  readonly more?: string | undefined;
  readonly mono?: boolean;
}

const HASH_CHARS = 12;
const sizeWords = ({ width, height }: { width?: number; height?: number }): string =>
  width && height ? `${width} × ${height}` : '';

/** What the stages of a kind took together; undefined where nobody told: an import knows no durations. */
function tookOf(stages: readonly ToldStage[], stage: string): string | undefined {
  const own = stages.filter((one) => one.pipeline_stage === stage);
  const ms = own.reduce((sum, one) => sum + (one.latency_ms ?? 0), 0);
  return ms > 0 ? formatDuration(ms) : undefined;
}

/** Steps in their order; those that nobody told of are left out, delivery aside. */
export function wayOf(
  image: ToldImage,
  request: RequestDetail | undefined,
  stages: readonly ToldStage[],
): WayStep[] {
  const has = (stage: string): boolean => stages.some((one) => one.pipeline_stage === stage);
  const took = (stage: string, before = ''): string | undefined => {
    const words = tookOf(stages, stage);
    return words === undefined ? undefined : before + words;
  };
  const drawn = stages.find((one) => one.pipeline_stage === 'generate');
  const graph = graphSteps(drawn?.workflow, drawn?.attributes?.['comfyui.output_node']);
  const tokens = stages.find((one) => one.prompt_tokens)?.prompt_tokens;
  const upscalers = [request?.request.attributes?.upscaler, ...graph.upscales].filter(
    (one) => one !== undefined,
  );
  const file = fileOf(image);
  const listed = (name: string, names: readonly string[]): WayStep[] =>
    names.length === 0 ? [] : [{ name, words: names.join(', ') }];
  return [
    { name: 'Prompt', words: tokens ? `${tokens} tokens` : '', more: took('ingest', 'read in ') },
    ...listed('Source', graph.sources),
    {
      name: 'Model',
      words: image.model_version ?? 'not told',
      more: image.checkpoint_hash?.slice(0, HASH_CHARS),
      mono: true,
    },
    ...listed('LoRA', image.loras?.length ? [loraWords(image)] : []),
    ...listed('Control', graph.controls),
    {
      name: 'Picture',
      words: sizeWords(drawn ?? image) || sizeWords(image),
      more: took('generate', 'generated in '),
    },
    ...(has('upscale') || upscalers.length > 0
      ? [{ name: 'Upscale', words: upscalers.join(', '), more: took('upscale') }]
      : []),
    ...(has('postprocess') ? [{ name: 'Postprocess', words: '', more: took('postprocess') }] : []),
    has('deliver') || file === undefined
      ? {
          name: 'Delivery',
          words: took('deliver') ?? 'not told',
          more: request?.request.outcome.replace('_', ' '),
        }
      : { name: 'File', words: file, more: sizeWords(image) },
  ];
}
