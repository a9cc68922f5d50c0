import { tableOf } from '@pegbar/contract';
import { expect, test } from 'vitest';
import { BlockBuilder, readBlock } from '../../../native/index.ts';
import { jsonToProtobuf } from '../json.ts';
import type { OtlpContext } from '../sink.ts';
import { MalformedError } from '../spans/wire.ts';
import { encode } from '../testkit.ts';
import { decodeLogs } from './logs.ts';
import type { DecodedRows, TextProtection } from './rows.ts';

type Row = Record<string, unknown>;
const AT = 1_800_000_000_000;
const NS = BigInt(AT) * 1_000_000n;
const plain: TextProtection = {
  plain: true,
  text: (text) => ({ text, redactions: 0 }),
  attribute: (_key, value) => ({ keep: true, value, redactions: 0 }),
  identity: (id) => id,
  userHash: (id) => `hash of ${id}`,
  optedOut: (hash) => hash === 'hash of gone',
};

function decode(
  bytes: Uint8Array,
  context: Partial<OtlpContext> = {},
  protect: (tenant: string) => TextProtection = () => plain,
): { rows: Row[]; scores: Row[]; result: DecodedRows } {
  const all: [string, Row][] = [];
  const sink = { append: (table: string, row: Row) => void all.push([table, row]) };
  const result = decodeLogs(bytes, { tenant: null, receivedMs: AT, ...context }, sink, protect);
  for (const name of ['logs', 'scores'])
    fitsTable(
      name,
      all.filter(([table]) => table === name).map(([, row]) => row),
    );
  const of = (name: string): Row[] => all.filter(([table]) => table === name).map(([, row]) => row);
  return { rows: of('logs'), scores: of('scores'), result };
}

/** Records as OTLP/JSON. */
function request(records: unknown[], resource: unknown[] = []): Uint8Array {
  const json = {
    resourceLogs: [
      { resource: { attributes: resource }, scopeLogs: [{ scope: { name: 's' }, logRecords: records }] },
    ],
  };
  const bytes = jsonToProtobuf('logs', Buffer.from(JSON.stringify(json)), 64 << 20);
  if (!bytes.ok) throw new Error(bytes.error.message);
  return bytes.value;
}
const text = (key: string, value: string): unknown => ({ key, value: { stringValue: value } });

/** The rows go into the table's own builder, so that no column is misnamed or mistyped. */
function fitsTable(name: string, rows: Row[]): void {
  const builder = new BlockBuilder(tableOf(name));
  for (const row of rows) builder.append(row);
  if (rows.length > 0) expect(readBlock(Buffer.concat(builder.encode())).rows).toBe(rows.length);
}

test('a record becomes a row with its ids, severity, body, tags and free attributes', () => {
  const { rows, result } = decode(
    request(
      [
        {
          timeUnixNano: String(NS - 5n),
          observedTimeUnixNano: String(NS - 3n),
          severityNumber: 17,
          severityText: 'ERROR',
          body: { stringValue: 'CUDA out of memory' },
          traceId: '0102030405060708090A0b0c0d0e0f10',
          spanId: '0102030405060708',
          flags: 1,
          eventName: 'oom',
          attributes: [
            text('pegbar.request.id', 'r1'),
            text('pegbar.image.id', 'i1'),
            text('pegbar.stage', 'generate'),
            { key: 'n', value: { intValue: '9007199254740993' } },
          ],
        },
      ],
      [text('service.name', 'worker'), text('cloud.region', 'eu'), text('host.name', 'h1'), text('a', 'b')],
    ),
  );
  expect(result).toMatchObject({ rejected: 0, message: '', rows: 1 });
  expect(rows).toEqual([
    {
      tenant: 'default',
      timestamp: NS - 5n,
      observed: NS - 3n,
      trace_id: Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex'),
      span_id: Buffer.from('0102030405060708', 'hex'),
      severity_number: 17,
      severity: 'ERROR',
      body: 'CUDA out of memory',
      flags: 1,
      event_name: 'oom',
      request_id: 'r1',
      image_id: 'i1',
      pipeline_stage: 'generate',
      region: 'eu',
      service: 'worker',
      scope: 's',
      resource: '{"service.name":"worker","cloud.region":"eu","host.name":"h1","a":"b"}',
      attributes: { n: '9007199254740993' },
    },
  ]);
});

test('without a time the observation counts, without that the arrival', () => {
  const { rows } = decode(request([{ observedTimeUnixNano: String(NS - 9n) }, {}]));
  expect(rows.map((row) => [row.timestamp, row.observed])).toEqual([
    [NS - 9n, NS - 9n],
    [NS, NS],
  ]);
});

