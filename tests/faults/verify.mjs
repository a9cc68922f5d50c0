// What must be true when everything has come to rest, found out from outside.
const PAGE = 50_000;
const HOUR_MS = 3_600_000;
/** The grid of the rollups: a value is at most this far from the middle of its bin. */
const GRID = 0.0157;

async function storedBatches(product) {
  const stored = new Map();
  for (const view of ['stages', 'scores', 'feedback'])
    for (let page = 0; ; page++) {
      const rows = await product.sql(
        `SELECT attributes['faults.batch'] AS batch, count() AS n, uniqExact(attributes['faults.row']) AS distinct
         FROM ${view} WHERE batch != '' GROUP BY batch ORDER BY batch LIMIT ${PAGE} OFFSET ${page * PAGE}`,
      );
      for (const [batch, n, distinct] of rows) {
        const known = stored.get(batch) ?? { rows: 0, distinct: 0 };
        stored.set(batch, { rows: known.rows + Number(n), distinct: known.distinct + Number(distinct) });
      }
      if (rows.length < PAGE) break;
    }
  return stored;
}

/** Batches that are missing, stored twice or in part. `mayMiss`: batches that a fault destroyed on the disk. */
export async function checkBatches(product, ledger, report, mayMiss = new Set()) {
  await product.flush();
  const stored = await storedBatches(product);
  const lost = [];
  const doubled = [];
  const halves = [];
  for (const [batch, rows] of [...ledger.acked, ...ledger.abandoned]) {
    const there = stored.get(batch) ?? { rows: 0, distinct: 0 };
    const acked = ledger.acked.has(batch);
    if (there.rows > there.distinct) doubled.push(batch);
    if (there.distinct > 0 && there.distinct < rows) halves.push(batch);
    if (acked && there.distinct === 0 && !mayMiss.has(batch)) lost.push(batch);
  }
  const unknown = [...stored.keys()].filter(
    (batch) => !ledger.acked.has(batch) && !ledger.abandoned.has(batch),
  );
  report.check('every acknowledged batch is stored', lost.length === 0, lost.slice(0, 5));
  report.check('nothing is stored twice', doubled.length === 0, doubled.slice(0, 5));
  report.check('no batch is stored in part', halves.length === 0, halves.slice(0, 5));
  report.check('nothing is stored that was not sent', unknown.length === 0, unknown.slice(0, 5));
  report.check('only allowed answers were given', ledger.wrong.length === 0, ledger.wrong.slice(0, 3));
  report.check('refusals say when to come again', ledger.refusedWithoutRetryAfter === 0);
  return stored;
}

/** Requests against an independent fold of the raw rows in SQL, and KPIs of the rollups against SQL over both. */
export async function checkCounts(product, report) {
  const [raw] = await product.sql(`
    SELECT count(), countIf(delivered AND error = ''), countIf(delivered AND error != ''),
      sum(images), sum(gpu), sum(cost), sum(n)
    FROM (
      SELECT tenant, request_id, countIf(pipeline_stage = 'deliver') > 0 AS delivered,
        maxIf(error_code, pipeline_stage = 'deliver') AS error,
        countIf(pipeline_stage = 'generate') AS images, sum(gpu_seconds) AS gpu, sum(cost_usd) AS cost, count() AS n
      FROM stages GROUP BY tenant, request_id)`);
  // Requests that were never delivered (their batch was given up) may have been ended by the sweeper meanwhile.
  const delivered =
    "(tenant, request_id) IN (SELECT tenant, request_id FROM stages WHERE pipeline_stage = 'deliver')";
  const [folded] = await product.sql(`
    SELECT count(), countIf(outcome = 'succeeded' AND ${delivered}), countIf(outcome = 'failed' AND ${delivered}),
      sum(images), sum(gpu_seconds), sum(cost_usd), sum(stages) FROM requests`);
  const numbers = (row) => row.map(Number);
  report.check('requests equal an independent count of their rows', same(numbers(raw), numbers(folded)), {
    raw: numbers(raw),
    folded: numbers(folded),
  });
  const [pictures] = await product.sql(`
    SELECT (SELECT count() FROM images),
      (SELECT uniqExact(tenant, image_id) FROM stages WHERE image_id != '')`);
  report.check('pictures equal those that the rows name', pictures[0] === pictures[1], pictures);
  await checkKpis(product, report);
}

