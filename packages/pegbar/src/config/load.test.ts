import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { configurationPage } from './docs-page.ts';
import { type ConfigSources, loadConfig } from './load.ts';
import { environmentOf, flagOf, SERVER_OPTIONS } from './options.ts';
import { serverSchema } from './schema.ts';

const load = (sources: Partial<ConfigSources> & { file?: string } = {}) =>
  loadConfig({
    argvOptions: sources.argvOptions ?? {},
    env: sources.env ?? {},
    readFile: sources.readFile ?? ((path) => (path === 'pegbar.yaml' ? sources.file : undefined)),
  });

const value = (sources: Parameters<typeof load>[0] = {}) => {
  const loaded = load(sources);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
  return loaded.value;
};

const error = (sources: Parameters<typeof load>[0]) => {
  const loaded = load(sources);
  if (loaded.ok) throw new Error('expected an error');
  return loaded.error;
};

test('without anything said, the server listens on loopback with its documented defaults', () => {
  expect(value()).toMatchObject({
    data: resolve('pegbar-data'),
    host: '127.0.0.1',
    port: 4300,
    otlp_http_port: 4318,
    otlp_grpc_port: 4317,
    engine: 'auto',
    role: 'all',
    require_key: false,
    json: false,
    request_timeout_ms: { default: 900_000, animation: 900_000 },
    retention_ms: { spans: 48 * 3_600_000, logs: 30 * 86_400_000 },
    sampling: { traces: 0.05, slow_ms: 10_000, artifacts: 0.1 },
    max_body_bytes: 64 * 2 ** 20,
    min_free_bytes: 2e9,
    commit_interval_ms: 2,
    admin_key: null,
  });
});

test('a flag wins over the environment, the environment over the file, the file over the default', () => {
  const file = 'port: 1\nhost: 10.0.0.1\notlp_http_port: 11\n';
  const env = { PEGBAR_PORT: '2', PEGBAR_OTLP_HTTP_PORT: '22' };
  expect(value({ file, env, argvOptions: { port: '3' } })).toMatchObject({
    port: 3,
    otlp_http_port: 22,
    host: '10.0.0.1',
    otlp_grpc_port: 4317,
  });
});

test('named values of a nearer source join those of a farther one', () => {
  const file = 'gpu_prices: { A100: 1.5, H100: 3 }\nrequest_timeout: { animation: 1h }\n';
  const config = value({
    file,
    env: { PEGBAR_GPU_PRICES: 'H100=4' },
    argvOptions: { 'request-timeout': ['5m'] },
  });
  expect(config.gpu_prices).toEqual({ A100: 1.5, H100: 4 });
  expect(config.request_timeout_ms).toMatchObject({
    default: 300_000,
    animation: 3_600_000,
    single_image: 300_000,
  });
});

test('what is wrong is named where it was said, with its cure', () => {
  expect(error({ env: { PEGBAR_PORT: '70000' } })).toMatchObject({ field: 'PEGBAR_PORT', value: '70000' });
  expect(error({ argvOptions: { port: 'http' } })).toEqual({
    field: '--port',
    value: 'http',
    cure: 'say a number',
  });
  expect(error({ argvOptions: { engine: 'mysql' } }).cure).toContain('auto, child, binary');
  expect(error({ file: 'retention: { logs: soon }' })).toMatchObject({
    field: 'retention in pegbar.yaml (logs)',
    value: 'soon',
  });
  expect(error({ file: 'prot: 1' })).toMatchObject({ field: 'prot in pegbar.yaml', value: 'prot' });
  expect(error({ argvOptions: { 'beacon-origins': ['https://a.example/path'] } }).cure).toContain('origin');
  expect(error({ argvOptions: { config: 'gone.yaml' } })).toMatchObject({
    field: '--config',
    value: 'gone.yaml',
  });
  expect(error({ file: 'a: [' }).field).toBe('pegbar.yaml');
});

test('an admin key that is too short is refused without being shown', () => {
  const refused = error({ env: { PEGBAR_ADMIN_KEY: 'hunter2' } });
  expect(refused.field).toBe('PEGBAR_ADMIN_KEY');
  expect(JSON.stringify(refused)).not.toContain('hunter2');
});

test('every setting has a flag and an environment twin', () => {
  expect(SERVER_OPTIONS.map((option) => option.field).sort()).toEqual(Object.keys(serverSchema.shape).sort());
  for (const option of SERVER_OPTIONS) {
    expect(environmentOf(option)).toMatch(/^PEGBAR_[A-Z_]+$/);
    expect(flagOf(option)).toMatch(/^[a-z-]+$/);
  }
});

test('docs/configuration.md is what the table of settings says', async () => {
  await expect(configurationPage()).toMatchFileSnapshot('../../../../docs/configuration.md');
});