test('an impossible time is refused alone', () => {
  const { rows, result } = decode(
    request([{ timeUnixNano: '1' }, {}, { timeUnixNano: '18446744073709551615' }]),
  );
  expect(rows.length).toBe(1);
  expect(result).toMatchObject({ rejected: 2, message: '2 × time before 1990 or more than a day ahead' });
});

test('severity text and number stand in for each other', () => {
  const { rows } = decode(
    request([{ severityText: 'Warning' }, { severityNumber: 18 }, { severityNumber: 99 }, {}]),
  );
  expect(rows.map((row) => [row.severity_number, row.severity])).toEqual([
    [13, 'Warning'],
    [18, 'ERROR2'],
    [0, ''],
    [0, ''],
  ]);
});

test('ids that are none are left out and the record stays', () => {
  const { rows } = decode(request([{ traceId: '00'.repeat(16), spanId: 'abc' }]));
  expect([rows[0]!.trace_id, rows[0]!.span_id]).toEqual([undefined, undefined]);
});

test('structured bodies and values are JSON, bytes base64, empty values empty', () => {
  const list = {
    kvlistValue: {
      values: [
        {
          key: 'a',
          value: {
            arrayValue: { values: [{ boolValue: true }, {}, { doubleValue: 'NaN' }, { intValue: 1 }] },
          },
        },
        { key: 'b', value: { bytesValue: 'AP8=' } },
        { key: 'a', value: {} },
      ],
    },
  };
  const { rows } = decode(
    request([
      {
        body: list,
        attributes: [
          { key: 'l', value: list },
          { key: 'e', value: {} },
          { key: 'd', value: { doubleValue: 0.1 } },
          { key: 'b', value: { boolValue: false } },
        ],
      },
    ]),
  );
  const want = '{"a":[true,null,"NaN",1],"b":"AP8="}';
  expect(rows[0]!.body).toBe(want);
  expect(rows[0]!.attributes).toEqual({ l: want, e: '', d: '0.1', b: 'false' });
});

test('event.name from before the field existed is the event name', () => {
  const { rows } = decode(request([{ attributes: [text('event.name', 'old')] }]));
  expect([rows[0]!.event_name, rows[0]!.attributes]).toEqual(['old', {}]);
});

test('the first name of the contract wins, the item over its resource, and no value is lost', () => {
  const { rows } = decode(
    request(
      [
        {
          attributes: [
            text('model_version', 'alias'),
            text('gen_ai.request.model', 'asked'),
            text('pegbar.model.version', 'v7'),
            text('x', '1'),
            text('x', '2'),
          ],
        },
      ],
      [text('pegbar.model.version', 'resource'), text('tenant.id', 'studio')],
    ),
  );
  expect(rows[0]).toMatchObject({ model_version: 'v7', tenant: 'studio' });
  expect(rows[0]!.attributes).toEqual({ model_version: 'alias', 'gen_ai.request.model': 'asked', x: '1' });
});

test('the tenant of the key counts and the body that says otherwise is counted', () => {
  const bytes = request([{ attributes: [text('pegbar.tenant', 'b')] }, {}], [text('pegbar.tenant', 'a')]);
  const fixed = decode(bytes, { tenant: 'a' });
  expect(fixed.rows.map((row) => row.tenant)).toEqual(['a', 'a']);
  expect(fixed.result.overriddenTenants).toBe(1);
  expect(decode(bytes).rows.map((row) => row.tenant)).toEqual(['b', 'a']);
});

test('a tenant that is no name goes to default and is counted', () => {
  const { rows, result } = decode(request([{ attributes: [text('pegbar.tenant', '../x')] }]));
  expect([rows[0]!.tenant, result.badTenants]).toEqual(['default', 1]);
});

test('protection is asked by tenant, for bodies, attributes and resources', () => {
  const protect = (tenant: string): TextProtection => ({
    ...plain,
    plain: false,
    text: (value) => ({ text: `${tenant}:${value}`, redactions: 1 }),
    attribute: (key, value) => ({ keep: key !== 'email', value: `${tenant}:${key}:${value}`, redactions: 1 }),
  });
  const { rows, result } = decode(
    request(
      [
        {
          body: { stringValue: 'hi' },
          attributes: [text('email', 'a@b'), text('k', 'v'), text('pegbar.tenant', 't2')],
        },
        { body: { kvlistValue: { values: [text('k', 'v')] } } },
      ],
      [text('r', '1'), text('email', 'a@b')],
    ),
    {},
    protect,
  );
  expect(rows.map(({ body, attributes, resource }) => ({ body, attributes, resource }))).toEqual([
    { body: 't2:hi', attributes: { k: 't2:k:v' }, resource: '{"r":"t2:r:1"}' },
    { body: 'default:{"k":"v"}', attributes: {}, resource: '{"r":"default:r:1"}' },
  ]);
  expect(result.redactions).toBe(8);
});

