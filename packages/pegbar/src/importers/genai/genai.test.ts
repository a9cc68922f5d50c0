import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseLine } from '@pegbar/contract';
import { expect, test } from 'vitest';
import type { Item } from '../deliver.ts';
import { csvFields } from './csv.ts';
import { genaiItems } from './items.ts';

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function items(name: string, source: AsyncIterable<Uint8Array>, kind?: string): Promise<Item[]> {
  const out: Item[] = [];
  for await (const item of genaiItems({ name, bytes: source, kind, tenant: undefined })) out.push(item);
  return out;
}

const records = (all: readonly Item[]): Record<string, unknown>[] =>
  all.flatMap((item) => ('event' in item ? [JSON.parse(Buffer.from(item.event).toString('utf8'))] : []));

const HEADER =
  'gmt_create,predict_type,predict_status,exec_time_seconds,groupId,prompt_length,negative_prompt_length,num_images_per_prompt,num_inference_steps,checkpoint_model_version_id,num_lora';

test('a request becomes a generate stage that the contract takes, nothing lost', async () => {
  const text = `${HEADER}\n2024-11-15 16:57:50,TXT_2_IMG,SUCCEED,32.0,G0000,63.0,26.0,4.0,30.0,M0000,2\n`;
  const all = await items('lora_request_trace.csv', bytes(text));
  const [item] = all;
  const parsed = parseLine(item && 'event' in item ? Buffer.from(item.event).toString('utf8') : '');
  expect(parsed).toMatchObject({
    ok: true,
    value: {
      type: 'stage',
      pipeline_stage: 'generate',
      outcome: 'succeeded',
      timestamp: { ms: Date.parse('2024-11-15T16:57:50Z') },
      user_id_hash: 'G0000',
      model: { version: 'M0000' },
      params: { steps: 30 },
      prompt: { length: 63 },
      resources: { batch_size: 4 },
      metrics: { latency_ms: 32_000 },
      attributes: {
        'pegbar.import': 'true',
        'pegbar.images': '4',
        'pegbar.lora_count': '2',
        'pegbar.negative_prompt.length': '26',
        'genai.predict_type': 'TXT_2_IMG',
        'genai.predict_status': 'SUCCEED',
      },
    },
  });
});

test('statuses map as the outside says, blank checkpoints and blank numbers stay blank', async () => {
  const row = (status: string) => `2024-11-15 16:57:50,TXT_2_IMG,${status},,G0000,63.0,,1.0,30.0,,0`;
  const text = [HEADER, row('FAILED'), row('PENDING'), row('PROCESSING')].join('\n');
  const all = records(await items('x.csv', bytes(text)));
  expect(all.map((one) => one.outcome)).toEqual(['failed', 'pending', 'pending']);
  expect(all[0]).toMatchObject({ model: { version: '' }, metrics: {}, prompt: { length: 63 } });
});

test('equal rows are different requests, and the same ones in a piece of the file', async () => {
  const row = '2024-11-15 16:57:50,TXT_2_IMG,SUCCEED,32.0,G0000,63.0,26.0,1.0,30.0,M0000,0';
  const other = row.replace('G0000', 'G0001');
  const ids = async (lines: string[]) =>
    records(await items('x.csv', bytes([HEADER, ...lines].join('\n')))).map((one) => one.event_id);
  const whole = await ids([row, other, row]);
  expect(new Set(whole).size).toBe(3);
  expect(await ids([row, other])).toEqual(whole.slice(0, 2));
  expect(new Set(await ids([row, row]))).toEqual(new Set([whole[0], whole[2]]));
});

