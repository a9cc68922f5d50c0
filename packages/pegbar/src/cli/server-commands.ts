import { readFileSync } from 'node:fs';
import { ok } from '../base/result.ts';
import {
  environmentOf,
  flagOf,
  isRepeatable,
  loadConfig,
  SERVER_OPTIONS,
  type ServerConfig,
} from '../config/index.ts';
import { type Command, command, EXIT, flag, integer, type Option, text } from './command.ts';
import type { CliIo } from './io.ts';

export interface DemoOptions {
  seed: number;
  /** Days of history; undefined = what the scenario says. */
  days: number | undefined;
  scenario: string | undefined;
  /** File that what was planted is written to, as JSON. */
  truth: string | undefined;
  /** True where a data folder was named: it is then kept; otherwise a throw-away one is used. */
  data_said: boolean;
}

/** What the composition root gives: each resolves with the exit status when the server has ended. */
export interface ServerCommands {
  up(config: ServerConfig, io: CliIo): Promise<number>;
  demo(config: ServerConfig, options: DemoOptions, io: CliIo): Promise<number>;
}

const DEMO_SEED = 1;
const DEMO_DAYS_MOST = 400;

/** The server's settings as options of a command; their values are read by config/, not here. */
function serverOptions(): Record<string, Option> {
  const options: Record<string, Option> = {
    config: text('FILE', 'settings in YAML (pegbar.yaml, where there is one)'),
  };
  for (const option of SERVER_OPTIONS) {
    const value = option.value ?? '';
    options[flagOf(option)] =
      option.form === 'switch'
        ? flag(option.help)
        : { kind: isRepeatable(option) ? 'many' : 'one', value, help: option.help, read: ok };
  }
  return options;
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const TWINS =
  'Every option has a twin in the environment (--otlp-http-port: PEGBAR_OTLP_HTTP_PORT) and a line in ' +
  'pegbar.yaml (otlp_http_port: 4318). The flag wins over the environment, the environment over the file. ' +
  'PEGBAR_ADMIN_KEY sets the first admin key.';

export function serverCommands(server: ServerCommands): Command[] {
  const up = command({
    name: 'up',
    summary: 'Start the server: OTLP, API, UI, workers.',
    details: TWINS,
    client: false,
    options: serverOptions(),
    examples: [
      { line: 'pegbar up', says: 'on loopback, data in ./pegbar-data' },
      {
        line: 'pegbar up --json --port 0 --otlp-http-port 0 --otlp-grpc-port 0',
        says: 'for scripts, free ports',
      },
      { line: 'PEGBAR_ADMIN_KEY=… pegbar up --host 0.0.0.0', says: 'for others, with keys' },
    ],
    async run({ flags, io, out }) {
      const config = loadConfig({ argvOptions: flags, env: io.env, readFile });
      if (!config.ok) return refused(out.say, config.error);
      return server.up(config.value, io as CliIo);
    },
  });
  const demo = command({
    name: 'demo',
    summary: 'Start a server with a simulated studio in it.',
    details: `The data go to a throw-away folder unless --data names one. ${TWINS}`,
    client: false,
    options: {
      seed: integer('N', `seed of the studio (${DEMO_SEED})`, 0, Number.MAX_SAFE_INTEGER),
      days: integer('N', 'days of history', 1, DEMO_DAYS_MOST),
      scenario: text('FILE', 'scenario to play instead of the built-in one'),
      truth: text('FILE', 'write what was planted, as JSON'),
      ...serverOptions(),
    },
    examples: [
      { line: 'pegbar demo', says: 'look around' },
      {
        line: 'pegbar demo --seed 7 --days 3 --truth truth.json',
        says: 'a small studio whose secrets are known',
      },
    ],
    async run({ flags, values, io, out }) {
      const config = loadConfig({ argvOptions: flags, env: io.env, readFile });
      if (!config.ok) return refused(out.say, config.error);
      const options: DemoOptions = {
        seed: values.seed ?? DEMO_SEED,
        days: values.days,
        scenario: values.scenario,
        truth: values.truth,
        data_said: flags.data !== undefined || Boolean(io.env[DATA_VARIABLE]),
      };
      return server.demo(config.value, options, io as CliIo);
    },
  });
  return [demo, up];
}

const DATA_VARIABLE = SERVER_OPTIONS.filter((option) => option.field === 'data').map(environmentOf)[0] ?? '';

function refused(say: (text: string) => void, error: { field: string; value: string; cure: string }): number {
  say(`pegbar: ${error.field} is ${JSON.stringify(error.value)}: ${error.cure}`);
  return EXIT.usage;
}