test('users are told by a keyed hash only, and those who opted out are left out', () => {
  const { rows, result } = decode(
    request(
      [
        { attributes: [text('enduser.id', 'b'), text('user.id', 'ann'), text('x', 'y')] },
        { attributes: [text('user.id', 'gone')] },
        {},
      ],
      [text('user.id', 'host user')],
    ),
  );
  expect(rows.map(({ attributes, resource }) => [attributes, resource])).toEqual([
    [{ x: 'y', 'user.hash': 'hash of ann' }, ''],
    [{ 'user.hash': 'hash of host user' }, ''],
  ]);
  expect(result).toMatchObject({ optedOut: 1, rejected: 0, rows: 2 });
});

test('an evaluation event is a score of its picture, or of its trace', () => {
  const event = (attributes: unknown[], more = {}): unknown => ({
    eventName: 'gen_ai.evaluation.result',
    attributes: [text('gen_ai.evaluation.name', 'aesthetic'), ...attributes],
    ...more,
  });
  const { scores, rows } = decode(
    request([
      event([
        { key: 'gen_ai.evaluation.score.value', value: { doubleValue: 6.5 } },
        text('pegbar.image.id', 'i1'),
        text('pegbar.scorer', 'laion'),
      ]),
      event([text('gen_ai.evaluation.score.label', 'pass')], { traceId: '0102030405060708090a0b0c0d0e0f10' }),
      event([text('gen_ai.evaluation.score.label', 'of nothing')]),
      event([text('pegbar.image.id', 'no score')]),
    ]),
  );
  expect(rows.length).toBe(4);
  expect(scores).toMatchObject([
    { image_id: 'i1', name: 'aesthetic', value: 6.5, label: '', scorer: 'laion' },
    { request_id: '0102030405060708090a0b0c0d0e0f10', value: undefined, label: 'pass' },
  ]);
});

test('keys like __proto__ are kept and harm nothing; limits cut and count', () => {
  const many = Array.from({ length: 200 }, (_, i) => text(`k${i}`, 'v'));
  const { rows, result } = decode(request([{ attributes: [text('__proto__', 'x'), ...many] }]));
  expect(Object.keys(rows[0]!.attributes as object)).toContain('__proto__');
  expect(Object.keys(rows[0]!.attributes as object).length).toBe(128);
  expect(result.cut).toBe(73);
});

test('a resource that comes after its records still counts', () => {
  const records = encode('logs', {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ severityText: 'x' }] }] }],
  });
  const resource = encode('logs', {
    resourceLogs: [{ resource: { attributes: [{ key: 'service.name', value: { stringValue: 'late' } }] } }],
  });
  const group = Buffer.concat([records.subarray(2), resource.subarray(2)]);
  const { rows } = decode(Buffer.concat([Buffer.from([0x0a, group.length]), group]));
  expect(rows[0]!.service).toBe('late');
});

test.each(['ff', 'ffffffff', '0a', '0a05', '0a020a', '0a0412020a05', '0a0612041202ffff', '0b', '00'])(
  'the bytes %s are malformed',
  (hex) => {
    expect(() => decode(Buffer.from(hex, 'hex'))).toThrow(MalformedError);
  },
);

test('any cut of a request is malformed or a request of its own, and damage never throws anything else', () => {
  const bytes = Buffer.from(
    request([{ body: { stringValue: 'hello' }, attributes: [text('a', 'b')] }, { severityNumber: 9 }]),
  );
  for (let at = 0; at < bytes.length; at++) {
    for (const byte of [0, 0x7f, 0x80, 0xff]) {
      const damaged = Buffer.from(bytes);
      damaged[at] = byte;
      for (const each of [damaged, bytes.subarray(0, at)]) {
        try {
          decode(each);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }
    }
  }
});

test('thirty million empty messages cost no memory, and deep values are malformed', () => {
  const empty = Buffer.alloc(8 << 20);
  for (let i = 0; i < empty.length; i += 2) empty[i] = 0x0a;
  expect(decode(empty).rows.length).toBe(0);
  let value: Buffer = Buffer.alloc(0);
  for (let i = 0; i < 2000; i++) {
    const length = value.length;
    const head = (tag: number, n: number): number[] => [tag, (n & 127) | 128, (n >> 7) | 0];
    const inner = Buffer.concat([Buffer.from(head(0x0a, length)), value]);
    value = Buffer.concat([Buffer.from(head(0x2a, inner.length)), inner]);
    if (value.length > 8000) break;
  }
  const wrap = (tag: number, body: Buffer): Buffer =>
    Buffer.concat([Buffer.from([tag, (body.length & 127) | 128, body.length >> 7]), body]);
  expect(() => decode(wrap(0x0a, wrap(0x12, wrap(0x12, wrap(0x2a, value)))))).toThrow(MalformedError);
});