test('samples become the record or the point that says them, whatever the order of their columns', async () => {
  const sample = async (name: string, header: string, row: string) => {
    const [item] = await items(name, bytes(`${header}\n${row}\n`));
    if (item && 'point' in item) return item.point;
    return item && 'event' in item ? JSON.parse(Buffer.from(item.event).toString('utf8')) : item;
  };
  const abc = 'timestamp_anon,value,container_ip';
  expect(await sample('basemodel_update_latency_8h.csv', abc, '1662859290.0,2639.0,c1')).toMatchObject({
    type: 'model_load',
    action: 'load',
    duration_ms: 2_639,
    host: 'c1',
    timestamp: 1_662_859_290_000,
  });
  expect(await sample('base_model_update_latency.csv', abc, '1.5,2,c1')).toMatchObject({
    type: 'model_load',
  });
  expect(
    await sample('pod_gpu_duty_cycle.csv', 'value,timestamp_anon,container_ip', '50.0,1662858720.0,c1'),
  ).toMatchObject({
    type: 'gpu',
    host: 'c1',
    util: 0.5,
  });
  expect(await sample('pod_gpu_memory_used_bytes.csv', abc, '1662858720.0,1048576.0,c1')).toMatchObject({
    name: 'hw.gpu.memory.usage',
    unit: 'By',
    value: 1_048_576,
  });
  expect(
    await sample('queue_size_raw.csv', 'value,container_ip,timestamp_anon', '3.0,,1662858720.0'),
  ).toMatchObject({
    type: 'queue',
    depth: 3,
  });
  expect(await sample('qps.csv', `${abc},request_type`, '1662859176.0,0.09,,API Requests')).toMatchObject({
    name: 'genai.requests.rate',
    value: 0.09,
    attributes: { 'genai.request_type': 'API Requests' },
  });
  expect(await sample('renamed.csv', abc, '1,2,c').catch((error: Error) => error.message)).toContain(
    '--kind',
  );
  expect((await items('renamed.csv', bytes(`${abc}\n1,2,c\n`), 'queue_rt'))[0]).toMatchObject({
    point: { name: 'pegbar.queue.wait', unit: 'ms', value: 2 },
  });
});

test('a bad line is told and the file goes on', async () => {
  const text = `timestamp_anon,value,container_ip\nsoon,1,c\n1,much,c\n1,2\n"1,2,c\n5,6,c\n`;
  const all = await items('queue_rt.csv', bytes(text));
  expect(all.map((item) => ('problem' in item ? item.problem.field : 'taken'))).toEqual([
    'timestamp_anon',
    'value',
    '',
    '',
    'taken',
  ]);
});

test('quotes in CSV hold commas and doubled quotes', () => {
  expect(csvFields('a,"b,""c""",,d')).toEqual(['a', 'b,"c"', '', 'd']);
  expect(csvFields('"a"b,c')).toBeUndefined();
  expect(csvFields('"open')).toBeUndefined();
});

/** Beside the clone; the trace may be used for study and not be redistributed. */
const DATA = fileURLToPath(new URL('../../../../../../shared/data/genai', import.meta.url));
const real = existsSync(DATA) ? test : test.skip;
if (!existsSync(DATA)) process.stderr.write('skipped: there is no ../shared/data/genai beside this clone\n');

real(
  'every row of the real request file is taken by the contract, with the figures of the file',
  async () => {
    const path = join(DATA, 'lora_request_trace_until_2024-11-24.csv');
    const all = await items(path, createReadStream(path));
    const rows = (await readFile(path, 'utf8')).trim().split('\n').slice(1);
    const outcomes = new Map<string, number>();
    const ids = new Set<string>();
    let images = 0;
    for (const item of all) {
      const parsed = parseLine('event' in item ? Buffer.from(item.event).toString('utf8') : '');
      if (!parsed.ok) throw new Error(`line ${item.line}: ${JSON.stringify(parsed.error)}`);
      if (parsed.value.type !== 'stage') throw new Error('not a stage');
      ids.add(parsed.value.event_id ?? '');
      images += Number(parsed.value.attributes['pegbar.images'] ?? 0);
      outcomes.set(parsed.value.outcome ?? '', (outcomes.get(parsed.value.outcome ?? '') ?? 0) + 1);
    }
    expect(ids.size).toBe(rows.length);
    const succeeded = rows.map((row) => row.split(',')).filter((fields) => fields[2] === 'SUCCEED');
    const made = succeeded.reduce((sum, fields) => sum + Number(fields[7]), 0);
    const failed = rows.filter((row) => row.split(',')[2] === 'FAILED').length;
    expect(Object.fromEntries(outcomes)).toEqual({ succeeded: rows.length - failed, failed });
    expect(images).toBe(made);
  },
);

real('every sample file of the real trace is recognised and read without a rejected line', async () => {
  for (const name of readdirSync(DATA).filter((one) => !one.startsWith('lora_request'))) {
    const all = await items(name, createReadStream(join(DATA, name)));
    expect(all.length, name).toBeGreaterThan(0);
    for (const item of all) {
      if ('problem' in item) throw new Error(`${name}:${item.line} ${item.problem.message}`);
      if (!('event' in item)) continue;
      const parsed = parseLine(Buffer.from(item.event).toString('utf8'));
      if (!parsed.ok) throw new Error(`${name}:${item.line} ${JSON.stringify(parsed.error)}`);
    }
  }
});
