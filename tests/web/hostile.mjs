// What nobody should send and somebody will: markup, other scripts and directions, letters without width, newlines in
// names, names without an end, figures beyond all measure. The pages show it as text, in its place.

export const MARKUP = '<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script>';
export const BREAKOUT = '"></style></svg><svg onload=globalThis.pwned=1>\'`{{globalThis.pwned=1}}';
export const BACKWARDS = '\u202Egnp.exe\u202C مشهد الحديقة שלום עולם';
export const FACES = '👩‍👩‍👧‍👦 🏳️‍🌈 夜の校庭、雨 🌧️';
export const WIDTHLESS = 'a\u200B\u200D\uFEFF\u2060b\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301';
export const FILE_NAME = 'out\nput/../../etc\r\npasswd\t<b>01</b>.png';
export const ENDLESS = 'm'.repeat(200);
export const FORMULA = '=HYPERLINK("javascript:globalThis.pwned=1";"open")';
export const NAMES = [MARKUP, BREAKOUT, BACKWARDS, FACES, WIDTHLESS, FILE_NAME, ENDLESS, FORMULA];
const PROMPT = `${MARKUP} ${BACKWARDS} ${FACES} ${WIDTHLESS}\n${'1girl, meadow, soft light, '.repeat(380)}`;

const pick = (list, at) => list[at % list.length];
const MINUTE = 60_000;

/** Every free text of every record, in the last hours. */
export function hostileRecords(now_ms = Date.now()) {
  const records = [];
  for (let at = 0; at < 160; at++) {
    const timestamp = now_ms - (160 - at) * 2 * MINUTE;
    const failed = at % 5 === 0;
    const workload = pick(['single_image', 'batch_panels', 'animation'], at);
    const own = { timestamp, workload, region: pick(NAMES, at), model: modelOf(at) };
    const request_id = at < 8 ? `req ${pick(NAMES, at).slice(0, 90)}` : `req_hostile_${at}`;
    const picture = {
      request_id,
      image_id: at < 8 ? `img ${pick(NAMES, at).slice(0, 90)}` : `img_hostile_${at}`,
    };
    records.push({
      ...own,
      ...picture,
      pipeline_stage: 'generate',
      traffic_source: pick(NAMES, at + 1),
      collection: pick(NAMES, at + 2),
      outcome: failed ? 'failed' : 'succeeded',
      session_id: pick(NAMES, at),
      params: {
        sampler: pick(NAMES, at + 3),
        scheduler: pick(NAMES, at + 4),
        seed: '18446744073709551615',
        steps: 28,
      },
      prompt: { text: PROMPT, negative: MARKUP, language: 'ja' },
      resources: { gpu_type: pick(NAMES, at), hardware_class: pick(NAMES, at + 1), gpu_mem_mb: 40_000 },
      metrics: { latency_ms: 1_500 + (at % 9) * 400, queue_wait_ms: 90, cost_usd: 0.004, gpu_seconds: 3 },
      quality: {
        style_distance: 0.2 + (at % 7) / 20,
        aesthetic: 6,
        nsfw_flag: at % 11 === 0,
        toxicity: 0.02,
      },
      ...(failed && { error: { code: pick(['oom', 'timeout', MARKUP], at), message: pick(NAMES, at) } }),
      artifacts: { image_uri: pick(['javascript:globalThis.pwned=1', `file:///${FILE_NAME}`, ENDLESS], at) },
      consent: pick(NAMES, at),
      license: pick(NAMES, at + 1),
      workflow: JSON.stringify({ 1: { class_type: MARKUP, inputs: { text: BREAKOUT } } }),
      attributes: { [MARKUP]: BREAKOUT, host: pick(NAMES, at), [ENDLESS]: ENDLESS },
    });
    records.push(
      { type: 'score', timestamp, ...picture, name: pick(NAMES, at), value: at, scorer: pick(NAMES, at + 1) },
      { type: 'feedback', timestamp, ...picture, action: pick(['accept', 'reject', 'flag'], at) },
    );
    if (at % 20 === 0)
      records.push({
        type: 'deployment',
        timestamp,
        kind: 'model',
        status: 'start',
        version: pick(NAMES, at / 20),
        previous: pick(NAMES, at / 20 + 1),
        note: MARKUP,
        url: 'javascript:globalThis.pwned=1',
      });
    if (at % 10 === 0)
      records.push(
        { ...own, type: 'queue', queue: pick(NAMES, at), depth: 3, wait_ms: 40, admitted: 4, denied: 1 },
        {
          ...own,
          type: 'gpu',
          host: pick(NAMES, at),
          gpu_id: '0',
          gpu_type: FACES,
          util: 0.7,
          mem_used_mb: 9_000,
        },
        { ...own, type: 'io', host: pick(NAMES, at), disk_read_bps: 1e6, net_tx_bps: 2e6 },
        {
          ...own,
          type: 'frames',
          sequence_id: pick(NAMES, at),
          request_id,
          side: 'delivered',
          window_s: 2,
          frames: 40,
          dropped: 6,
          duplicated: 1,
          held: 2,
          playing_s: 2,
        },
      );
  }
  return records;
}

