import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableOf } from '@pegbar/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { BlockBuilder } from '../native/index.ts';
import { type RunningServer, startServer } from '../server.ts';
import { engineMissing } from '../store/engine/testing.ts';

const missing = engineMissing();
type Row = Record<string, unknown>;

describe.skipIf(missing !== null)(`dead letters${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const data = mkdtempSync(join(tmpdir(), 'pegbar-letters-'));
  const now = Date.now();
  let server: RunningServer;

  beforeAll(async () => {
    const config = loadConfig({
      argvOptions: {
        data,
        port: '0',
        'otlp-http-port': '0',
        'otlp-grpc-port': '0',
        'log-level': 'silent',
        'min-free': '1MB',
      },
      env: {},
      readFile: () => undefined,
    });
    if (!config.ok) throw new Error(JSON.stringify(config.error));
    server = await startServer(config.value);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(data, { recursive: true, force: true });
  });

  const ask = async (method: string, path: string, body?: unknown): Promise<Row> => {
    const init =
      body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return (await (await fetch(`${server.url}${path}`, { method, ...init })).json()) as Row;
  };
  /** A segment as the spool puts it aside. */
  function bury(name: string, requests: readonly string[]): void {
    const builder = new BlockBuilder(tableOf('spans'));
    for (const request_id of requests)
      builder.append({
        tenant: 'a',
        timestamp: BigInt(now) * 1_000_000n,
        request_id,
        pipeline_stage: 'deliver',
        outcome: 'succeeded',
        model_version: 'v6',
        part: now - (now % 86_400_000),
        seg: 77n,
      });
    writeFileSync(join(data, 'spool', 'dead', name), Buffer.concat(builder.encode()));
    writeFileSync(join(data, 'spool', 'dead', `${name}.reason`), 'no column like that');
  }
  const count = async (): Promise<unknown> =>
    (
      (await ask('POST', '/api/v1/query', { sql: "SELECT count() FROM stages WHERE tenant = 'a'" }))
        .rows as unknown[][]
    )[0]![0];

  it('are listed, loaded with what follows from them, and gone', async () => {
    bury('0000000077.spans.native', ['r1', 'r2']);
    expect((await ask('GET', '/api/v1/dead-letters')).items).toMatchObject([
      {
        id: '0000000077.spans.native',
        table: 'spans',
        rows: 2,
        timestamp: expect.any(String),
        reason: 'no column like that',
      },
    ]);
    expect(await ask('POST', '/api/v1/dead-letters/replay', {})).toEqual({
      replayed: 1,
      rows: 2,
      failed: [],
    });
    await ask('POST', '/api/v1/flush');
    expect((await ask('GET', '/api/v1/dead-letters')).items).toEqual([]);
    expect(await ask('GET', '/api/v1/requests/r1')).toMatchObject({
      request: { outcome: 'succeeded', tenant: 'a' },
    });
    const kpis = (await ask('GET', '/api/v1/kpis?metrics=requests&by=tenant')).series as { points: Row[] }[];
    expect(kpis[0]!.points[0]!.value).toBe(2);
  });

  it('are not stored twice where they were stored meanwhile', async () => {
    bury('0000000077.spans.native', ['r1', 'r2']);
    expect(
      await ask('POST', '/api/v1/dead-letters/replay', { ids: ['0000000077.spans.native'] }),
    ).toMatchObject({ replayed: 1 });
    await ask('POST', '/api/v1/flush');
    expect(await count()).toBe('2');
  });

  it('keep their requests when they are replayed again', async () => {
    const requests = await ask('POST', '/api/v1/query', {
      sql: 'SELECT request_id, stages FROM requests ORDER BY request_id',
    });
    expect(requests.rows).toEqual([
      ['r1', '1'],
      ['r2', '1'],
    ]);
  });

  it('stay where they cannot be read, and others go on', async () => {
    writeFileSync(join(data, 'spool', 'dead', '0000000078.spans.native'), 'no block at all');
    bury('0000000079.spans.native', ['r1', 'r2']);
    const done = await ask('POST', '/api/v1/dead-letters/replay', {});
    expect(done).toMatchObject({
      replayed: 1,
      failed: [{ id: '0000000078.spans.native', message: expect.any(String) }],
    });
    expect((await ask('GET', '/api/v1/dead-letters')).items).toMatchObject([
      { id: '0000000078.spans.native', rows: 0 },
    ]);
    expect(await ask('POST', '/api/v1/dead-letters/replay', { ids: ['../state.db'] })).toMatchObject({
      replayed: 0,
      failed: [{ id: '../state.db', message: 'there is no such dead letter' }],
    });
  });
});
