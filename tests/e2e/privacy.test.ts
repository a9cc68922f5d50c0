/** Privacy from outside: what may not be stored is nowhere, neither on the disk nor in an answer. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hexId, type Json, type Server, startServer } from './server.ts';

const AT = Date.now() - 900_000;
const POLICIES = ['hash', 'drop', 'redact'] as const;
type Policy = (typeof POLICIES)[number];

/** Planted for each tenant, so that a find tells where it came from. */
const planted = (policy: Policy) => ({
  email: `jane.doe.${policy}@example-studio.org`,
  phone: policy === 'hash' ? '+4930901820111' : policy === 'drop' ? '+4930901820222' : '+4930901820333',
  key: `sk-proj-${policy}Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z`,
  card: '4111 1111 1111 1111',
  ip: policy === 'hash' ? '203.0.113.21' : policy === 'drop' ? '203.0.113.22' : '203.0.113.23',
  user: `user-${policy}-8472`,
  employee: policy === 'hash' ? 'EMP-1111222' : policy === 'drop' ? 'EMP-3333444' : 'EMP-5555666',
  customer: `Customer Kowalski ${policy}`,
  /** Words of a prompt; they may be stored under `redact`. */
  word: `zxqlighthouse${policy}`,
  negative: `zxqfingers${policy}`,
});
type Planted = ReturnType<typeof planted>;

let server: Server;
beforeAll(async () => {
  server = await startServer();
  const documents = POLICIES.map(
    (policy) =>
      `apiVersion: pegbar/v1\nkind: Tenant\nmetadata: { name: p-${policy} }\nspec:\n  prompts: ${policy}\n` +
      `  redact: { patterns: ["\\\\bEMP-\\\\d{4,8}\\\\b"], keys: ["customer_name"] }\n`,
  );
  const applied = await server.post('/api/v1/resources', documents.join('---\n'), 'application/yaml');
  expect(applied.status, applied.text).toBe(200);
});
afterAll(() => server?.stop());

function eventOf(policy: Policy): Json {
  const { email, phone, key, card, ip, user, employee, customer, word, negative } = planted(policy);
  return {
    request_id: `req-${policy}`,
    tenant: `p-${policy}`,
    timestamp: AT,
    pipeline_stage: 'generate',
    outcome: 'failed',
    user_id_hash: user,
    image_id: `img-${policy}`,
    session_id: email,
    region: `near ${ip}`,
    sequence_id: `clip of ${email}`,
    model: { version: `tuned for ${employee}` },
    prompt: {
      text: `a ${word} for ${email}, call ${phone}, ${card}, ${key}, ${employee}`,
      negative: `${negative} ${email}`,
    },
    error: { code: 'internal', message: `could not mail ${email} from ${ip} with ${key} for ${employee}` },
    artifacts: { image_uri: `https://cdn.example/${email}/1.png` },
    conditioning: { reference_images: [`ref of ${email}`] },
    note: `written by ${email} (${phone})`,
    customer_name: customer,
    deep: { customer_name: customer, contact: { mail: email } },
    workflow: JSON.stringify({
      6: { class_type: 'CLIPTextEncode', inputs: { text: `${word} for ${email}` } },
    }),
  };
}

const text = (key: string, value: string): Json => ({ key, value: { stringValue: value } });

function spanOf(policy: Policy): Json {
  const { email, key, user, customer, word, negative, employee, ip } = planted(policy);
  return {
    traceId: hexId(32),
    spanId: hexId(16),
    name: `GET /people/${email}`,
    startTimeUnixNano: `${AT}000000`,
    endTimeUnixNano: `${AT + 5}000000`,
    status: { code: 2, message: `gave up on ${email} ${employee}` },
    attributes: [
      text('pegbar.tenant', `p-${policy}`),
      text('pegbar.stage', 'generate'),
      text('user.id', user),
      text('gen_ai.prompt', `${word}, portrait of ${email}`),
      text('gen_ai.image.negative_prompt', `${negative}`),
      text(
        'comfyui.workflow',
        JSON.stringify({ nodes: [{ type: 'CLIPTextEncode', widgets_values: [`${word} ${email}`] }] }),
      ),
      text('customer_name', customer),
      text('http.request.header.authorization', `Bearer ${key}`),
      text('client.address', ip),
      text('note', `mail ${email}, ${employee}`),
      text('session.id', email),
      text('cloud.region', `near ${ip}`),
      {
        key: 'gen_ai.input.messages',
        value: {
          arrayValue: {
            values: [
              { kvlistValue: { values: [text('role', 'user'), text('content', `${word} for ${email}`)] } },
            ],
          },
        },
      },
    ],
    events: [
      {
        name: 'exception',
        timeUnixNano: `${AT + 1}000000`,
        attributes: [text('exception.message', `cannot reach ${email}, ${employee}`)],
      },
    ],
    links: [{ traceId: hexId(32), spanId: hexId(16), attributes: [text('why', `asked by ${email}`)] }],
  };
}

