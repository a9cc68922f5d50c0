// CPU cost of one span from protobuf to encoded Native blocks, beside protobufjs, which only makes objects of it.
// Usage: node benchmarks/decode.mjs [rounds=9] [FILE of length-prefixed requests]; needs a build.
import { readFileSync } from 'node:fs';
import { tableOf } from '@pegbar/contract';
import { protoType } from '../packages/pegbar/dist/ingest/otlp/proto.js';
import { createSpanDecoder } from '../packages/pegbar/dist/ingest/otlp/spans/index.js';
import { BlockBuilder } from '../packages/pegbar/dist/native/index.js';
import { payload } from './payload.mjs';

const rounds = Number(process.argv[2] ?? 9);
/** Rows of one commit: what some ms of a busy ingest bring together. */
const GROUP_ROWS = 8_192;

const requests = process.argv[3] ? fromFile(process.argv[3]) : payload({ count: 100 });
const bytes = requests.reduce((sum, one) => sum + one.length, 0);

function fromFile(path) {
  const file = readFileSync(path);
  const out = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt32LE(at);
    out.push(file.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return out;
}

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
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const spread = (list) => (Math.max(...list) - Math.min(...list)) / median(list);
const { spans } = mine[0];

function report(metric, unit, own, peer, digits) {
  const value = median(own);
  console.log(
    JSON.stringify({
      bench: 'decode',
      metric,
      value: Number(value.toFixed(digits)),
      unit,
      ratio: Number((value / median(peer)).toFixed(3)),
      peer: 'protobufjs decode to objects, no columns',
      spread: Number(spread(own).toFixed(3)),
    }),
  );
}

console.error(
  `${spans} spans of ${(bytes / spans).toFixed(0)} B each become ${(encoded / rounds / spans).toFixed(0)} B`,
);
const cpu = (list) => list.map((one) => one.cpu);
const rate = (list) => list.map((one) => one.rate);
report('cpu_per_span', 'us', cpu(mine), cpu(peers), 3);
report('least_cpu_per_span', 'us', [Math.min(...cpu(mine))], [Math.min(...cpu(peers))], 3);
report('spans_per_second', '1/s', rate(mine), rate(peers), 0);
