// What can go wrong, one function each: (report, options) → figures.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Product, sleep } from './product.mjs';
import { Ledger, oneBatch, sendOneByOne, startTraffic } from './traffic.mjs';
import { checkBatches, checkCounts } from './verify.mjs';

const quantile = (values, q) =>
  values.length === 0
    ? null
    : Math.round([...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))]);

async function withProduct(options, work) {
  const product = await Product.start(options);
  const ledger = new Ledger();
  try {
    const figures = await work(product, ledger);
    const ack = { ack_p50_ms: quantile(ledger.ackMs, 0.5), ack_p99_ms: quantile(ledger.ackMs, 0.99) };
    return {
      batches: ledger.acked.size,
      rows: ledger.rows,
      abandoned: ledger.abandoned.size,
      resent: ledger.resent,
      refused: ledger.refused,
      ...ack,
      ...figures,
    };
  } catch (error) {
    error.message += `\n--- log of the server\n${product.log.slice(-3000)}`;
    throw error;
  } finally {
    await product.stop();
  }
}

/** kill -9 of the server, of all its processes or of the engine, over and over under load. */
export function kills(report, { kills: count = 30 } = {}) {
  return withProduct({}, async (product, ledger) => {
    const traffic = startTraffic(product, ledger);
    const done = { server: 0, group: 0, engine: 0 };
    const ready = [];
    for (let one = 0; one < count; one++) {
      await sleep(150 + Math.random() * 1500);
      const what = ['server', 'group', 'engine'][one % 3];
      if (await product.kill(what)) done[what]++;
      if (what === 'engine') continue;
      await product.up();
      ready.push(product.readyMs);
    }
    await traffic.stop();
    await checkBatches(product, ledger, report);
    await checkCounts(product, report);
    return { kills: done, ready_p50_ms: quantile(ready, 0.5), ready_max_ms: Math.max(0, ...ready) };
  });
}

/** The engine does not answer for a while, is killed while it does not, and dies again and again. */
export function engine(report, { stopMs = 16_000, deaths = 8 } = {}) {
  return withProduct({}, async (product, ledger) => {
    const traffic = startTraffic(product, ledger);
    await sleep(1000);
    product.signalEngine('SIGSTOP');
    await sleep(2500);
    const taken = ledger.acked.size;
    product.signalEngine('SIGCONT');
    await sleep(1000);
    product.signalEngine('SIGSTOP');
    await sleep(stopMs);
    report.check('requests are acknowledged while the engine stands still', ledger.acked.size > taken);
    for (let one = 0; one < deaths; one++) {
      await sleep(200 + Math.random() * 400);
      product.signalEngine('SIGKILL');
    }
    await traffic.stop();
    await checkBatches(product, ledger, report);
    await checkCounts(product, report);
    return { restarts: (await product.status()).engine.restarts };
  });
}

/** The log that waits while the engine stands still: written one batch per commit, then everything is killed. */
async function leaveLog(product, ledger, count) {
  product.signalEngine('SIGSTOP');
  await sleep(100);
  const keys = await sendOneByOne(product, ledger, count);
  await product.kill('group');
  const dir = join(product.data, 'spool', 'log');
  const logs = readdirSync(dir)
    .sort()
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).size > 0);
  return { keys, logs };
}

/** A write that a crash cut short, and one that was cut off although it was acknowledged. */
export function tornTail(report) {
  return withProduct({}, async (product, ledger) => {
    await sendOneByOne(product, ledger, 20);
    await product.flush();
    const first = await leaveLog(product, ledger, 30);
    const newest = first.logs.at(-1);
    const bytes = readFileSync(newest);
    writeFileSync(newest, Buffer.concat([bytes, bytes.subarray(0, 100)]));
    await product.up();
    await checkBatches(product, ledger, report);
    report.check(
      'a torn end is no damage',
      (await product.counter('pegbar_spool_damaged_commits_total')) === 0,
    );
    report.check('a torn end is counted', (await product.counter('pegbar_spool_torn_bytes_total')) >= 100);
    const second = await leaveLog(product, ledger, 30);
    const cut = second.logs.at(-1);
    writeFileSync(cut, readFileSync(cut).subarray(0, -3));
    await product.up();
    await checkBatches(product, ledger, report, new Set(second.keys.slice(-1)));
    await checkCounts(product, report);
    return {};
  });
}

/** A flipped bit in the middle of a log costs the commit that it hits, is counted, and the file is kept. */
export function flippedBit(report) {
  return withProduct({}, async (product, ledger) => {
    const { keys, logs } = await leaveLog(product, ledger, 60);
    const path = logs[0];
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length / 2)] ^= 0x10;
    writeFileSync(path, bytes);
    await product.up();
    const stored = await checkBatches(product, ledger, report, new Set(keys));
    const missing = keys.filter((key) => !stored.has(key));
    report.check('one commit is lost to one bit', missing.length <= 1, missing);
    report.check(
      'the damage is counted',
      (await product.counter('pegbar_spool_damaged_commits_total')) === 1,
    );
    const kept = readdirSync(join(product.data, 'spool', 'quarantine'));
    report.check('the damaged log is kept', kept.length === 1, kept);
    await checkCounts(product, report);
    return { missing: missing.length };
  });
}

