import { expect, test } from 'vitest';
import { MalformedError } from './index.ts';
import { MAX_ATTRIBUTES, MAX_EVENTS, MAX_ITEMS, MAX_LINKS, MAX_MESSAGES, MAX_VALUE_BYTES } from './limits.ts';
import {
  anyValue,
  createKit,
  encode,
  id,
  NOW_NS,
  newBlocks,
  plainProtector,
  RECEIVED_MS,
  request,
  span,
} from './testkit.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const one = (given: Parameters<typeof span>[0], resource = {}, tenant: string | null = null) => {
  const done = createKit().decode(request([span(given)], resource), tenant);
  expect(done.spans).toBe(1);
  return done.rows[0]!;
};

test('a span becomes a row with its ids, times, name, kind, status and trace state', () => {
  const traceId = id(16);
  const spanId = id(8);
  const parentSpanId = id(8);
  const row = one({
    traceId,
    spanId,
    parentSpanId,
    name: 'pipeline.生成',
    kind: 3,
    traceState: 'a=b',
    startTimeUnixNano: String(NOW_NS - 2_500_000_001n),
    endTimeUnixNano: String(NOW_NS),
    status: { code: 1 },
  });
  expect(row).toEqual({
    tenant: 'default',
    timestamp: NOW_NS,
    duration_ns: 2_500_000_001n,
    trace_id: hex(traceId),
    span_id: hex(spanId),
    parent_span_id: hex(parentSpanId),
    source: 1,
    name: 'pipeline.生成',
    kind: 3,
    trace_state: 'a=b',
    status: 1,
  });
});

test('known attributes fill their columns whatever type they are sent in', () => {
  const row = one({
    attributes: {
      'pegbar.request.id': 'r-1',
      'gen_ai.request.model': 'sdxl',
      'image.sampler': 'euler',
      'image.steps': '28',
      'image.width': 1024.0,
      'pegbar.height': 768n,
      'image.cfg_scale': 7n,
      'image.seed': '18446744073709551615',
      'pegbar.quality.aesthetic': '6.25',
      'pegbar.quality.nsfw_flag': false,
      'pegbar.quality.face_ok': 'true',
      'pegbar.cost_usd': 0.125,
      'pegbar.image.id': 17n,
      'pegbar.loras': ['detail:0.8', 'line'],
      'pegbar.control_maps': ['depth', 'pose'],
      'pegbar.consent.at': '2026-01-02T03:04:05Z',
      'pegbar.stage': 'upscale',
    },
  });
  expect(row).toMatchObject({
    request_id: 'r-1',
    model_version: 'sdxl',
    sampler: 'euler',
    steps: 28,
    width: 1024,
    height: 768,
    cfg: 7,
    seed: 18446744073709551615n,
    aesthetic: 6.25,
    nsfw: 1,
    face_ok: 2,
    cost_usd: 0.125,
    image_id: '17',
    loras: ['detail', 'line'],
    lora_count: 2,
    control_maps: ['depth', 'pose'],
    consent_at: BigInt(Date.UTC(2026, 0, 2, 3, 4, 5)),
    pipeline_stage: 'upscale',
  });
  expect(row.attributes).toBeUndefined();
  expect((row.lora_weights as number[]).map((weight) => weight.toFixed(2))).toEqual(['0.80', '1.00']);
});

test('a value that does not fit its column stays a free attribute under its own key', () => {
  const given = {
    'image.steps': 'many',
    'image.width': -5n,
    'image.height': 5_000_000_000n,
    'image.cfg_scale': Number.NaN,
    'pegbar.stage': 'dreaming',
    'pegbar.attempt': 1.5,
    'pegbar.quality.pose_ok': 'perhaps',
    'pegbar.model.version': 'x'.repeat(600),
  };
  const row = one({ attributes: given });
  expect(row.attributes).toEqual(Object.fromEntries(Object.entries(given).map(([k, v]) => [k, String(v)])));
  for (const column of [
    'steps',
    'width',
    'height',
    'cfg',
    'pipeline_stage',
    'attempt',
    'pose_ok',
    'model_version',
  ])
    expect(row[column]).toBeUndefined();
});