const modelOf = (at) => ({
  family: pick(NAMES, at + 2),
  version: pick(NAMES, at),
  checkpoint_hash: pick(NAMES, at + 1),
  loras: [{ id: pick(NAMES, at), weight: 0.8 }],
});

/** Figures of ten digits, two hundred models with names of two hundred letters, sixty tenants. */
export function hugeRecords(now_ms = Date.now()) {
  const records = [];
  for (let at = 0; at < 1_200; at++) {
    const timestamp = now_ms - (1_200 - at) * (MINUTE / 2);
    const workload = pick(['single_image', 'batch_panels', 'animation'], at);
    const version = `model-${at % 200}-${ENDLESS}`.slice(0, 200);
    const request_id = `req_huge_${at}`;
    const own = {
      timestamp,
      workload,
      region: `region-${at % 40}`,
      model: { version, loras: [`lora-${at % 90}`] },
    };
    records.push({
      ...own,
      request_id,
      image_id: `img_huge_${at}`,
      tenant: `tenant-${at % 60}`,
      pipeline_stage: 'generate',
      outcome: at % 6 === 0 ? 'failed' : 'succeeded',
      ...(at % 6 === 0 && { error: { code: 'oom', message: ENDLESS } }),
      params: { steps: 1_000_000_000, cfg: 1e9, seed: '18446744073709551615', resolution: '65535x65535' },
      resources: { gpu_type: 'H100', gpu_mem_mb: 1e9, gpu_count: 1_024, hardware_class: `class-${at % 30}` },
      metrics: { latency_ms: 1e9 + at, queue_wait_ms: 1e9, cost_usd: 1e9, gpu_seconds: 1e9 },
      quality: { style_distance: 1e3, aesthetic: 1e6, clip_i: -1, toxicity: 1, nsfw_flag: at % 3 === 0 },
      collection: `collection-${at % 70}-${ENDLESS}`.slice(0, 120),
    });
    if (at % 10 === 0)
      records.push(
        { ...own, type: 'queue', queue: 'q', depth: 1e9, wait_ms: 1e9, admitted: 1e9, denied: 1e9 },
        { ...own, type: 'io', host: `host-${at}`, disk_read_bps: 1e12, net_tx_bps: 1e12 },
        {
          ...own,
          type: 'gpu',
          host: `host-${at}`,
          gpu_id: '0',
          util: 1,
          mem_used_mb: 1e9,
          mem_total_mb: 2e9,
        },
        {
          ...own,
          type: 'frames',
          sequence_id: `seq_${at}`,
          request_id,
          side: 'delivered',
          window_s: 2,
          frames: 1e9,
          dropped: 1e9,
          duplicated: 1e9,
          held: 1e9,
          playing_s: 2,
        },
      );
  }
  return records;
}

/** Sends them as a client would; the lines that were refused, with why. */
export async function sendRecords(url, records) {
  const rejected = [];
  for (let at = 0; at < records.length; at += 500) {
    const body = records
      .slice(at, at + 500)
      .map((one) => JSON.stringify(one))
      .join('\n');
    const answer = await fetch(`${url}/api/v1/events`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-ndjson' },
    });
    const verdict = await answer.json();
    rejected.push(...(verdict.rejected ?? [verdict]));
  }
  await fetch(`${url}/api/v1/flush`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  return rejected;
}