/** Batches that were acknowledged come again after a restart, as from a sender who missed the answer. */
export function retriesAcrossRestarts(report) {
  return withProduct({}, async (product, ledger) => {
    const sent = [];
    for (let round = 0; round < 4; round++) {
      for (let one = 0; one < 10; one++) {
        const batch = oneBatch(product, ledger);
        while (!(await batch.send())) await sleep(50);
        sent.push(batch);
      }
      if (round % 2 === 0) await product.flush();
      await product.kill(round % 2 === 0 ? 'group' : 'server');
      await product.up();
      for (const batch of sent) while (!(await batch.send())) await sleep(50);
    }
    await checkBatches(product, ledger, report);
    await checkCounts(product, report);
    const { duplicates } = await product.status();
    report.check('duplicates are counted', duplicates >= sent.length, duplicates);
    return { duplicates };
  });
}

function mountDisk(bytes) {
  const dir = mkdtempSync(join(tmpdir(), 'pegbar-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'pegbar-faults', dir], { stdio: 'ignore' });
    return dir;
  } catch {
    rmSync(dir, { recursive: true });
    return null;
  }
}

/** The disk fills up under load, to the reserve and to the last byte, and has room again. */
export async function fullDisk(report) {
  const dir = mountDisk(400e6);
  if (dir === null) return { skipped: 'a small disk cannot be mounted here (needs root)' };
  const ballast = join(dir, 'ballast');
  const fill = (left) => {
    const { bavail, bsize } = statfsSync(dir);
    try {
      if (bavail * bsize > left) writeFileSync(ballast, Buffer.alloc(bavail * bsize - left));
    } catch {
      // The server took the last bytes meanwhile: as full as it can be.
    }
  };
  const refusals = async (ledger, ms) => {
    const before = ledger.refused;
    await sleep(ms);
    return ledger.refused - before;
  };
  try {
    const figures = {};
    for (const [name, minFree, left] of [
      ['reserve', '100MB', 50e6],
      ['last_byte', '0', 0],
    ]) {
      const options = { data: join(dir, name), args: ['--min-free', minFree] };
      figures[name] = await withProduct(options, async (product, ledger) => {
        const traffic = startTraffic(product, ledger, { pauseMs: 40 });
        await sleep(1500);
        fill(left);
        await sleep(2500);
        const refused = await refusals(ledger, 4000);
        report.check(`${name}: ingest is refused`, refused > 0, refused);
        report.check(`${name}: the server lives`, !product.ended, product.ended);
        rmSync(ballast);
        await sleep(3000);
        const before = ledger.acked.size;
        await sleep(3000);
        report.check(`${name}: ingest goes on when there is room`, ledger.acked.size > before);
        await traffic.stop();
        await checkBatches(product, ledger, report);
        await checkCounts(product, report);
        return { refused };
      });
      rmSync(join(dir, name), { recursive: true, force: true });
    }
    return figures;
  } finally {
    execFileSync('umount', ['-l', dir]);
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Many more senders than it can serve while the store stands still: bounded memory, refusals, nothing lost. */
export function overload(report, { senders = 48, ms = 12_000 } = {}) {
  // Half of the limit of the disk may wait for the store.
  return withProduct({ args: ['--max-disk', '24MB'] }, async (product, ledger) => {
    const calm = startTraffic(product, ledger, { otlp: 2, events: 1 });
    await sleep(2000);
    const before = product.residentMb();
    const stopped = product.enginePid();
    if (stopped) process.kill(stopped, 'SIGSTOP');
    const storm = startTraffic(product, ledger, { otlp: senders, events: 8, most: 400, pauseMs: 0 });
    let peak = 0;
    for (const end = performance.now() + ms; performance.now() < end; await sleep(100))
      peak = Math.max(peak, product.residentMb());
    report.check('overload is refused', ledger.refused > 0, ledger.refused);
    const refused = await product.counter('pegbar_refused_requests_total');
    report.check('what is refused is counted', refused > 0, refused);
    const told = Object.values((await product.status()).refused).reduce((sum, n) => sum + n, 0);
    report.check('and told by the status', told > 0, told);
    try {
      if (stopped) process.kill(stopped, 'SIGCONT');
    } catch {
      // The supervisor has replaced it.
    }
    await Promise.all([calm.stop(), storm.stop()]);
    report.check('memory is bounded', peak < before + 500, { before, peak });
    await checkBatches(product, ledger, report);
    await checkCounts(product, report);
    return { rss_before_mb: Math.round(before), rss_peak_mb: Math.round(peak) };
  });
}