/** All that is told of one tenant, over every signal. */
async function tell(policy: Policy): Promise<void> {
  const { email, key, ip, user, employee, customer, word } = planted(policy);
  const resource = {
    attributes: [
      text('service.name', 's'),
      text('pegbar.tenant', `p-${policy}`),
      text('owner', `${email} ${employee}`),
    ],
  };
  const post = async (signal: string, body: Json): Promise<void> => {
    const answer = await fetch(`${server.ready.otlp_http}/v1/${signal}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.status, await answer.text()).toBe(200);
  };
  const late: Json = { tenant: `p-${policy}`, timestamp: AT };
  const verdict = await server.send([
    eventOf(policy),
    {
      ...late,
      type: 'deployment',
      id: `d-${policy}`,
      kind: 'config',
      status: 'start',
      version: '1',
      note: `by ${email} ${employee}`,
    },
    {
      ...late,
      type: 'feedback',
      image_id: `img-${policy}`,
      action: 'edit',
      session_id: email,
      user_id_hash: user,
      comment: `says ${email}`,
    },
    { ...late, type: 'artifact', image_id: `img-${policy}`, uri: `https://cdn.example/${email}.png` },
    {
      ...late,
      type: 'score',
      image_id: `img-${policy}`,
      name: 'caption',
      label: `mail ${email}`,
      scorer: email,
    },
    { ...late, type: 'gpu', host: ip, gpu_id: '0', util: 0.5 },
    { ...late, type: 'queue', queue: `of ${email}`, depth: 1 },
  ]);
  expect(verdict.rejected).toEqual([]);
  await post('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: [spanOf(policy)] }] }] });
  const body = { stringValue: `got prompt: ${word} for ${email} from ${ip} with ${key}` };
  const attributes = [
    text('customer_name', customer),
    text('prompt', `${word}`),
    text('mail', email),
    text('user.id', user),
  ];
  await post('logs', {
    resourceLogs: [
      { resource, scopeLogs: [{ logRecords: [{ timeUnixNano: `${AT}000000`, body, attributes }] }] },
    ],
  });
  const point = { timeUnixNano: `${AT}000000`, asDouble: 1, attributes };
  await post('metrics', {
    resourceMetrics: [
      { resource, scopeMetrics: [{ metrics: [{ name: `m.${policy}`, gauge: { dataPoints: [point] } }] }] },
    ],
  });
}

/** What may be found nowhere, as it would stand in a file or an answer. */
function forbidden(policy: Policy): string[] {
  const { word, negative, card: _card, ...personal }: Planted = planted(policy);
  return [...Object.values(personal), ...(policy === 'redact' ? [] : [word, negative])];
}
const FORBIDDEN = POLICIES.flatMap(forbidden);

/** Where the words stand in the files under a folder. */
function found(folder: string, words: readonly string[]): string[] {
  const out: string[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    let bytes: Buffer;
    try {
      if (statSync(path).size > 100_000_000) continue;
      bytes = readFileSync(path);
    } catch {
      // Loaded and removed while we looked.
      continue;
    }
    for (const word of words)
      if (bytes.includes(word) || bytes.includes(Buffer.from(word, 'utf16le')))
        out.push(`${word} in ${path.slice(folder.length)}`);
  }
  return out;
}

describe('what may not be stored', () => {
  it('is not in the spool, nor in any other file, from the moment of the acknowledgement on', async () => {
    for (const policy of POLICIES) {
      await tell(policy);
      expect(found(server.ready.data_dir, FORBIDDEN)).toEqual([]);
    }
    // The search itself would see what is stored plainly: this may be.
    await server.send([
      { request_id: 'findable-zxq', timestamp: AT, pipeline_stage: 'ingest', tenant: 'p-keep' },
    ]);
    const spooled = found(server.ready.data_dir, ['findable-zxq']);
    expect(spooled.length).toBeGreaterThan(0);
  });

  it('is not in the files of the engine after the load, in the log, or in any answer', async () => {
    await server.flush();
    expect(found(server.ready.data_dir, FORBIDDEN)).toEqual([]);
    const answers: string[] = [server.log];
    const VIEWS = 'requests stages spans logs metric_points images scores feedback deployments prompts'.split(
      ' ',
    );
    for (const view of VIEWS) answers.push((await server.query(`SELECT * FROM ${view}`)).text);
    for (const policy of POLICIES)
      for (const path of [
        `requests/req-${policy}`,
        `images/img-${policy}`,
        'requests',
        'logs',
        'metrics/series',
        'deployments',
        'audit',
        'status',
        'export?what=spans',
      ])
        answers.push((await server.call(`/api/v1/${path}`)).text);
    for (const { trace_id } of await server.sql("SELECT trace_id FROM spans WHERE tenant LIKE 'p-%'"))
      answers.push((await server.call(`/api/v1/traces/${trace_id}`)).text);
    answers.push((await server.call('/metrics')).text);
    const all = answers.join('\n');
    expect(FORBIDDEN.filter((word) => all.includes(word))).toEqual([]);
    expect(all).not.toContain('4111 1111 1111 1111');
    // It was stored all the same, and says what was taken out of it.
    expect(all).toContain('[email]');
    expect(all).toContain('req-redact');
  });

  it('leaves under `redact` the rest of the prompt, under `hash` and `drop` no word of it, and features under all', async () => {
    for (const policy of POLICIES) {
      const [row] = await server.sql(`SELECT * FROM prompts WHERE request_id = 'req-${policy}'`);
      expect(row).toBeDefined();
      if (policy === 'redact')
        expect(row!.prompt).toMatch(/^a zxqlighthouseredact for \[email\], call \[phone\]/);
      else expect([row!.prompt, row!.negative_prompt]).toEqual(['', '']);
      expect(row!.prompt_hash).toMatch(/^[0-9a-f]{16}$/);
      expect(Number(row!.prompt_length)).toBeGreaterThan(60);
      expect(Number(row!.prompt_words)).toBeGreaterThan(5);
      expect(Number(row!.prompt_tokens)).toBeGreaterThan(10);
    }
    expect(
      (await server.sql("SELECT redactions FROM stages WHERE request_id = 'req-redact'"))[0]!.redactions,
    ).toBeGreaterThan(3);
  });

  it('keeps equal prompts equal within a tenant, and unequal across tenants', async () => {
    const prompt = { text: 'one and the same prompt' };
    const event = (request_id: string, tenant: string): Json => ({
      request_id,
      tenant,
      timestamp: AT,
      pipeline_stage: 'ingest',
      prompt,
    });
    await server.store([event('same-1', 'p-hash'), event('same-2', 'p-hash'), event('same-3', 'p-drop')]);
    const rows = await server.sql(
      "SELECT prompt_hash FROM prompts WHERE request_id LIKE 'same-%' ORDER BY request_id",
    );
    expect(rows[0]).toEqual(rows[1]);
    expect(rows[0]).not.toEqual(rows[2]);
  });

  it('also where the body is broken, refused, or a duplicate', async () => {
    const { email, word } = planted('hash');
    const lines = [
      `{"tenant":"p-hash","prompt":{"text":"${word} ${email}"`,
      JSON.stringify({ ...eventOf('hash'), pipeline_stage: 'nowhere' }),
    ];
    const answer = await server.post('/api/v1/events', lines.join('\n'), 'application/x-ndjson');
    expect(answer.json.rejected).toHaveLength(2);
    await server.send([eventOf('hash'), eventOf('hash')]);
    await server.flush();
    expect(found(server.ready.data_dir, FORBIDDEN)).toEqual([]);
    expect(FORBIDDEN.filter((each) => server.log.includes(each))).toEqual([]);
  });
});

describe('people', () => {
  it('who opted out are not stored any more', async () => {
    const key = await keyOf('p-hash');
    const put = await server.post(
      '/api/v1/opt-outs',
      JSON.stringify({ user_id: 'leaver-7' }),
      'application/json',
      key,
    );
    expect(put.status, put.text).toBe(201);
    const event = (request_id: string, user: string): Json => ({
      request_id,
      timestamp: AT,
      pipeline_stage: 'ingest',
      user_id_hash: user,
      tenant: 'p-hash',
    });
    await server.send([event('leaver-request', 'leaver-7'), event('stayer-request', 'stayer-7')]);
    await server.flush();
    expect(
      await server.sql(
        "SELECT request_id FROM stages WHERE request_id IN ('leaver-request', 'stayer-request')",
      ),
    ).toEqual([{ request_id: 'stayer-request' }]);
    expect((await server.get('/api/v1/status')).dropped).toMatchObject({ opted_out: 1 });
  });

  it('are erased by their hash, from rows and from counts', async () => {
    const event = (request_id: string, user: string): Json => ({
      request_id,
      tenant: 'p-erase',
      timestamp: AT - 3 * 86_400_000,
      pipeline_stage: 'deliver',
      image_id: `${request_id}-image`,
      user_id_hash: user,
    });
    await server.store([event('goner-1', 'goner'), event('goner-2', 'goner'), event('other-1', 'other')]);
    const counted = async (): Promise<number | null | undefined> => {
      const { series } = await server.kpis({
        metrics: 'requests',
        from: new Date(AT - 5 * 86_400_000).toISOString(),
        to: new Date(AT).toISOString(),
        filter: 'tenant=p-erase',
      });
      return series[0]?.points[0]?.value;
    };
    expect(await counted()).toBe(3);
    const [row] = await server.sql("SELECT user_id_hash FROM stages WHERE request_id = 'goner-1'");
    const cut = JSON.stringify({ user_hash: row!.user_id_hash.slice(0, 8) });
    const refused = await server.post('/api/v1/erasures', cut, 'application/json', await keyOf('p-erase'));
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('is not 16 hexadecimal digits');
    const body = JSON.stringify({ user_hash: row!.user_id_hash });
    const erased = await server.post('/api/v1/erasures', body, 'application/json', await keyOf('p-erase'));
    expect(erased.status, erased.text).toBeLessThan(300);
    await server.flush();
    for (const view of ['stages', 'requests', 'images'])
      expect([view, await server.sql(`SELECT request_id FROM ${view} WHERE tenant = 'p-erase'`)]).toEqual([
        view,
        [{ request_id: 'other-1' }],
      ]);
    expect(await counted()).toBe(1);
    const audit = await server.get('/api/v1/audit?limit=100');
    expect(JSON.stringify(audit.items)).toMatch(/eras/);
  });

  async function keyOf(tenant: string): Promise<string> {
    const made = await server.post(
      '/api/v1/keys',
      JSON.stringify({ tenant, scopes: ['admin', 'read', 'ingest'] }),
      'application/json',
    );
    expect(made.status, made.text).toBe(201);
    return made.json.key;
  }
});

describe('ids and names that would name a person', () => {
  it('are keyed hashes that still join, also where the id is asked for as it was sent', async () => {
    for (const policy of POLICIES) {
      const { email } = planted(policy);
      const tenant = `p-${policy}`;
      const [row] = await server.sql(
        `SELECT (SELECT any(session_id) FROM stages WHERE tenant = '${tenant}' AND request_id = 'req-${policy}') AS stage,
          (SELECT any(session_id) FROM spans WHERE tenant = '${tenant}' AND session_id != '') AS span,
          (SELECT any(session_id) FROM feedback WHERE tenant = '${tenant}') AS feedback`,
      );
      expect(row).toEqual({
        stage: expect.stringMatching(/^[0-9a-f]{16}$/),
        span: row!.stage,
        feedback: row!.stage,
      });
      const [names] = await server.sql(
        `SELECT any(host) AS host, any(util) AS util FROM gpu_samples WHERE tenant = '${tenant}'`,
      );
      expect(names).toEqual({ host: expect.stringMatching(/^[0-9a-f]{16}$/), util: 0.5 });
      const id = `${email}-7`;
      await server.send([{ tenant, timestamp: AT, request_id: id, pipeline_stage: 'generate' }]);
      await server.flush();
      const found = await server.call(`/api/v1/requests/${encodeURIComponent(id)}?tenant=${tenant}`);
      expect(found.status, found.text).toBe(200);
      expect(found.text).not.toContain(email);
    }
  });
});
