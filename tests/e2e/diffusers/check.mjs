// Compares what was played with what the server answers.

const TOLERANCE = 1e-6;

export async function checkCalls(url, { told, flushed, stats }) {
  const problems = [];
  let checked = 0;
  const same = (where, is, should) => {
    checked++;
    const close = typeof is === 'number' && typeof should === 'number' && Math.abs(is - should) <= TOLERANCE;
    if (!close && JSON.stringify(is) !== JSON.stringify(should))
      problems.push(`${where} is ${JSON.stringify(is)} in place of ${JSON.stringify(should)}`);
  };
  const holds = (where, truth, more = '') => {
    checked++;
    if (!truth) problems.push(`${where}${more}`);
  };
  const sql = (text) => query(url, text);
  await fetch(`${url}/api/v1/flush`, { method: 'POST' });
  holds(
    'everything was sent',
    flushed && Object.keys(stats.dropped).length === 0,
    `: ${JSON.stringify(stats)}`,
  );

  const special = new Set(['chain', 'alone', 'restored', 'overhead']);
  for (const call of told.filter(({ label }) => !special.has(label)))
    await checkCall(call, { sql, same, holds });
  const of = (label) => told.find((one) => one.label === label);
  same('steps that the user’s own callback saw', of('single').steps_seen, 4);
  same('the picture of a watched call', of('same-pixels').same_pixels, true);
  same('a callback object works behind ours', of('callback-object').cutoff_worked, true);
  same('left behind', of('restored').problems, []);
  await checkChain(of('chain'), { sql, same, holds, url });
  await checkAlone(of('alone'), { sql, same });
  return { checked, problems };
}

async function checkCall(call, { sql, same, holds }) {
  const { label } = call;
  const [request, ...more] = await sql(`SELECT * FROM requests WHERE request_id = '${label}'`);
  same(`${label}: requests`, more.length + (request ? 1 : 0), 1);
  if (!request) return;
  const stages = await sql(
    `SELECT * FROM stages WHERE request_id = '${label}' AND pipeline_stage != '' ORDER BY timestamp`,
  );
  const pictures = await sql(`SELECT * FROM images WHERE request_id = '${label}'`);
  const spans = await sql(`SELECT * FROM spans WHERE request_id = '${label}'`);
  if (call.stages)
    same(
      `${label}: stages`,
      stages.map((one) => one.pipeline_stage),
      call.stages,
    );
  for (const name of ['outcome', 'error_code'])
    if (call[name] !== undefined) same(`${label}: ${name}`, request[name], call[name]);
  if (call.images !== undefined) {
    same(`${label}: images of the request`, Number(request.images), call.images);
    same(`${label}: pictures`, pictures.length, call.pictures ?? call.images);
  }
  checkTimes(call, request, stages, holds);
  checkRecipe(call, stages, pictures, same);
  if (call.error_stage) {
    const failed = stages.filter((one) => one.error_code !== '');
    same(
      `${label}: stage of the error`,
      failed.map((one) => one.pipeline_stage),
      [call.error_stage],
    );
    if (call.error)
      same(
        `${label}: message`,
        failed[0]?.error_message.startsWith(call.error.split('\n')[0].slice(0, 60).replace(/: $/, '')),
        true,
      );
  }
  for (const part of call.parts ?? [])
    holds(
      `${label}: part ${part}`,
      spans.some(({ name }) => name === part),
      ' is missing',
    );
  const ids = call.image_ids.filter((id) => id !== null);
  if (ids.length > 0)
    same(`${label}: picture ids`, pictures.map(({ image_id }) => image_id).sort(), ids.toSorted());
}

/** Stages follow each other without gap or overlap, within the request, which lies within what the caller measured. */
function checkTimes(call, request, stages, holds) {
  const { label } = call;
  const sum = stages.reduce((ms, one) => ms + one.latency_ms, 0);
  holds(
    `${label}: the stages take longer than their request`,
    sum <= request.latency_ms + 0.5,
    ` (${sum} of ${request.latency_ms} ms)`,
  );
  holds(
    `${label}: the request takes longer than the call`,
    request.latency_ms <= call.seconds * 1000 + 1,
    ` (${request.latency_ms} of ${call.seconds * 1000} ms)`,
  );
  if (stages.length === 3 && call.outcome === 'succeeded')
    holds(
      `${label}: the stages leave out a part of their request`,
      sum > request.latency_ms * 0.7,
      ` (${sum} of ${request.latency_ms} ms)`,
    );
}

const RECIPE = [
  'model_version',
  'model_family',
  'checkpoint_hash',
  'scheduler',
  'sampler',
  'steps',
  'cfg',
  'denoise',
];

