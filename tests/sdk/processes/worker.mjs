// The second process: it takes the message from standard input, renders, scores and delivers.
import {
  artifact,
  cacheEvent,
  continueRequest,
  countFrames,
  feedback,
  init,
  modelLoad,
  score,
  withStage,
} from '@pegbar/node';

const [url, otlp_url] = process.argv.slice(2);
let text = '';
for await (const chunk of process.stdin) text += chunk;
const pegbar = init({ service: 'worker', url, otlp_url, tenant: 'studio', hardware_class: 'large' });
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

await continueRequest(JSON.parse(text), { attempt: 2 }, async () => {
  modelLoad({ action: 'load', duration_ms: 1200, bytes: 7_000_000, hit: false, host: 'gpu-1', model: 'v7' });
  cacheEvent({ cache: 'lora', hits: 1, misses: 2, host: 'gpu-1' });
  await withStage(
    'generate',
    {
      model: { checkpoint_hash: 'abc123', loras: ['ink:0.8', { id: 'pose' }] },
      params: {
        sampler: 'euler',
        scheduler: 'karras',
        steps: 20,
        cfg: 6.5,
        seed: 2n ** 64n - 1n,
        resolution: '768x432',
      },
      resources: { gpu_type: 'L4', gpu_count: 2, gpu_mem_mb: 17_000, batch_size: 1 },
    },
    async (stage) => {
      stage.boundary('inference_started');
      const frames = countFrames({ sequence_id: 'seq-1', declared_fps: 24, hold: 2 });
      for (let n = 0; n < 12; n++) {
        frames.frame(n >> 1);
        await wait(10);
      }
      frames.end();
      stage
        .boundary('inference_finished')
        .set({ images: 12, metrics: { gpu_seconds: 0.5, cost_usd: 0.002 } });
    },
  );
  await withStage(
    'deliver',
    { image_id: 'i-1', quality: { aesthetic: 6.5, nsfw_flag: false } },
    async () => undefined,
  );
  score({ image_id: 'i-1', name: 'clip_i', value: 0.75, scorer: 'openclip', scorer_version: '2' });
  artifact({ image_id: 'i-1', uri: 's3://out/i-1.png', kind: 'frame', width: 768, height: 432 });
});
feedback({ image_id: 'i-1', action: 'accept', session_id: 's-1' });
try {
  await continueRequest({}, { request_id: 'r-2', workload: 'single_image' }, () =>
    withStage('generate', async () => {
      throw new Error('CUDA out of memory. Tried to allocate 2 GiB');
    }),
  );
} catch {
  // As a worker does: the next job.
}
const sent = await pegbar.shutdown();
console.log(JSON.stringify({ sent, status: pegbar.status() }));
