// What is fed with bad inputs in this process. A target makes an input for a run and takes it; it throws on a breach.
import { gunzipSync } from 'node:zlib';
import { systemClock } from '../../packages/pegbar/dist/base/clock.js';
import { createCounters } from '../../packages/pegbar/dist/base/counters.js';
import { silentLog } from '../../packages/pegbar/dist/base/log.js';
import { createEventIntake, createIntake, createOtlpSink } from '../../packages/pegbar/dist/ingest/index.js';
import { inflate } from '../../packages/pegbar/dist/ingest/otlp/inflate.js';
import { jsonToProtobuf } from '../../packages/pegbar/dist/ingest/otlp/json.js';
import { readBlock } from '../../packages/pegbar/dist/native/index.js';
import { BlockError } from '../../packages/pegbar/dist/native/reader.js';
import { createPrivacy } from '../../packages/pegbar/dist/privacy/index.js';
import { BLOCK_FRAME, encodeCommit, IDS_FRAME, parseLog } from '../../packages/pegbar/dist/spool/format.js';
import { GZIP, JSON_BODIES, NDJSON, NOW_MS, PROTOBUF } from './corpus.mjs';
import { mutate } from './mutate.mjs';
import { picturesTarget } from './pictures.mjs';

const LIMIT_BYTES = 1024 * 1024;
const clock = { ...systemClock, now: () => NOW_MS, sleep: () => Promise.resolve() };

/** The intake over a spool that reads back what it is given. */
function intakeKit() {
  const counters = createCounters();
  const kit = { rows: 0, blocks: [] };
  const spool = {
    async commit(make) {
      for (const frame of make({ seg: 2 ** 33 + 5, day: 20_000 })) {
        if (frame.kind !== BLOCK_FRAME) continue;
        const bytes = Buffer.concat(frame.parts);
        const view = readBlock(bytes);
        if (view.rows !== frame.rows) throw new Error(`${frame.rows} rows written, ${view.rows} read`);
        kit.rows += frame.rows;
        kit.blocks[0] = bytes;
      }
    },
    roll: () => Promise.resolve(),
    backlog: () => ({ bytes: 0, rows: 0, age_ms: 0 }),
  };
  const intake = createIntake({
    spool,
    clock,
    counters,
    log: silentLog,
    maxBacklogBytes: 1e12,
    diskFree: () => 1e15,
    minFreeBytes: 0,
  });
  const privacy = createPrivacy({
    secretOf: () => Buffer.alloc(32, 7),
    policyOf: (tenant) => ({
      prompts: tenant === 'studio' ? 'hash' : 'redact',
      redact: { patterns: [], keys: ['email'] },
    }),
    optedOut: () => false,
    counters,
  });
  return { ...kit, kit, counters, intake, protectorOf: (tenant) => privacy.forTenant(tenant) };
}

const pick = (list, random) => list[random(list.length)];

function otlpTarget(bodyOf) {
  const { intake, counters, protectorOf, kit } = intakeKit();
  const sink = createOtlpSink({ intake, counters, log: silentLog, protectorOf, gpuPrice: () => 0.001 });
  return {
    input: (random) => bodyOf(random),
    async take({ signal, body }) {
      const before = kit.rows;
      const answer = sink.accept(signal, body, { tenant: null, receivedMs: NOW_MS });
      if (counters.total('pegbar_decoder_faults_total') > 0)
        throw new Error('a decoder failed by something else than the input');
      if (answer.kind === 'overloaded') throw new Error('refused without load');
      if (answer.kind === 'accepted') await answer.durable;
      else {
        await intake.durable();
        if (kit.rows !== before) throw new Error('a refused request left rows');
      }
    },
    body: ({ body }) => body,
  };
}

const SIGNALS = ['traces', 'metrics', 'logs'];

export const TARGETS = {
  otlp_protobuf: () =>
    otlpTarget((random) => {
      const signal = pick(SIGNALS, random);
      return { signal, body: mutate(pick(PROTOBUF[signal], random), random) };
    }),
  otlp_json() {
    const target = otlpTarget((random) => {
      const signal = pick(SIGNALS, random);
      return { signal, body: mutate(pick(JSON_BODIES[signal], random), random) };
    });
    return {
      ...target,
      async take({ signal, body }) {
        const made = jsonToProtobuf(signal, body, LIMIT_BYTES);
        if (made.ok) await target.take({ signal, body: Buffer.from(made.value) });
      },
    };
  },
  events() {
    const { intake, counters, protectorOf } = intakeKit();
    const options = { intake, clock, counters, protectorOf, gpuPrice: () => 0.001 };
    const events = createEventIntake({ ...options, knownImports: async () => new Set() });
    return {
      input: (random) => mutate(pick(NDJSON, random), random),
      async take(body) {
        const told = await events.accept(body.toString('utf8'), { tenant: null });
        for (const n of [told.accepted, told.duplicates, told.rejected.length])
          if (!Number.isInteger(n) || n < 0)
            throw new Error(`an answer without sense: ${JSON.stringify(told)}`);
      },
      body: (body) => body,
    };
  },
  gzip: () => ({
    input: (random) => mutate(pick(GZIP, random), random),
    take: (body) =>
      new Promise((resolve, reject) => {
        let held = 0;
        const hold = (bytes) => {
          held += bytes;
          return held <= 4 * LIMIT_BYTES;
        };
        inflate(body, 'gzip', { bytes: LIMIT_BYTES, hold }, (result) => {
          if (result.kind === 'ok' && result.bytes.length > LIMIT_BYTES)
            reject(new Error('more than the limit'));
          else if (result.kind === 'ok' && !result.bytes.equals(gunzipSync(body)))
            reject(new Error('other bytes than gunzip'));
          else resolve();
        });
      }),
    body: (body) => body,
  }),
  spool_log() {
    const frame = (kind, name, text) => ({ kind, name, rows: 1, parts: [Buffer.from(text)] });
    const log = Buffer.concat(
      [0, 1, 2].flatMap((number) =>
        encodeCommit(number, NOW_MS, [
          frame(BLOCK_FRAME, 'spans', 'PGB1'.repeat(9)),
          frame(IDS_FRAME, 'spans/t', '12345678'),
        ]),
      ),
    );
    return {
      input: (random) => mutate(log, random),
      async take(body) {
        const { commits, goodBytes, tornBytes } = parseLog(body);
        if (goodBytes + tornBytes !== body.length) throw new Error('bytes that nobody answers for');
        for (const { frames } of commits)
          for (const { bytes } of frames)
            if (!['PGB1'.repeat(9), '12345678'].includes(bytes.toString('latin1')))
              throw new Error('a frame that nobody wrote');
      },
      body: (body) => body,
    };
  },
  async native_block() {
    const { intake, counters, protectorOf, kit } = intakeKit();
    const sink = createOtlpSink({ intake, counters, log: silentLog, protectorOf, gpuPrice: () => 0 });
    const answer = sink.accept('traces', PROTOBUF.traces[0], { tenant: null, receivedMs: NOW_MS });
    await answer.durable;
    const [block] = kit.blocks;
    return {
      input: (random) => mutate(block, random),
      async take(body) {
        try {
          const view = readBlock(body);
          for (const column of view.columns.values()) if (view.rows > 0) column.at(0);
        } catch (error) {
          if (!(error instanceof BlockError)) throw error;
        }
      },
      body: (body) => body,
    };
  },
  pictures: picturesTarget,
};
