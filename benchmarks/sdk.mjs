// What a stage costs a service: `withStage` of @pegbar/node beside a span of OpenTelemetry with the same attributes,
// started, made active and ended by hand on the same provider. Nothing is exported: serializing and sending, which both
// would share, would only make the difference look smaller.
// Usage: node benchmarks/sdk.mjs [rounds=15]; needs a build. Ends with one JSON line per figure.
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { init, withRequest, withStage } from '../packages/sdk-node/dist/index.js';
import { report, say } from './report.mjs';

const rounds = Number(process.argv[2] ?? 15);
const CALLS = 20_000;

const SENT = { kind: 'picture' };
new NodeTracerProvider({ spanProcessors: [] }).register();
const pegbar = init({ service: 'bench', url: 'http://127.0.0.1:1' });
if (!pegbar.uses_existing_provider) throw new Error('both must measure the same provider');
const tracer = trace.getTracer('bench');

const REQUEST = { request_id: 'r-1', workload: 'animation', model: { version: 'v7' } };
const SHARED = { 'pegbar.request.id': 'r-1', 'pegbar.workload': 'animation', 'pegbar.model.version': 'v7' };
const PARAMS = { params: { sampler: 'dpmpp_2m', steps: 20, cfg: 7 } };

/** What a careful author writes by hand, without a library. */
function byHand(attributes, work) {
  return tracer.startActiveSpan('generate', { attributes }, (span) => {
    try {
      return work(span);
    } catch (error) {
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      throw error;
    } finally {
      span.end();
    }
  });
}
async function byHandAsync(attributes, work) {
  return tracer.startActiveSpan('generate', { attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      throw error;
    } finally {
      span.end();
    }
  });
}

const nothing = () => SENT;
const later = async () => SENT;
const cases = {
  stage_bare: [
    () => withStage('generate', nothing),
    () => byHand({ ...SHARED, 'pegbar.stage': 'generate' }, nothing),
  ],
  stage_with_params: [
    () => withStage('generate', PARAMS, nothing),
    () =>
      byHand(
        {
          ...SHARED,
          'pegbar.stage': 'generate',
          'pegbar.sampler': 'dpmpp_2m',
          'pegbar.steps': 20,
          'pegbar.cfg': 7,
        },
        nothing,
      ),
  ],
  stage_async: [
    () => withStage('generate', later),
    () => byHandAsync({ ...SHARED, 'pegbar.stage': 'generate' }, later),
  ],
};

async function cpuUs(work) {
  const before = process.cpuUsage();
  for (let i = 0; i < CALLS; i++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CALLS;
}

await withRequest(REQUEST, async () => {
  for (const [metric, [ours, theirs]] of Object.entries(cases)) {
    const values = [];
    const peerValues = [];
    await cpuUs(ours);
    await cpuUs(theirs);
    // By turns, so that a busy machine weighs on both.
    for (let round = 0; round < rounds; round++) {
      values.push(await cpuUs(ours));
      peerValues.push(await cpuUs(theirs));
    }
    say(`${metric}: ${rounds} rounds of ${CALLS}`);
    const peer = 'a span of OpenTelemetry by hand';
    report({ bench: 'sdk', metric, unit: 'cpu_us', better: 'less', values, peer, peerValues });
  }
});
await pegbar.shutdown(1);