test('among several names of one column the canonical one wins in any order, the others stay free', () => {
  const names = {
    'gen_ai.request.model': 'asked',
    'pegbar.model.version': 'mine',
    'gen_ai.response.model': 'told',
  };
  for (const keys of [Object.entries(names), Object.entries(names).reverse()]) {
    const row = one({ attributes: Object.fromEntries(keys) });
    expect(row.model_version).toBe('mine');
    expect(row.attributes).toEqual({ 'gen_ai.request.model': 'asked', 'gen_ai.response.model': 'told' });
  }
});

test('of a key that comes twice the first is kept and the second counted', () => {
  const attributes = ['a', 'b'].map((stringValue) => ({ key: 'k', value: { stringValue } }));
  const kit = createKit();
  const given = span() as { attributes: object[] };
  given.attributes = attributes;
  const done = kit.decode(request([given]));
  expect(done.rows[0]!.attributes).toEqual({ k: 'a' });
  expect(done.dropped.repeated).toBe(1);
});

test('free values become text: exact ints, shortest doubles, base64, JSON', () => {
  const values: [unknown, string][] = [
    ['text', 'text'],
    ['', ''],
    ['quote \'"\\;--<script>', 'quote \'"\\;--<script>'],
    ['a\0b', 'a\0b'],
    [true, 'true'],
    [false, 'false'],
    [0n, '0'],
    [2147483647n, '2147483647'],
    [2147483648n, '2147483648'],
    [-1n, '-1'],
    [9007199254740993n, '9007199254740993'],
    [-9223372036854775808n, '-9223372036854775808'],
    [0.1, '0.1'],
    [1e21, '1e+21'],
    [-0, '0'],
    [123.4567, '123.4567'],
    [1 / 3, String(1 / 3)],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Uint8Array.of(0, 255), 'AP8='],
    [undefined, ''],
    [[5n, undefined], '[5,null]'],
    [{ a: [true, 1.5, 'x'], b: { c: Uint8Array.of(1) } }, '{"a":[true,1.5,"x"],"b":{"c":"AQ=="}}'],
    [[9007199254740993n, Number.NaN], '[9007199254740993,"NaN"]'],
  ];
  const given = Object.fromEntries(values.map(([value], index) => [`k${index}`, value]));
  const want = Object.fromEntries(values.map(([, text], index) => [`k${index}`, text]));
  expect(one({ attributes: given }).attributes).toEqual(want);
});

test('bad UTF-8 is replaced in every kind of text, a byte order mark is kept', () => {
  const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
  const body = Buffer.from(
    request([
      span({ name: 'n??', traceState: 's??', attributes: { 'k??': 'v??', 'pegbar.request.id': 'r??' } }),
    ]),
  );
  const bad = Buffer.from(body.toString('latin1').replaceAll('??', '\xc3('), 'latin1');
  const row = createKit().decode(bad).rows[0]!;
  const text = latin('\xc3(').toString('utf8');
  expect(row).toMatchObject({ name: `n${text}`, trace_state: `s${text}`, request_id: `r${text}` });
  expect(row.attributes).toEqual({ [`k${text}`]: `v${text}` });
  expect(one({ attributes: { k: '\ufeffx' }, name: '\ufeffy' })).toMatchObject({
    name: '\ufeffy',
    attributes: { k: '\ufeffx' },
  });
});

test('long values are kept up to the limit and cut at a whole character', () => {
  expect(one({ attributes: { big: 'x'.repeat(70_000) } }).attributes).toEqual({ big: 'x'.repeat(70_000) });
  const done = createKit().decode(request([span({ attributes: { big: '図'.repeat(MAX_VALUE_BYTES / 2) } })]));
  const text = (done.rows[0]!.attributes as { big: string }).big;
  expect(text).toBe('図'.repeat(Math.floor(MAX_VALUE_BYTES / 3)));
  expect(done.truncated).toBe(1);
});

test('free attributes beyond the limit are counted, columns are filled all the same', () => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, 'v']));
  const done = createKit().decode(request([span({ attributes: { ...many, 'pegbar.stage': 'generate' } })]));
  expect(Object.keys(done.rows[0]!.attributes as object)).toHaveLength(MAX_ATTRIBUTES);
  expect(done.rows[0]!.pipeline_stage).toBe('generate');
  expect(done.dropped.attributes).toBe(200 - MAX_ATTRIBUTES);
});

