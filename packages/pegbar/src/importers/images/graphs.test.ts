/** Workflow graphs of pictures: told once for each shape in a run. */
import { expect, test } from 'vitest';
import type { PictureFacts } from './containers/index.ts';
import type { PictureFile } from './file.ts';
import { readRecipe } from './generators/index.ts';
import { recordsOf } from './records.ts';

const graph = (seed: number, sampler = 'KSampler') =>
  JSON.stringify({
    3: {
      class_type: sampler,
      inputs: { seed, steps: 20, cfg: 7, sampler_name: 'euler', model: ['4', 0], positive: ['6', 0] },
    },
    4: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'a.safetensors' } },
    6: { class_type: 'CLIPTextEncode', inputs: { text: 'a lighthouse', clip: ['4', 1] } },
    9: { class_type: 'SaveImage', inputs: { images: ['3', 0] } },
  });

function stageOf(prompt: string, graphs: Set<string>) {
  const facts = {
    type: 'image/png',
    frames: 1,
    texts: new Map([['prompt', prompt]]),
  } as unknown as PictureFacts;
  const file = {
    path: Buffer.from('/a.png'),
    digest: 'd'.repeat(64),
    size: 1,
    mtime_ms: 1.7e12,
  } as PictureFile;
  const [stage] = recordsOf(file, facts, readRecipe(facts), {}, graphs).others;
  return stage as { workflow?: string; attributes: Record<string, unknown> };
}

test('the first picture of a shape carries its graph, the others name it', () => {
  const graphs = new Set<string>();
  const first = stageOf(graph(1), graphs);
  expect(JSON.parse(first.workflow!)).toEqual(JSON.parse(graph(1)));
  const second = stageOf(graph(2), graphs);
  expect(second.workflow).toBeUndefined();
  expect(second.attributes['comfyui.workflow_hash']).toBe(first.attributes['comfyui.workflow_hash']);
  const other = stageOf(graph(2, 'KSamplerAdvanced'), graphs);
  expect(other.workflow).toBe(graph(2, 'KSamplerAdvanced'));
  expect(other.attributes['comfyui.workflow_hash']).not.toBe(first.attributes['comfyui.workflow_hash']);
});

test('a graph that is larger than an event may hold is named only', () => {
  const large = JSON.parse(graph(1)) as Record<string, { inputs: object }>;
  large['6']!.inputs = { text: 'x'.repeat(300_000), clip: ['4', 1] };
  const stage = stageOf(JSON.stringify(large), new Set());
  expect(stage.workflow).toBeUndefined();
  expect(stage.attributes['comfyui.workflow_hash']).toMatch(/^[0-9a-f]{16}$/);
});
