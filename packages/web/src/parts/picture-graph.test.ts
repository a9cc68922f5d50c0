import { expect, it } from 'vitest';
import { graphSteps } from './picture-graph.ts';

const graph = {
  1: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'a.ckpt' } },
  2: { class_type: 'LoadImage', inputs: { image: 'pose.png' } },
  3: { class_type: 'ControlNetLoader', inputs: { control_net_name: 'openpose.pth' } },
  4: { class_type: 'ControlNetApply', inputs: { control_net: ['3', 0], image: ['2', 0] } },
  5: { class_type: 'KSampler', inputs: { model: ['1', 0], positive: ['4', 0] } },
  6: { class_type: 'LatentUpscale', inputs: { samples: ['5', 0], width: 1152, height: 768 } },
  7: { class_type: 'KSampler', inputs: { latent_image: ['6', 0] } },
  8: { class_type: 'UpscaleModelLoader', inputs: { model_name: 'RealESRGAN_x2.pth' } },
  9: { class_type: 'ImageUpscaleWithModel', inputs: { upscale_model: ['8', 0], image: ['7', 0] } },
  10: { class_type: 'SaveImage', inputs: { images: ['9', 0] } },
  11: { class_type: 'LoadImage', inputs: { image: 'of another picture.png' } },
};

it('reads what a picture began from, what steered it and what made it larger, in its order', () => {
  expect(graphSteps(JSON.stringify(graph), '10')).toEqual({
    sources: ['pose.png'],
    controls: ['openpose.pth'],
    upscales: ['latent, to 1152 × 768', 'RealESRGAN_x2.pth'],
  });
});

it('reads the whole graph where nobody says which node saved', () => {
  expect(graphSteps(JSON.stringify(graph), undefined).sources).toHaveLength(2);
});

it('passes over what is no graph, runs in circles or names what is not there', () => {
  const nothing = { sources: [], controls: [], upscales: [] };
  for (const text of [undefined, '', '{', 'null', '[]', '{"a":1}', '{"__proto__":{"class_type":"x"}}'])
    expect(graphSteps(text, undefined)).toEqual(nothing);
  const circle = {
    1: { class_type: 'A', inputs: { x: ['2', 0] } },
    2: { class_type: 'B', inputs: { x: ['1', 0] } },
  };
  expect(graphSteps(JSON.stringify(circle), '1')).toEqual(nothing);
  const torn = { 1: { class_type: 'ImageUpscaleWithModel', inputs: { upscale_model: ['constructor', 0] } } };
  expect(graphSteps(JSON.stringify(torn), '1').upscales).toEqual(['ImageUpscaleWithModel']);
});