/** A span whose attribute is an array in an array and so on, deeper than encoders go. */
function deepArrays(depth: number): Buffer {
  const field = (number: number, body: Buffer): Buffer => {
    const size = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
    return Buffer.concat([Buffer.from([number * 8 + 2, ...size]), body]);
  };
  let value: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) value = field(5, field(1, value));
  const ids = [field(1, Buffer.from(id(16))), field(2, Buffer.from(id(8)))];
  const end = Buffer.alloc(9, 0x41);
  end.writeBigUInt64LE(NOW_NS, 1);
  const attribute = field(9, Buffer.concat([field(1, Buffer.from('k')), field(2, value)]));
  return field(1, field(2, field(2, Buffer.concat([...ids, end, attribute]))));
}

test('values nested too deeply end in null and are counted', () => {
  let value: unknown = 'deep';
  for (let depth = 0; depth < 40; depth++) value = [value];
  const done = createKit().decode(request([span({ attributes: { value } })]));
  expect((done.rows[0]!.attributes as { value: string }).value).toMatch(/^\[{16}null\]{16}$/);
  expect(done.truncated).toBe(1);
  expect(() => createKit().decode(deepArrays(200))).toThrow(MalformedError);
});

test('an invalid span is rejected alone, with a reason', () => {
  const end = String(NOW_NS);
  const bad = [
    { traceId: new Uint8Array(16) },
    { traceId: id(15) },
    { spanId: new Uint8Array(8) },
    { spanId: id(9) },
    { parentSpanId: id(7) },
    { endTimeUnixNano: '0' },
    { endTimeUnixNano: '1' },
    { endTimeUnixNano: String(2n ** 63n + 5n) },
    { endTimeUnixNano: String(NOW_NS + 86_401_000_000_000n) },
  ].map((given) => span({ startTimeUnixNano: end, endTimeUnixNano: end, ...given }));
  const done = createKit().decode(request([span(), ...bad, span()]));
  expect(done).toMatchObject({ spans: 2, rejected: bad.length, duplicates: 0 });
  expect(done.rows).toHaveLength(2);
  expect(done.reasons).toContain('2 × trace id');
  expect(done.reasons).toContain('more than 24 h ahead');
});

test('a span that ended before it started, or has no start, has no duration', () => {
  const end = String(NOW_NS);
  expect(one({ startTimeUnixNano: '0', endTimeUnixNano: end }).duration_ns).toBeUndefined();
  const done = createKit().decode(
    request([
      span({ startTimeUnixNano: String(NOW_NS + 1n) }),
      span({ startTimeUnixNano: String(2n ** 64n - 1n) }),
    ]),
  );
  expect(done.rows.map((row) => row.duration_ns)).toEqual([undefined, undefined]);
  expect(done.endedBeforeStart).toBe(2);
});

test('the same ids again are a duplicate within a tenant, in one request and across requests', () => {
  const kit = createKit();
  const ids = { traceId: id(16), spanId: id(8) };
  const body = request([span(ids), span(ids), span({ ...ids, attributes: { 'pegbar.tenant': 'other' } })]);
  expect(kit.decode(body)).toMatchObject({ spans: 2, duplicates: 1 });
  expect(kit.decode(body)).toMatchObject({ spans: 0, duplicates: 3 });
});

test("the tenant is the key's, else the span's, else the resource's, else default", () => {
  const resource = { 'pegbar.tenant': 'house' };
  expect(one({}, {}).tenant).toBe('default');
  expect(one({}, resource).tenant).toBe('house');
  expect(one({ attributes: { 'tenant.id': 'mine' } }, resource)).toMatchObject({ tenant: 'mine' });
  const kit = createKit();
  const body = request([span({ attributes: { 'pegbar.tenant': 'mine' } }), span()], resource);
  const done = kit.decode(body, 'fixed');
  expect(done.rows.map((row) => [row.tenant, row.attributes])).toEqual([
    ['fixed', undefined],
    ['fixed', undefined],
  ]);
  expect(done.overriddenTenants).toBe(2);
  expect([...kit.seen.keys()]).toEqual(['fixed']);
});

test('a tenant whose name is not valid becomes default and is counted', () => {
  for (const name of ['a b', '../x', '', 'x'.repeat(65), 'ä']) {
    const done = createKit().decode(request([span({ attributes: { 'pegbar.tenant': name } })]));
    expect(done.rows[0]!.tenant).toBe('default');
    expect(done.badTenants).toBe(1);
  }
});

