import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../base/clock.ts';
import { createCounters } from '../base/counters.ts';
import { silentLog } from '../base/log.ts';
import { openState, type State } from '../state/index.ts';
import { type Access, type Caller, createAccess, SYSTEM } from './index.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const EVERY = { tenant: null };
const ADMIN_OF_A: Caller = {
  kind: 'key',
  id: 'key_a',
  tenant: 'a',
  scopes: new Set(['admin', 'read', 'ingest']),
};

let state: State;
let access: Access;

async function start(
  loopback = true,
  tenantDefaults: Parameters<typeof createAccess>[0]['tenantDefaults'] = {},
): Promise<Access> {
  const clock = { ...systemClock, every: () => () => {} };
  const made = await createAccess({
    state,
    clock,
    counters: createCounters(),
    log: silentLog,
    requireKey: false,
    loopback,
    tenantDefaults,
  });
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

beforeEach(async () => {
  const opened = await openState({ path: ':memory:', clock: systemClock });
  if (!opened.ok) throw new Error(opened.error.message);
  state = opened.value;
  access = await start();
});
afterEach(async () => {
  await access.close();
  await state.close();
});

/** The document of outside.md. */
const STUDIO = `
apiVersion: pegbar/v1
kind: Tenant
metadata: { name: studio-a }
spec:
  prompts: redact            # keep | redact | hash | drop
  redact: { patterns: ["\\\\b\\\\d{3}-\\\\d{4}\\\\b"], keys: ["email"] }
  retention: { spans: 72h, kept_traces: 30d, logs: 30d, events: 90d, hour_rollups: 100d, day_rollups: 900d, artifacts: 30d }
  sampling: { traces: 0.05, slow_ms: 10000, artifacts: 0.1 }
  artifact_roots: []
`;
const tenant = (name: string, spec: string) =>
  `apiVersion: pegbar/v1\nkind: Tenant\nmetadata: {name: ${name}}\nspec: ${spec}\n`;

it('takes the published document, and its spec holds at once and after a restart', async () => {
  const seen: unknown[] = [];
  access.onTenantChange((name, { prompts }) => seen.push([name, prompts]));
  const applied = await access.applyResources(STUDIO, SYSTEM);
  expect(applied).toMatchObject({
    value: [{ kind: 'Tenant', name: 'studio-a', version: 1, change: 'created' }],
  });
  expect(seen.at(-1)).toEqual(['studio-a', 'redact']);
  const expected = {
    prompts: 'redact',
    redact: { patterns: ['\\b\\d{3}-\\d{4}\\b'], keys: ['email'] },
    retention_ms: {
      spans: 72 * HOUR,
      kept_traces: 30 * DAY,
      hour_rollups: 100 * DAY,
      day_rollups: 900 * DAY,
    },
    sampling: { traces: 0.05, slow_ms: 10_000, artifacts: 0.1 },
    artifact_roots: [],
  };
  expect(access.tenantSpec('studio-a')).toMatchObject(expected);
  const again = await start();
  expect(again.tenantSpec('studio-a')).toMatchObject(expected);
  await again.close();
});

it('keeps prompts on loopback and redacts them elsewhere, where nothing is said', async () => {
  expect(access.tenantSpec('anyone').prompts).toBe('keep');
  const open = await start(false);
  expect(open.tenantSpec('anyone').prompts).toBe('redact');
  await open.close();
});

it("takes the server's retention and sampling where a tenant says nothing of its own", async () => {
  await access.close();
  access = await start(true, {
    retention_ms: { logs: 7 * DAY, spans: 6 * HOUR },
    sampling: { artifacts: 0.5 },
  });
  expect(access.tenantSpec('nobody')).toMatchObject({
    retention_ms: { logs: 7 * DAY, spans: 6 * HOUR, events: 90 * DAY },
    sampling: { traces: 0.05, artifacts: 0.5 },
  });
  const applied = await access.applyResources(tenant('own', '{retention: {logs: 3d}}'), SYSTEM);
  expect(applied.ok).toBe(true);
  expect(access.tenantSpec('own').retention_ms).toMatchObject({ logs: 3 * DAY, spans: 6 * HOUR });
});

it('goes back to the defaults when the document is deleted, and keeps the tenant', async () => {
  await access.applyResources(STUDIO, SYSTEM);
  expect(await access.deleteResource('Tenant', 'studio-a', SYSTEM)).toMatchObject({ ok: true });
  expect(access.tenantSpec('studio-a').retention_ms.spans).toBe(48 * HOUR);
  expect(access.listTenants(EVERY)).toMatchObject([{ name: 'studio-a' }]);
  expect(await access.deleteResource('Tenant', 'studio-a', SYSTEM)).toMatchObject({
    error: { code: 'not_found' },
  });
});

it('shows what was written, ready to be applied again, and counts versions only for changes', async () => {
  await access.applyResources(STUDIO, SYSTEM);
  const shown = await access.getResources('Tenant', 'studio-a', EVERY);
  const text = JSON.stringify(shown.ok && shown.value[0]);
  expect(await access.applyResources(text, SYSTEM)).toMatchObject({
    value: [{ version: 1, change: 'unchanged' }],
  });
  expect(await access.applyResources(tenant('studio-a', '{prompts: drop}'), SYSTEM)).toMatchObject({
    value: [{ version: 2, change: 'changed' }],
  });
  expect(access.tenantSpec('studio-a').prompts).toBe('drop');
});

it('names the path of what is unknown or wrong', async () => {
  const cases: [string, string, string][] = [
    ['{promts: keep}', 'unknown_field', 'spec.promts'],
    ['{retention: {span: 48h}}', 'unknown_field', 'spec.retention.span'],
    ['{retention: {spans: 48}}', 'invalid_request', 'spec.retention.spans'],
    ['{retention: {spans: 48 parsecs}}', 'invalid_request', 'spec.retention.spans'],
    ['{retention: {spans: 5m}}', 'invalid_request', 'spec.retention.spans'],
    ['{prompts: burn}', 'invalid_request', 'spec.prompts'],
    ['{sampling: {traces: 5}}', 'invalid_request', 'spec.sampling.traces'],
    ['{redact: {patterns: ["ok", "(oops"]}}', 'invalid_request', 'spec.redact.patterns[1]'],
    ['{redact: {patterns: ["x*"]}}', 'invalid_request', 'spec.redact.patterns[0]'],
    ['{artifact_roots: [pictures]}', 'invalid_request', 'spec.artifact_roots[0]'],
    ['{__proto__: {prompts: keep}}', 'unknown_field', 'spec.__proto__'],
  ];
  for (const [spec, code, field] of cases) {
    const refused = await access.applyResources(tenant('a', spec), SYSTEM);
    expect(refused, spec).toMatchObject({ ok: false, error: { code, field } });
    if (!refused.ok) expect(refused.error.message).toContain('Tenant a');
  }
  const outer = await access.applyResources(`${tenant('a', '{}')}owner: me\n`, SYSTEM);
  expect(outer).toMatchObject({ error: { code: 'unknown_field', field: 'owner' } });
  expect(await access.applyResources(tenant('Not/A/Name', '{}'), SYSTEM)).toMatchObject({
    error: { field: 'metadata.name' },
  });
  const kind = await access.applyResources(
    '{apiVersion: pegbar/v1, kind: Tenat, metadata: {name: a}}',
    SYSTEM,
  );
  expect(kind).toMatchObject({ error: { field: 'kind', hint: 'Kinds: Tenant.' } });
});

it('applies all documents or none, and says which one is wrong', async () => {
  const both = `${tenant('a', '{prompts: drop}')}---\n${tenant('b', '{prompt: drop}')}`;
  const refused = await access.applyResources(both, SYSTEM);
  expect(refused).toMatchObject({
    error: { code: 'unknown_field', message: expect.stringContaining('document 2') },
  });
  expect(await access.getResources('Tenant', undefined, EVERY)).toEqual({ ok: true, value: [] });
  expect(access.tenantSpec('a').prompts).toBe('keep');
  const twice = await access.applyResources(`${tenant('a', '{}')}---\n${tenant('a', '{}')}`, SYSTEM);
  expect(twice).toMatchObject({ error: { message: expect.stringContaining('twice') } });
});

it('answers any text with a result', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string(), fc.json(), fc.constantFrom('', '---', '[', '&a [*a]', '{a: 1, a: 2}')),
      async (text) => {
        expect((await access.applyResources(text, SYSTEM)).ok).toBe(false);
      },
    ),
  );
  const bomb = [
    'a: &a0 [x, x]',
    ...Array.from({ length: 30 }, (_, n) => `b${n}: &a${n + 1} [*a${n}, *a${n}]`),
  ].join('\n');
  expect(await access.applyResources(bomb, SYSTEM)).toMatchObject({ error: { code: 'invalid_request' } });
  expect(await access.applyResources(' '.repeat(2_000_000), SYSTEM)).toMatchObject({
    error: { code: 'too_large' },
  });
});

