import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { createClient } from './client.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { run } from './run.ts';
import { fakeServer, type Reply, type Seen } from './testkit.ts';

type Server = Awaited<ReturnType<typeof fakeServer>>;
let server: Server;
let reply: (seen: Seen) => Reply;

const lines = (seen: Seen): Record<string, unknown>[] =>
  seen.body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const accepted = (seen: Seen): Reply => ({
  body: { accepted: lines(seen).length, duplicates: 0, rejected: [] },
});

beforeEach(async () => {
  reply = accepted;
  server = await fakeServer({ 'POST /api/v1/events': (seen) => reply(seen) });
});
afterEach(() => server.stop());

/** On the quick clock, on which a second lasts ten milliseconds. */
const LONG_MS = 500_000;
const quick = {
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 100, signal),
};

function outboxOf(most?: number): { outbox: Outbox; said: string[] } {
  const said: string[] = [];
  const client = createClient(
    { url: server.url, key: null },
    { fetch, clock: systemClock, userAgent: 'test', signal: undefined },
  );
  const outbox = createOutbox({
    client,
    clock: quick,
    say: (text) => said.push(text),
    spread: () => 0,
    ...(most === undefined ? {} : { most }),
  });
  return { outbox, said };
}

async function until(true_: () => boolean): Promise<void> {
  for (let tries = 0; !true_(); tries++) {
    if (tries > 3_000) throw new Error('it did not come about within 30 s');
    await systemClock.sleep(10);
  }
}

describe('outbox', () => {
  test('what the server could not take is sent again, once each, in order, and none is lost', async () => {
    let refusals = 3;
    reply = (seen) => (refusals-- > 0 ? { status: 503, headers: { 'retry-after': '0' } } : accepted(seen));
    const { outbox, said } = outboxOf();
    for (let n = 0; n < 10; n++) outbox.put({ event_id: `e${n}` });
    const counts = await outbox.close(LONG_MS);
    expect(counts).toEqual({ accepted: 10, duplicates: 0, rejected: 0, dropped: 0 });
    expect(lines(server.seen.at(-1)!).map((line) => line.event_id)).toEqual(
      Array.from({ length: 10 }, (_, n) => `e${n}`),
    );
    expect(said.join('\n')).toMatch(/answers again/);
  });

  test('while the server is away the oldest leave, and the next record that arrives says how many', async () => {
    reply = () => ({ hangUp: true });
    const { outbox } = outboxOf(200);
    for (let n = 0; n < 100; n++) outbox.put({ event_id: `e${n}` });
    await until(() => server.seen.length > 1);
    for (let n = 100; n < 200; n++) outbox.put({ event_id: `e${n}` });
    reply = accepted;
    const counts = await outbox.close(LONG_MS);
    expect(counts.accepted + counts.dropped).toBe(200);
    const arrived = server.seen.flatMap(lines);
    expect(arrived.at(-1)?.event_id).toBe('e199');
    const told = arrived.flatMap(
      (line) => (line.attributes as Record<string, string>)?.['pegbar.sender.dropped'] ?? [],
    );
    expect(told.at(-1)).toBe(String(counts.dropped));
  });

  test('a server that never comes back costs the given time at the end, and what is left is counted', async () => {
    reply = () => ({ status: 500 });
    const { outbox } = outboxOf();
    outbox.put({ event_id: 'a' });
    const before = Date.now();
    expect(await outbox.close(2_000)).toMatchObject({ accepted: 0, dropped: 1 });
    expect(Date.now() - before).toBeLessThan(5_000);
  });
});

describe('agent gpu', () => {
  const stub = (script: string): string => {
    const path = join(mkdtempSync(join(tmpdir(), 'pegbar-smi-')), 'nvidia-smi');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  async function agent(args: string[], signal?: AbortSignal): Promise<{ exit: number; err: string }> {
    const err: string[] = [];
    const exit = await run(
      ['agent', 'gpu', '--url', server.url, '--no-io', ...args],
      {
        stdout: { write: () => true },
        stderr: { write: (text) => err.push(String(text)) > 0 },
        stdin: (async function* () {})(),
        env: {},
        ...(signal ? { signal } : {}),
      },
      { up: async () => 0, demo: async () => 0 },
    );
    return { exit, err: err.join('') };
  }

  test('sends what nvidia-smi tells, without the field that this driver does not know', async () => {
    const path =
      stub(`case "$*" in *ecc*) echo 'Field "ecc.errors.uncorrected.volatile.total" is not a valid field to query.'; exit 2;; esac
echo 'index, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB]'
while :; do echo '0, RTX 3090, 86 %, 7979 MiB, 24268 MiB'; sleep 0.2; done`);
    const stop = new AbortController();
    const running = agent(['--nvidia-smi', path, '--host', 'h1', '--every', '1'], stop.signal);
    await until(() => server.seen.length > 0);
    stop.abort();
    const { exit, err } = await running;
    expect(exit).toBe(0);
    expect(err).toMatch(/does not tell ecc\.errors\.uncorrected\.volatile\.total/);
    expect(server.seen.flatMap(lines)[0]).toMatchObject({
      type: 'gpu',
      host: 'h1',
      gpu_id: '0',
      util: 0.86,
      mem_used_mb: 7979,
      mem_total_mb: 24268,
    });
  });

  test('a host without nvidia-smi is told what to do, with the status of wrong usage', async () => {
    const { exit, err } = await agent(['--nvidia-smi', '/nowhere/nvidia-smi']);
    expect(exit).toBe(2);
    expect(err).toMatch(/install the NVIDIA driver, say where with --nvidia-smi, or use --dcgm URL/);
  });
});