test('the resource gives service, JSON and defaults that a span overrides', () => {
  const resource = {
    'service.name': 'worker',
    'cloud.region': 'eu',
    'hw.model': 'H100',
    'pegbar.request.id': 'not for all',
    retries: 3n,
    'user.id': 'ann',
  };
  const row = one({ attributes: { 'pegbar.region': 'us' } }, resource);
  expect(row).toMatchObject({ service: 'worker', region: 'us', gpu_type: 'H100' });
  expect(row.request_id).toBeUndefined();
  const { 'user.id': _, ...told } = resource;
  expect(JSON.parse(row.resource as string)).toEqual({ ...told, retries: 3 });
  expect(one({}, resource).region).toBe('eu');
});

test('fields may come in any order and in parts', () => {
  const resource = (values: Record<string, string>) =>
    encode({
      resourceSpans: [
        { resource: { attributes: Object.entries(values).map(([key, v]) => ({ key, value: anyValue(v) })) } },
      ],
    });
  const inner = (bytes: Uint8Array): Buffer => Buffer.from(bytes).subarray(bytes[1]! < 128 ? 2 : 3);
  const spans = inner(
    encode({ resourceSpans: [{ scopeSpans: [{ spans: [span({ attributes: { k: 'v' } })] }] }] }),
  );
  const parts = [spans, inner(resource({ 'service.name': 'late' })), inner(resource({ extra: 'part' }))];
  const message = Buffer.concat(parts);
  const head = [0x0a];
  for (let rest = message.length; ; rest >>>= 7) {
    if (rest < 128) {
      head.push(rest);
      break;
    }
    head.push((rest & 127) | 128);
  }
  const row = createKit().decode(Buffer.concat([Buffer.from(head), message])).rows[0]!;
  expect(row.service).toBe('late');
  expect(JSON.parse(row.resource as string)).toEqual({ 'service.name': 'late', extra: 'part' });
});

test('the scope is its name and version', () => {
  const body = (scope: object) => encode({ resourceSpans: [{ scopeSpans: [{ scope, spans: [span()] }] }] });
  expect(createKit().decode(body({ name: 'tracer', version: '1.2' })).rows[0]!.scope).toBe('tracer@1.2');
  expect(createKit().decode(body({ name: 'tracer' })).rows[0]!.scope).toBe('tracer');
});

test('errors carry the code of the taxonomy and the message', () => {
  const failed = { code: 2, message: 'lost' };
  const row = (given: object) => one({ status: failed, ...given });
  expect(row({})).toMatchObject({ status: 2, error_code: 'internal', error_message: 'lost' });
  expect(row({ attributes: { 'error.type': 'torch.cuda.OutOfMemoryError' } })).toMatchObject({
    error_code: 'oom',
    attributes: { 'error.type': 'torch.cuda.OutOfMemoryError' },
  });
  expect(row({ attributes: { 'error.type': 'timeout' } }).attributes).toBeUndefined();
  const exception = {
    name: 'exception',
    attributes: [{ key: 'exception.type', value: anyValue('CancelledError') }],
  };
  expect(row({ events: [exception] }).error_code).toBe('cancelled');
  expect(row({ status: { code: 2, message: 'CUDA error: device-side assert' } }).error_code).toBe('cuda');
  expect(one({ status: { code: 1 }, events: [exception] }).error_code).toBeUndefined();
  expect(row({ attributes: { 'error.message': 'told' } }).error_message).toBe('told');
});

test('a generate stage that names a picture made one, unless it failed or says how many', () => {
  const kit = createKit();
  const generate = { 'pegbar.stage': 'generate', 'pegbar.image.id': 'i' };
  const rows = kit.decode(
    request([
      span({ attributes: generate }),
      span({ attributes: { ...generate, 'pegbar.images': 4n } }),
      span({ attributes: { ...generate, 'pegbar.error.code': 'oom' } }),
      span({ attributes: { 'pegbar.stage': 'generate' } }),
      span({ attributes: { ...generate, 'pegbar.stage': 'upscale' } }),
    ]),
  ).rows;
  expect(rows.map((row) => row.images)).toEqual([1, 4, undefined, undefined, undefined]);
});

