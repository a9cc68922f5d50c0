// The first process of a studio: it takes a request, queues it, and hands it off in a message on standard output.
import {
  boundary,
  counter,
  deployment,
  handOff,
  init,
  logFields,
  watchQueue,
  withRequest,
  withStage,
} from '@pegbar/node';

const [url, otlp_url] = process.argv.slice(2);
const pegbar = init({ service: 'scheduler', url, otlp_url, tenant: 'studio', region: 'eu-1' });
deployment({ id: 'd-1', kind: 'model', version: 'v7', previous: 'v6', status: 'start', note: 'canary' });
const queue = watchQueue('gpu', { sample_ms: 3_600_000 });
const job = await withRequest(
  {
    request_id: 'r-1',
    session_id: 's-1',
    user_id_hash: 'user-1',
    sequence_id: 'seq-1',
    workload: 'animation',
    traffic_source: 'app',
    model: { version: 'v7', family: 'wan' },
  },
  async () => {
    boundary('prompt_received');
    const ticket = queue.admit();
    queue.deny();
    await withStage(
      'ingest',
      { prompt: { text: 'a fox in the snow', language: 'en' } },
      async () => undefined,
    );
    process.stderr.write(`${JSON.stringify({ level: 'info', msg: 'queued', ...logFields() })}\n`);
    const message = handOff({ prompt: 'a fox in the snow' });
    ticket.start();
    return message;
  },
);
counter('studio.jobs', { unit: '{job}' }).add(3, { queue: 'gpu' });
await queue.sample();
queue.stop();
const sent = await pegbar.shutdown();
console.log(JSON.stringify({ sent, status: pegbar.status(), job }));