it('lets a tenant admin declare its own tenant only, and no folder of the server', async () => {
  const apply = (name: string, spec: string) => access.applyResources(tenant(name, spec), ADMIN_OF_A);
  expect(await apply('a', '{prompts: drop}')).toMatchObject({ ok: true });
  expect(await apply('b', '{prompts: keep}')).toMatchObject({ error: { code: 'not_found' } });
  expect(await apply('a', '{artifact_roots: [/etc]}')).toMatchObject({
    error: { code: 'forbidden', field: 'spec.artifact_roots' },
  });
  expect(await access.applyResources(tenant('a', '{artifact_roots: [/srv/pictures]}'), SYSTEM)).toMatchObject(
    { ok: true },
  );
  const reader: Caller = { ...ADMIN_OF_A, scopes: new Set(['read']) };
  expect(await access.applyResources(tenant('a', '{}'), reader)).toMatchObject({
    error: { code: 'forbidden' },
  });
  await access.applyResources(tenant('b', '{}'), SYSTEM);
  expect(await access.getResources('Tenant', undefined, { tenant: 'a' })).toMatchObject({
    value: [{ metadata: { name: 'a' } }],
  });
  expect(await access.getResources('Tenant', 'b', { tenant: 'a' })).toMatchObject({
    error: { code: 'not_found' },
  });
});

it('keeps other kinds that rooms register, for each tenant under its own names', async () => {
  const changes: unknown[] = [];
  access.registerKind({
    kind: 'SLO',
    schema: z.strictObject({ target: z.number() }),
    owner: 'tenant',
    changed: (resource) => changes.push(resource),
  });
  const slo = (target: number) =>
    `{apiVersion: pegbar/v1, kind: SLO, metadata: {name: fps}, spec: {target: ${target}}}`;
  await access.applyResources(slo(0.99), ADMIN_OF_A);
  await access.applyResources(slo(0.9), SYSTEM);
  expect(await access.getResources('SLO', 'fps', EVERY)).toMatchObject({
    value: [
      { metadata: { name: 'fps' }, spec: { target: 0.9 } },
      { metadata: { tenant: 'a' }, spec: { target: 0.99 } },
    ],
  });
  await access.deleteResource('SLO', 'fps', ADMIN_OF_A);
  expect(changes).toEqual([
    { tenant: 'a', name: 'fps', spec: { target: 0.99 } },
    { tenant: null, name: 'fps', spec: { target: 0.9 } },
    { tenant: 'a', name: 'fps', spec: undefined },
  ]);
});