function checkRecipe(call, stages, pictures, same) {
  const { label } = call;
  const generate = stages.find((one) => one.pipeline_stage === 'generate');
  for (const name of [
    ...RECIPE,
    'width',
    'height',
    'batch_size',
    'workload',
    'negative_prompt',
    'loras',
    'lora_weights',
  ]) {
    if (call[name] === undefined) continue;
    const seen =
      name === 'lora_weights' ? generate?.[name].map((one) => Number(one.toFixed(6))) : generate?.[name];
    same(`${label}: ${name} of generate`, seen, call[name]);
    if (name === 'batch_size' || name === 'lora_weights') continue;
    for (const picture of pictures) same(`${label}: ${name} of a picture`, picture[name], call[name]);
  }
  if (call.steps_done !== undefined)
    same(`${label}: steps done`, Number(generate?.attributes['diffusers.steps_done']), call.steps_done);
  if (generate) same(`${label}: GPU seconds on a CPU`, generate.gpu_seconds, 0);
  if (call.kind) {
    same(`${label}: kind of the picture`, pictures[0]?.kind, call.kind);
    same(`${label}: clip of the stage and of its frame`, pictures[0]?.sequence_id, generate?.sequence_id);
  }
  if (call.seeds) same(`${label}: seeds`, inOrder(call, pictures, 'seed'), call.seeds);
  if (call.prompts) same(`${label}: prompts`, inOrder(call, pictures, 'prompt'), call.prompts);
  if (generate) same(`${label}: class of hardware`, generate.hardware_class, 'cpu-2');
}

/** Values of the pictures in the order in which the call returned them. */
function inOrder({ image_ids }, pictures, column) {
  if (image_ids.length === 0) return pictures.map((one) => one[column]);
  return image_ids.map((id) => pictures.find(({ image_id }) => image_id === id)?.[column]);
}

async function checkChain(call, { sql, same, holds, url }) {
  const [id] = call.image_ids;
  const stages = await sql(
    "SELECT * FROM stages WHERE request_id = 'chain' AND pipeline_stage != '' ORDER BY timestamp",
  );
  same(
    'chain: stages',
    stages.map((one) => one.pipeline_stage),
    ['ingest', 'preprocess', 'generate', 'postprocess', 'upscale', 'deliver'],
  );
  same('chain: traces', new Set(stages.map((one) => one.trace_id)).size, 1);
  same('chain: the region of the process that said it', stages[0]?.region, 'eu-west');
  const waits = stages.filter((one) => one.queue_wait_ms > 0).map((one) => one.pipeline_stage);
  same('chain: the stage that waited', waits, ['preprocess']);
  const [request] = await sql("SELECT * FROM requests WHERE request_id = 'chain'");
  same('chain: outcome', request?.outcome, 'succeeded');
  same('chain: session', request?.session_id, 's-1');
  const pictures = await sql(`SELECT * FROM images WHERE request_id = 'chain' ORDER BY width`);
  same(
    'chain: pictures',
    pictures.map((one) => one.image_id),
    [id, call.second],
  );
  const [, large] = pictures;
  for (const [name, value] of Object.entries({
    uri: call.uri,
    width: 64,
    height: 64,
    seed: '11',
    model_version: 'anime-v7',
    license: 'CC0-1.0',
    bytes: String(call.bytes),
  }))
    same(
      `chain: ${name} of the second picture`,
      typeof value === 'string' ? String(large?.[name]) : large?.[name],
      value,
    );
  const [score] = await sql(`SELECT * FROM scores WHERE image_id = '${id}'`);
  same(
    'chain: score',
    [score?.name, score?.value, score?.scorer, score?.scorer_version],
    ['aesthetic', 6.5, 'toy', '1'],
  );
  const [feedback] = await sql(`SELECT * FROM feedback WHERE image_id = '${id}'`);
  same('chain: feedback', [feedback?.action, feedback?.session_id], ['accept', 's-1']);
  const boundaries = await sql(
    "SELECT boundary FROM stages WHERE request_id = 'chain' AND boundary != '' ORDER BY timestamp",
  );
  same('chain: boundaries', [...new Set(boundaries.map((one) => one.boundary))].sort(), [
    'frame_emitted',
    'inference_finished',
    'inference_started',
    'postprocess_done',
    'prompt_received',
  ]);
  for (const picture of [id, call.second]) {
    const thumbnail = await fetch(`${url}/api/v1/thumbnails/${picture}`);
    holds(
      `chain: the thumbnail of ${picture}`,
      thumbnail.ok && thumbnail.headers.get('content-type')?.startsWith('image/'),
      ` is ${thumbnail.status}`,
    );
  }
}

/** A call without a request of the user's is one of its own, called after its trace. */
async function checkAlone({ image_ids }, { sql, same }) {
  const [picture] = await sql(`SELECT request_id FROM images WHERE image_id = '${image_ids[0]}'`);
  const [request] = await sql(
    `SELECT request_id, trace_id, outcome, images FROM requests WHERE request_id = '${picture?.request_id}'`,
  );
  same(
    'alone',
    [request?.request_id, request?.outcome, Number(request?.images)],
    [request?.trace_id, 'succeeded', 1],
  );
}

async function query(url, sql) {
  const answer = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql }),
  });
  if (!answer.ok) throw new Error(`${sql}: ${await answer.text()}`);
  const { columns, rows } = await answer.json();
  return rows.map((row) => Object.fromEntries(row.map((value, at) => [columns[at].name, value])));
}