test('a generate stage without GPU seconds takes its duration, and a priced GPU type gives the cost', () => {
  const kit = createKit({ gpuPrice: (type) => (type === 'H100' ? 0.001 : 0) });
  const generate = { 'pegbar.stage': 'generate' };
  const rows = kit.decode(
    request([
      span({ attributes: generate }),
      span({ attributes: { ...generate, 'pegbar.gpu.type': 'H100' } }),
      span({
        attributes: {
          ...generate,
          'pegbar.gpu.type': 'H100',
          'pegbar.gpu.count': 4n,
          'pegbar.gpu.seconds': 0.5,
        },
      }),
      span({ attributes: { ...generate, 'pegbar.gpu.type': 'H100', 'pegbar.cost_usd': 9.5 } }),
      span({ attributes: { 'pegbar.stage': 'deliver', 'pegbar.gpu.type': 'H100' } }),
    ]),
  ).rows;
  expect(rows.map((row) => [row.gpu_seconds, row.cost_usd])).toEqual([
    [1, undefined],
    [1, 0.001],
    [0.5, 0.002],
    [1, 9.5],
    [undefined, undefined],
  ]);
});

test('events get rows of their own, boundary events also a row among the spans', () => {
  const time = NOW_NS - 60_000_500_000n;
  const events = [
    { name: 'cache.lookup', timeUnixNano: String(time), attributes: [{ key: 'hit', value: anyValue(true) }] },
    { name: 'frame_emitted', timeUnixNano: String(time + 1n) },
    { name: 'frame_emitted', timeUnixNano: String(time + 2n) },
    { name: 'timeless' },
  ];
  const attributes = {
    'pegbar.request.id': 'r1',
    'pegbar.stage': 'generate',
    'pegbar.model.version': 'v7',
    'pegbar.region': 'eu',
    'pegbar.tenant': 't1',
  };
  const done = createKit().decode(request([span({ events, attributes }), span({ attributes: { k: 'v' } })]));
  expect(done.spans).toBe(2);
  const [main, first, second, last] = done.rows;
  const tags = {
    tenant: 't1',
    request_id: 'r1',
    model_version: 'v7',
    region: 'eu',
    trace_id: main!.trace_id,
    span_id: main!.span_id,
  };
  expect(first).toEqual({
    ...tags,
    source: 17,
    name: 'frame_emitted',
    boundary: 'frame_emitted',
    timestamp: time + 1n,
  });
  expect(second).toMatchObject({ ...tags, timestamp: time + 2n });
  expect(last!.attributes).toEqual({ k: 'v' });
  expect(last!.request_id).toBeUndefined();
  expect(done.eventRows.map(({ name, timestamp }) => [name, timestamp])).toEqual([
    ['cache.lookup', time],
    ['frame_emitted', time + 1n],
    ['frame_emitted', time + 2n],
    ['timeless', main!.timestamp],
  ]);
  expect(done.eventRows[0]).toMatchObject({
    tenant: 't1',
    trace_id: main!.trace_id,
    attributes: { hit: 'true' },
  });
});

test('links are kept as JSON', () => {
  const traceId = id(16);
  const link = { traceId, spanId: id(8), traceState: 'x=y', attributes: [{ key: 'n', value: anyValue(5n) }] };
  const row = one({ links: [link, { traceId }] });
  expect(JSON.parse(row.links as string)).toEqual([
    { trace_id: hex(traceId), span_id: hex(link.spanId), trace_state: 'x=y', attributes: { n: 5 } },
    { trace_id: hex(traceId), span_id: '' },
  ]);
});

test('a prompt leaves its features, a user a keyed hash, and neither stands among the free attributes', () => {
  const attributes = {
    'gen_ai.prompt': 'a cat, 4k',
    'pegbar.negative_prompt': 'blur',
    'enduser.id': 'ann',
    'user.id': 'bob',
  };
  const row = one({ attributes });
  expect(row).toMatchObject({
    prompt: 'a cat, 4k',
    prompt_hash: 0xfedcba9876543210n,
    prompt_chars: 9,
    prompt_words: 3,
    prompt_tokens: 7,
    prompt_language: 'en',
    prompt_script: 'latin',
    prompt_tags: 2,
    negative_prompt: 'blur',
    negative_chars: 4,
    user_hash: BigInt(`0x${Buffer.from('bob').toString('hex')}0000000000`),
  });
  expect(row.attributes).toBeUndefined();
});

