import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ServerConfig } from '../config/index.ts';
import { VERSION } from '../version.ts';
import { docsPage } from './docs-page.ts';
import { optionHead, usageHead } from './help.ts';
import { CLIENT_OPTIONS, commandTable } from './run.ts';
import { cli } from './testkit.ts';

const table = commandTable({ up: async () => 0, demo: async () => 0 });

test('the overview lists every command once', async () => {
  const { exit, stdout } = await cli(['--help']);
  expect(exit).toBe(0);
  expect(stdout.replace(VERSION, 'VERSION')).toMatchSnapshot();
  for (const { command } of table) {
    const lines = stdout.split('\n').filter((line) => line.startsWith(`  ${usageHead(command)}`));
    expect(lines.length, command.name).toBeGreaterThan(0);
  }
});

test('every command has a help page with examples that fits 80 columns', async () => {
  for (const { command, options } of table) {
    const { exit, stdout } = await cli([...command.name.split(' '), '--help']);
    expect(exit).toBe(0);
    expect(stdout).toContain('Examples:');
    for (const [name, option] of Object.entries(options)) expect(stdout).toContain(optionHead(name, option));
    const prose = stdout.split('\n').filter((line) => !line.startsWith('  pegbar') && !line.includes(' | '));
    for (const line of prose) expect(line.length, line).toBeLessThanOrEqual(100);
  }
});

test('the help page of kpis reads well', async () => {
  expect((await cli(['kpis', '--help'])).stdout).toMatchSnapshot();
});

test('a day that no calendar has is refused, not read as another', async () => {
  for (const day of ['2026-02-31', '2026-04-31', '2025-02-29']) {
    const { exit, stderr } = await cli(['report', 'drift', '--day', day]);
    expect(exit, day).toBe(2);
    expect(stderr).toContain(`--day ${day}: write 2026-03-01`);
  }
});

test('an unknown option ends with 2 and names the nearest one', async () => {
  const { exit, stderr } = await cli(['kpis', '--metric', 'requests']);
  expect(exit).toBe(2);
  expect(stderr).toContain('unknown option --metric; did you mean --metrics?');
});

test('with --json a failure is one document on stdout, and prose on stderr all the same', async () => {
  const slip = await cli(['kpis', '--metric', 'requests', '--json']);
  expect(slip).toMatchObject({ exit: 2 });
  expect(JSON.parse(slip.stdout).error).toMatchObject({ code: 'usage' });
  const wrong = await cli(['kpis', '--metrics', 'nope', '--json']);
  expect(JSON.parse(wrong.stdout)).toEqual({
    error: { code: 'usage', message: expect.stringContaining('nope is no KPI') },
  });
  expect(wrong.stderr).toContain('nope is no KPI');
  const away = await cli(['requests', '--json', '--url', 'http://127.0.0.1:9']);
  expect(away).toMatchObject({ exit: 3 });
  expect(JSON.parse(away.stdout).error).toMatchObject({ code: 'unreachable' });
  expect((await cli(['requests', '--url', 'http://127.0.0.1:9'])).stdout).toBe('');
});

test('an unknown command ends with 2 and names the nearest one', async () => {
  const slip = await cli(['request']);
  expect(slip).toMatchObject({ exit: 2 });
  expect(slip.stderr).toContain('did you mean `pegbar requests`?');
  const group = await cli(['keys', 'crate']);
  expect(group).toMatchObject({ exit: 2 });
  expect(group.stderr).toContain('did you mean `pegbar keys create`?');
  expect((await cli(['keys'])).exit).toBe(2);
  expect((await cli([])).exit).toBe(2);
});

test('wrong values, missing values and words too many end with 2 before any server is asked', async () => {
  const lines = [
    ['kpis', '--last', 'yesterday'],
    ['kpis', '--last', '1d', '--from', '2026-01-01'],
    ['kpis', '--metrics', 'latency_p96_ms'],
    ['kpis', '--step', '0'],
    ['kpis', '--by'],
    ['kpis', '--by', '--json'],
    ['kpis', '--json', '--format', 'csv'],
    ['kpis', 'model_version'],
    ['requests', '--format', 'xml'],
    ['requests', '--url', 'ftp://example'],
    ['trace'],
    ['keys', 'create', '--scopes', 'ingest,write'],
    ['deployment', 'start'],
    ['apply'],
    ['import', 'events'],
  ];
  for (const argv of lines) {
    const { exit, stderr } = await cli(argv, {
      fetch: () => {
        throw new Error('asked a server');
      },
    });
    expect(exit, argv.join(' ')).toBe(2);
    expect(stderr).not.toBe('');
  }
});

test('up hands the settings to the server and refuses wrong ones', async () => {
  let given: ServerConfig | undefined;
  const server = {
    up: async (config: ServerConfig) => {
      given = config;
      return 0;
    },
    demo: async () => 0,
  };
  const argv = ['up', '--port', '0', '--json', '--gpu-prices', 'A100=1.5', '--gpu-prices', 'H100=3'];
  expect(await cli(argv, { env: { PEGBAR_OTLP_HTTP_PORT: '9' } }, server)).toMatchObject({ exit: 0 });
  expect(given).toMatchObject({ port: 0, otlp_http_port: 9, json: true, gpu_prices: { A100: 1.5, H100: 3 } });
  const refused = await cli(['up', '--role', 'boss'], {}, server);
  expect(refused.exit).toBe(2);
  expect(refused.stderr).toContain('--role is "boss": say one of all, ingest, worker, api');
});

test('docs/cli.md is what the table of commands says', async () => {
  await expect(docsPage(table, CLIENT_OPTIONS)).toMatchFileSnapshot('../../../../docs/cli.md');
});

test('no command line makes it throw, hang or call itself a bug', async () => {
  const vocabulary = table.flatMap(({ command, options }) => [
    ...command.name.split(' '),
    ...Object.keys(options).map((name) => `--${name}`),
  ]);
  const word = fc.oneof(
    fc.constantFrom(...vocabulary),
    fc.string({ maxLength: 8 }),
    fc.constantFrom('-', '--', '7d', '-f'),
  );
  const unreachable = () => Promise.reject(new Error('no network in this test'));
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (argv) => {
      const { exit, stderr } = await cli(argv, {
        fetch: unreachable as typeof fetch,
        env: { XDG_STATE_HOME: '/nonexistent' },
      });
      expect([0, 1, 2, 3]).toContain(exit);
      expect(stderr).not.toContain('this is a bug');
    }),
    { numRuns: 500 },
  );
});
