/** How a picture was made, as its generator wrote it down. What it does not say is undefined. */
export interface Recipe {
  generator: Generator;
  /** Version of the generator. */
  version: string | undefined;
  prompt: string | undefined;
  negative: string | undefined;
  /** The model's name as the file gives it. */
  model: string | undefined;
  model_hash: string | undefined;
  family: string | undefined;
  /** In the order of the file. */
  loras: { id: string; weight: number }[];
  sampler: string | undefined;
  scheduler: string | undefined;
  steps: number | undefined;
  cfg: number | undefined;
  /** Unsigned 64 bits, in decimal digits. */
  seed: string | undefined;
  denoise: number | undefined;
  /** Size that was asked for. */
  width: number | undefined;
  height: number | undefined;
  batch_size: number | undefined;
  /** Time of the generation alone. */
  latency_ms: number | undefined;
  time_ms: number | undefined;
  /** Who was logged in; hashed by the server. */
  user: string | undefined;
  reference_images: string[];
  control_maps: string[];
  embeddings: string[];
  /** ComfyUI's graph that ran: its JSON, and the hash of its shape. */
  workflow: { text: string; hash: string } | undefined;
  /** What has no field of its own, by the generator's own names. */
  more: Record<string, string>;
}

export type Generator = 'a1111' | 'comfyui' | 'invokeai' | 'fooocus' | 'novelai' | 'swarmui';

export const emptyRecipe = (generator: Generator): Recipe => ({
  generator,
  version: undefined,
  prompt: undefined,
  negative: undefined,
  model: undefined,
  model_hash: undefined,
  family: undefined,
  loras: [],
  sampler: undefined,
  scheduler: undefined,
  steps: undefined,
  cfg: undefined,
  seed: undefined,
  denoise: undefined,
  width: undefined,
  height: undefined,
  batch_size: undefined,
  latency_ms: undefined,
  time_ms: undefined,
  user: undefined,
  reference_images: [],
  control_maps: [],
  embeddings: [],
  workflow: undefined,
  more: {},
});

/** Further members kept of one picture, and letters of one: enough for every generator's list of options. */
const MORE_MOST = 100;
const MORE_MOST_CHARACTERS = 2_000;

export function addMore(recipe: Recipe, name: string, value: unknown): void {
  if (value === undefined || value === null || value === '' || Object.keys(recipe.more).length >= MORE_MOST)
    return;
  const text = typeof value === 'object' ? JSON.stringify(value, plainBig) : String(value);
  if (text.length <= MORE_MOST_CHARACTERS) recipe.more[`${recipe.generator}.${name}`] = text;
}

const plainBig = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;