test('what the policy hides is hidden in columns, free attributes, events, links and resources', () => {
  const secret = 'ann@example.org';
  const hide = (text: string) => ({
    text: text.replaceAll(secret, '[email]'),
    redactions: text.includes(secret) ? 1 : 0,
  });
  const protector = {
    ...plainProtector,
    plain: false,
    text: hide,
    prompt: (text: string) => ({
      ...plainProtector.prompt(text),
      text: '',
      bins: new Uint16Array([5, 9]),
      redactions: 1,
    }),
    attribute: (key: string, value: unknown) => {
      if (key === 'password') return { keep: false, value: '', redactions: 1 };
      const { text, redactions } = hide(String(value));
      return { keep: true, value: redactions > 0 ? text : value, redactions };
    },
  } as typeof plainProtector;
  const kit = createKit({ protector });
  const attributes = {
    mail: secret,
    nested: { to: [secret] },
    password: 'x',
    n: 7n,
    prompt: `for ${secret}`,
  };
  const event = { name: 'e', attributes: [{ key: 'mail', value: anyValue(secret) }] };
  const link = { traceId: id(16), spanId: id(8), attributes: [{ key: 'mail', value: anyValue(secret) }] };
  const status = { code: 2, message: `no ${secret}` };
  const done = kit.decode(
    request([span({ attributes, events: [event], links: [link], status })], { owner: secret }),
  );
  expect(
    JSON.stringify([done.rows, done.eventRows], (_, v) => (typeof v === 'bigint' ? String(v) : v)),
  ).not.toContain(secret);
  const row = done.rows[0]!;
  expect(row.attributes).toEqual({ mail: '[email]', nested: '{"to":["[email]"]}', n: '7' });
  expect(row).toMatchObject({ prompt_bins: [5, 9], error_message: 'no [email]' });
  expect(row.prompt).toBeUndefined();
  expect(JSON.parse(row.resource as string)).toEqual({ owner: '[email]' });
  expect(row.redactions).toBe(7);
  expect(done.redactions).toBe(8);
});

test('spans of a user who wants no telemetry are left out and counted, without a duplicate mark', () => {
  const protector = {
    ...plainProtector,
    optedOut: (hash: string) => hash.startsWith(Buffer.from('gone').toString('hex')),
  };
  const kit = createKit({ protector });
  const done = kit.decode(
    request([span({ attributes: { 'user.id': 'gone' } }), span({ attributes: { 'user.id': 'here' } })]),
  );
  expect(done).toMatchObject({ spans: 1, optedOut: 1, rejected: 0 });
  expect(kit.seen.get('default')!.size).toBe(1);
});

test('a latency that repeats the duration is not kept twice, another one is', () => {
  expect(one({ attributes: { latency_ms: 1000 } }).attributes).toBeUndefined();
  expect(one({ attributes: { latency_ms: 900n } }).attributes).toEqual({ latency_ms: '900' });
});

test('an empty request is no spans', () => {
  expect(createKit().decode(new Uint8Array(0))).toMatchObject({ spans: 0, rejected: 0, reasons: '' });
});

test('a malformed request throws wherever it is cut, and a rollback leaves nothing of it', () => {
  const kit = createKit();
  const blocks = newBlocks();
  const context = { tenant: null, receivedMs: RECEIVED_MS };
  kit.decoder.decode(request([span({ attributes: { k: 'v', 'image.steps': 9n } })]), blocks, context);
  const before = Buffer.concat([...blocks.spans.encode(), ...blocks.events.encode()]);
  const body = request(
    [
      span({
        attributes: { new: 'text', 'gen_ai.prompt': 'p', 'pegbar.loras': ['a'], nested: [1n, { a: 2n }] },
        events: [{ name: 'frame_emitted', attributes: [{ key: 'x', value: anyValue([1n]) }] }],
        links: [{ traceId: id(16), spanId: id(8) }],
        status: { code: 2, message: 'm' },
      }),
    ],
    { 'service.name': 's', 'pegbar.region': 'eu' },
  );
  for (let cut = 1; cut < body.length; cut++) {
    blocks.spans.mark();
    blocks.events.mark();
    expect(() => kit.decoder.decode(body.subarray(0, cut), blocks, context), `cut at ${cut}`).toThrow(
      MalformedError,
    );
    blocks.spans.rollback();
    blocks.events.rollback();
  }
  expect(Buffer.concat([...blocks.spans.encode(), ...blocks.events.encode()]).equals(before)).toBe(true);
});