const same = (a, b) => a.length === b.length && a.every((value, at) => near(value, b[at], 1e-9));
const near = (a, b, share) => Math.abs(a - b) <= share * Math.max(1, Math.abs(a), Math.abs(b));

async function kpis(product, metrics, by = []) {
  const now = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const query = new URLSearchParams({
    metrics: metrics.join(','),
    from: String(now - 12 * HOUR_MS),
    to: String(now + HOUR_MS),
  });
  if (by.length > 0) query.set('by', by.join(','));
  const answer = await product.api(`/api/v1/kpis?${query}`);
  const values = new Map();
  for (const { key, points } of answer.series) {
    const { metric, ...rest } = key;
    values.set([metric, ...by.map((name) => rest[name])].join('/'), points[0]?.value ?? null);
  }
  return { source: answer.source, values };
}

async function checkKpis(product, report) {
  const exact = [
    'requests',
    'succeeded',
    'failed',
    'images',
    'cost_usd',
    'gpu_hours',
    'aesthetic_mean',
    'acceptance_rate',
  ];
  const { source, values } = await kpis(product, exact);
  report.check('KPIs of whole hours come from the rollups', source === 'rollup', source);
  const [expected] = await product.sql(
    `
    WITH (SELECT groupArray((tenant, image_id)) FROM images) AS known
    SELECT (SELECT count() FROM requests), (SELECT countIf(outcome = 'succeeded') FROM requests),
      (SELECT countIf(outcome = 'failed') FROM requests), (SELECT countIf(pipeline_stage = 'generate') FROM stages),
      (SELECT sum(cost_usd) FROM stages), (SELECT sum(gpu_seconds) / 3600 FROM stages),
      (SELECT avg(s.value) FROM scores AS s INNER JOIN images AS i ON i.tenant = s.tenant AND i.image_id = s.image_id),
      (SELECT countIf(action = 'accept') / count() FROM feedback AS f INNER JOIN images AS i ON i.tenant = f.tenant AND i.image_id = f.image_id)`.replace(
      /WITH .*?AS known\n/s,
      '',
    ),
  );
  for (const [at, metric] of exact.entries()) {
    const told = values.get(metric);
    const counted = expected[at] === null ? null : Number(expected[at]);
    const right =
      counted === null || Number.isNaN(counted)
        ? told === null || told === undefined
        : near(told, counted, 1e-6);
    report.check(`${metric} of the rollups equals the raw rows`, right, { told, counted });
  }
  await checkSegments(product, report);
  await checkQuantiles(product, report);
}

async function checkSegments(product, report) {
  const { values } = await kpis(product, ['requests'], ['tenant', 'model_version']).catch(() => ({
    values: null,
  }));
  if (values === null) return;
  const rows = await product.sql(
    'SELECT tenant, model_version, count() FROM requests GROUP BY tenant, model_version',
  );
  const wrong = rows.filter(([tenant, model, n]) => values.get(`requests/${tenant}/${model}`) !== Number(n));
  report.check('requests by tenant and model equal the raw rows', wrong.length === 0, wrong);
}

async function checkQuantiles(product, report) {
  const { values } = await kpis(product, ['latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms']);
  const [expected] = await product.sql(
    `SELECT quantilesExactLow(0.5, 0.95, 0.99)(latency_ms) FROM requests WHERE outcome IN ('succeeded', 'failed', 'timed_out', 'blocked')`,
  );
  const wanted = expected[0].map(Number);
  const told = ['latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms'].map((name) => values.get(name));
  if (wanted.some(Number.isNaN)) return;
  report.check(
    'quantiles of latency lie within the grid of the raw rows',
    told.every((value, at) => Math.abs(value - wanted[at]) <= GRID * wanted[at] + 0.001),
    { told, wanted },
  );
}
