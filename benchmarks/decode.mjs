// CPU cost of one span from protobuf to encoded Native blocks, beside protobufjs, which only makes objects of it.
// Usage: node benchmarks/decode.mjs [rounds=9] [FILE of length-prefixed requests]; needs a build.
import { tableOf } from '@pegbar/contract';
import { protoType } from '../packages/pegbar/dist/ingest/otlp/proto.js';
import { createSpanDecoder } from '../packages/pegbar/dist/ingest/otlp/spans/index.js';
import { BlockBuilder } from '../packages/pegbar/dist/native/index.js';
import { payload, readRequests } from './payload.mjs';
import { report, say } from './report.mjs';

const rounds = Number(process.argv[2] ?? 9);
/** Rows of one commit: what some ms of a busy ingest bring together. */
const GROUP_ROWS = 8_192;

const requests = process.argv[3] ? readRequests(process.argv[3]) : payload({ count: 100 });
const bytes = requests.reduce((sum, one) => sum + one.length, 0);

/** Policy `keep`; features, hashes and the dedup table have benchmarks of their own. */
const features = {
  characters: 9,
  words: 9,
  tokens: 9,
  language: 'en',
  script: 'latin',
  booru_tags: 0,
  bins: new Uint16Array(0),
};
const protector = {
  plain: true,
  userHash: () => '00000000000000ff',
  optedOut: () => false,
  prompt: (text) => ({ text, hash: '00000000000000aa', features, bins: undefined, redactions: 0 }),
  plainPrompt: (_bytes, start, end, into) => {
    into.characters = end - start;
    return true;
  },
  text: (text) => ({ text, redactions: 0 }),
  attribute: (_key, value) => ({ keep: true, value, redactions: 0 }),
};
const decoder = createSpanDecoder({
  windowOf: () => ({ add: () => true }),
  protectorOf: () => protector,
  gpuPrice: () => 0,
});
const blocks = {
  spans: new BlockBuilder(tableOf('spans')),
  events: new BlockBuilder(tableOf('span_events')),
};
const context = { tenant: null, receivedMs: Date.now() };
let encoded = 0;

function flush() {
  for (const block of [blocks.spans, blocks.events]) {
    for (const part of block.encode()) encoded += part.length;
    block.reset();
  }
}

function ours() {
  let spans = 0;
  for (const request of requests) {
    blocks.spans.mark();
    blocks.events.mark();
    spans += decoder.decode(request, blocks, context).spans;
    if (blocks.spans.rows >= GROUP_ROWS) flush();
  }
  flush();
  return spans;
}

const type = protoType('TracesRequest');
function theirs() {
  let spans = 0;
  for (const request of requests)
    for (const { scopeSpans } of type.decode(request).resourceSpans)
      for (const scope of scopeSpans) spans += scope.spans.length;
  return spans;
}

/** CPU microseconds per span of one pass, and spans per second of wall time. */
function once(pass) {
  const cpu = process.cpuUsage();
  const wall = performance.now();
  const spans = pass();
  const used = process.cpuUsage(cpu);
  return { cpu: (used.user + used.system) / spans, rate: spans / ((performance.now() - wall) / 1000), spans };
}

for (let i = 0; i < 3; i++) {
  once(ours);
  once(theirs);
}
encoded = 0;
const mine = [];
const peers = [];
for (let i = 0; i < rounds; i++) {
  mine.push(once(ours));
  peers.push(once(theirs));
}
const { spans } = mine[0];
say(
  `${spans} spans of ${(bytes / spans).toFixed(0)} B each become ${(encoded / rounds / spans).toFixed(0)} B`,
);
const common = { bench: 'decode', peer: 'protobufjs decode to objects, no columns' };
const cpu = (list) => list.map((one) => one.cpu);
const rate = (list) => list.map((one) => one.rate);
report({
  ...common,
  metric: 'cpu_per_span',
  unit: 'us',
  better: 'less',
  values: cpu(mine),
  peerValues: cpu(peers),
});
report({
  ...common,
  metric: 'least_cpu_per_span',
  unit: 'us',
  better: 'less',
  values: [Math.min(...cpu(mine))],
  peerValues: [Math.min(...cpu(peers))],
});
report({
  ...common,
  metric: 'spans_per_second',
  unit: '1/s',
  better: 'more',
  values: rate(mine),
  peerValues: rate(peers),
});