test.each([
  ['field number 0', '0001'],
  ['a number that never ends', 'ffffffff'],
  ['a number of eleven bytes', '08ffffffffffffffffffff01'],
  ['a length beyond the request', '0a05'],
  ['a group', '0b0c'],
  ['wire type 6', '0e'],
  ['wire type 7', '0f'],
  ['a known field with another wire type', '0800'],
])('%s is malformed', (_name, bytes) => {
  expect(() => createKit().decode(Buffer.from(bytes, 'hex'))).toThrow(MalformedError);
});

test('unknown fields are skipped at every level', () => {
  const unknown = Buffer.from('a00601a1060102030405060708a20601ffa50601020304', 'hex');
  const wrap = (field: number, ...parts: Uint8Array[]): Buffer => {
    const body = Buffer.concat([...parts, unknown]);
    return Buffer.concat([Buffer.from([field * 8 + 2, body.length]), body]);
  };
  const value = wrap(2, Buffer.from('0a0176', 'hex'));
  const attribute = wrap(9, Buffer.from('0a016b', 'hex'), value);
  const ids = Buffer.concat([Buffer.from('0a10', 'hex'), id(16), Buffer.from('1208', 'hex'), id(8)]);
  const end = Buffer.alloc(9);
  end[0] = 0x41;
  end.writeBigUInt64LE(NOW_NS, 1);
  const spanBytes = Buffer.concat([ids, end, unknown, attribute]);
  const spanField = Buffer.concat([Buffer.from([0x12, spanBytes.length + 0]), spanBytes]);
  const length = (bytes: Buffer): Buffer => Buffer.from([(bytes.length & 127) | 128, bytes.length >> 7]);
  const scoped = Buffer.concat([wrap(1, Buffer.from('0a0173', 'hex')), unknown, spanField]);
  const scopeSpans = Buffer.concat([Buffer.from([0x12]), length(scoped), scoped]);
  const inner = Buffer.concat([wrap(1), unknown, scopeSpans]);
  const body = Buffer.concat([Buffer.from([0x0a]), length(inner), inner, unknown]);
  const done = createKit().decode(body);
  expect(done.spans).toBe(1);
  expect(done.rows[0]).toMatchObject({ attributes: { k: 'v' }, scope: 's' });
});

test('a huge list is cut at the room of a value, and what is left of it is still JSON', () => {
  const list = Array.from({ length: 100_000 }, () => 'item');
  const done = createKit().decode(request([span({ attributes: { list } })]));
  const kept = (done.rows[0]!.attributes as { list: string }).list;
  expect(kept.length).toBeLessThan(MAX_VALUE_BYTES * 1.1);
  expect(JSON.parse(kept).length + done.truncated).toBeGreaterThanOrEqual(list.length);
});

test('events, links and list items beyond their limits are counted, not kept', () => {
  const events = Array.from({ length: MAX_EVENTS + 5 }, () => ({ name: 'e' }));
  const links = Array.from({ length: MAX_LINKS + 3 }, () => ({ traceId: id(16), spanId: id(8) }));
  const attributes = { 'pegbar.control_maps': Array.from({ length: MAX_ITEMS + 2 }, () => 'm') };
  const done = createKit().decode(request([span({ events, links, attributes })]));
  expect(done.eventRows).toHaveLength(MAX_EVENTS);
  expect(JSON.parse(done.rows[0]!.links as string)).toHaveLength(MAX_LINKS);
  expect(done.rows[0]!.control_maps).toHaveLength(MAX_ITEMS);
  expect(done).toMatchObject({ dropped: { events: 5, links: 3 }, truncated: 2 });
});

test('more messages than any sender needs are refused at once', () => {
  expect(() => createKit().decode(Buffer.from('0a00'.repeat(MAX_MESSAGES + 1), 'hex'))).toThrow(
    MalformedError,
  );
});

test('a small request cannot copy itself into gigabytes', () => {
  const long = 'x'.repeat(500);
  const attributes = { 'pegbar.request.id': long, 'pegbar.image.id': long, 'session.id': long };
  const events = Array.from({ length: MAX_EVENTS }, () => ({ name: 'frame_emitted' }));
  const spans = Array.from({ length: 80 }, () => span({ attributes, events }));
  const blocks = newBlocks();
  const done = createKit().decoder.decode(request(spans), blocks, { tenant: null, receivedMs: RECEIVED_MS });
  expect(done.spans).toBe(80);
  expect(done.dropped.copies).toBeGreaterThan(0);
  expect(blocks.spans.rows + done.dropped.copies).toBe(80 + 80 * MAX_EVENTS);
});
