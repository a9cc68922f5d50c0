import { resolve as resolvePath } from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { fail, ok, type Result } from '../base/result.ts';
import { readCures } from '../base/schema-words.ts';
import { environmentOf, flagOf, SERVER_OPTIONS, type ServerOption } from './options.ts';
import { type ServerSettings, serverSchema, type WORKLOADS } from './schema.ts';
import { parseDuration, parseSize } from './units.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
/** Flags as parsed: the text of a flag, true for a switch, the texts of a repeated one. */
export type FlagValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface ConfigError {
  /** Where it was said: `--port`, `PEGBAR_PORT` or `port in pegbar.yaml`. */
  field: string;
  value: string;
  cure: string;
}

type Workload = (typeof WORKLOADS)[number];
type Retention = keyof ServerSettings['retention'];

/** What the server runs by. Durations in ms, sizes in bytes, prices in US dollars per GPU-hour. */
export interface ServerConfig {
  data: string;
  host: string;
  port: number;
  otlp_http_port: number;
  otlp_grpc_port: number;
  engine: string;
  role: ServerSettings['role'];
  require_key: boolean;
  json: boolean;
  resources: string[];
  log_level: ServerSettings['log_level'];
  gpu_prices: Record<string, number>;
  request_timeout_ms: Record<'default' | Workload, number>;
  retention_ms: Record<Retention, number>;
  sampling: ServerSettings['sampling'];
  /** 0 = no limit of its own. */
  max_disk_bytes: number;
  min_free_bytes: number;
  commit_interval_ms: number;
  max_body_bytes: number;
  beacon_origins: string[];
  /** First admin key, from PEGBAR_ADMIN_KEY only: a secret has no place in a command line or a file. */
  admin_key: string | null;
}

export interface ConfigSources {
  argvOptions: FlagValues;
  env: Environment;
  /** Returns the text of a file, or undefined where there is none. */
  readFile(path: string): string | undefined;
}

const DEFAULT_FILE = 'pegbar.yaml';
const DEFAULT_REQUEST_TIMEOUT = '15m';
const ADMIN_KEY_LEAST_CHARACTERS = 16;

/** Flag, else environment, else pegbar.yaml, else default. The first thing that is wrong is named. */
export function loadConfig(sources: ConfigSources): Result<ServerConfig, ConfigError> {
  const file = readConfigFile(sources);
  if (!file.ok) return file;
  const merged: Record<string, unknown> = { ...file.value.values };
  const said = new Map<string, string>();
  for (const name of Object.keys(merged)) said.set(name, `${name} in ${file.value.path}`);

  for (const option of SERVER_OPTIONS) {
    const flag = sources.argvOptions[flagOf(option)];
    const variable = sources.env[environmentOf(option)];
    const text = flag ?? (variable === '' ? undefined : variable);
    if (text === undefined) continue;
    const where = flag === undefined ? environmentOf(option) : `--${flagOf(option)}`;
    const read = readText(option, text);
    if (!read.ok) return fail({ field: where, value: String(text), cure: read.error });
    merged[option.field] = layered(option, merged[option.field], read.value);
    said.set(option.field, where);
  }

  const parsed = readCures(serverSchema, merged);
  if (!parsed.success) return fail(describe(parsed.error.issues[0], merged, said));
  const adminKey = sources.env.PEGBAR_ADMIN_KEY || null;
  if (adminKey !== null && adminKey.length < ADMIN_KEY_LEAST_CHARACTERS) {
    const cure = `use at least ${ADMIN_KEY_LEAST_CHARACTERS} characters, for example \`openssl rand -hex 24\``;
    return fail({ field: 'PEGBAR_ADMIN_KEY', value: `${adminKey.length} characters`, cure });
  }
  return ok(resolve(parsed.data, adminKey));
}

function readConfigFile(
  sources: ConfigSources,
): Result<{ path: string; values: Record<string, unknown> }, ConfigError> {
  const flag = sources.argvOptions.config;
  const named = typeof flag === 'string' ? flag : sources.env.PEGBAR_CONFIG || undefined;
  const path = named ?? DEFAULT_FILE;
  const field = typeof flag === 'string' ? '--config' : named ? 'PEGBAR_CONFIG' : path;
  const text = sources.readFile(path);
  if (text === undefined) {
    return named
      ? fail({ field, value: path, cure: 'there is no such file, or it cannot be read' })
      : ok({ path, values: {} });
  }
  let values: unknown;
  try {
    values = parseYaml(text) ?? {};
  } catch (error) {
    return fail({
      field,
      value: path,
      cure: error instanceof Error ? (error.message.split('\n')[0] ?? '') : '',
    });
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    return fail({ field, value: path, cure: 'write one setting per line, such as `port: 4300`' });
  }
  return ok({ path, values: { ...values } as Record<string, unknown> });
}

/** Named values of a nearer source join those of a farther one; everything else replaces it. */
function layered(option: ServerOption, below: unknown, above: unknown): unknown {
  const joins = option.form === 'numbers' || option.form === 'texts';
  return joins && typeof below === 'object' && below !== null && !Array.isArray(below)
    ? { ...below, ...(above as object) }
    : above;
}

function readText(option: ServerOption, raw: string | boolean | readonly string[]): Result<unknown, string> {
  if (option.form === 'switch') {
    if (typeof raw === 'boolean') return ok(raw);
    const text = String(raw).toLowerCase();
    if (['1', 'true', 'yes', 'on'].includes(text)) return ok(true);
    if (['0', 'false', 'no', 'off'].includes(text)) return ok(false);
    return fail('say true or false');
  }
  const texts = typeof raw === 'string' ? [raw] : Array.isArray(raw) ? raw : [];
  const last = texts.at(-1);
  if (last === undefined) return fail('say a value');
  if (option.form === 'text') return ok(last);
  if (option.form === 'number') return readNumber(last);
  const parts = texts.flatMap((text) => text.split(',')).map((part) => part.trim());
  const items = parts.filter((part) => part !== '');
  return option.form === 'list' ? ok(items) : readPairs(option, items);
}

function readPairs(option: ServerOption, items: readonly string[]): Result<unknown, string> {
  const pairs: Record<string, unknown> = {};
  for (const item of items) {
    const at = item.indexOf('=');
    const key = at < 0 ? option.bareKey : item.slice(0, at).trim();
    if (!key) return fail(`write ${option.value}`);
    const text = item.slice(at + 1).trim();
    const value = option.form === 'numbers' ? readNumber(text) : ok(text);
    if (!value.ok) return value;
    pairs[key] = value.value;
  }
  return ok(pairs);
}

function readNumber(text: string): Result<number, string> {
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) ? fail('say a number') : ok(value);
}

function describe(
  issue: z.core.$ZodIssue | undefined,
  merged: Record<string, unknown>,
  said: ReadonlyMap<string, string>,
): ConfigError {
  if (!issue) return { field: DEFAULT_FILE, value: '', cure: 'the settings cannot be read' };
  if (issue.code === 'unrecognized_keys') {
    const path = [...issue.path, issue.keys[0] ?? ''].map(String);
    const known = issue.path.length === 0 ? Object.keys(serverSchema.shape) : [];
    const cure = known.length ? `no such setting; there are ${known.join(', ')}` : 'no such setting';
    return { field: said.get(path[0] ?? '') ?? path.join('.'), value: path.join('.'), cure };
  }
  const [field, ...rest] = issue.path.map(String);
  let value: unknown = merged[field ?? ''];
  for (const key of rest) value = (value as Record<string, unknown> | undefined)?.[key];
  const where = said.get(field ?? '') ?? field ?? '';
  return {
    field: rest.length ? `${where} (${rest.join('.')})` : where,
    value: typeof value === 'string' ? value : JSON.stringify(value),
    cure: issue.message,
  };
}

function resolve(settings: ServerSettings, adminKey: string | null): ServerConfig {
  const ms = (text: string): number => {
    const read = parseDuration(text);
    if (!read.ok) throw new Error(`the schema let ${text} pass`);
    return read.value;
  };
  const bytes = (text: string | number): number => {
    const read = parseSize(String(text));
    if (!read.ok) throw new Error(`the schema let ${text} pass`);
    return read.value;
  };
  const { request_timeout, retention, max_disk, min_free, commit_interval, max_body, ...plain } = settings;
  const patience = ms(request_timeout.default ?? DEFAULT_REQUEST_TIMEOUT);
  const timeout = (workload: Workload): number => {
    const text = request_timeout[workload];
    return text === undefined ? patience : ms(text);
  };
  return {
    ...plain,
    // The engine reads paths as relative to its own folder.
    data: resolvePath(plain.data),
    request_timeout_ms: {
      default: patience,
      animation: timeout('animation'),
      single_image: timeout('single_image'),
      batch_panels: timeout('batch_panels'),
    },
    retention_ms: Object.fromEntries(
      Object.entries(retention).map(([signal, text]) => [signal, ms(text)]),
    ) as Record<Retention, number>,
    max_disk_bytes: bytes(max_disk),
    min_free_bytes: bytes(min_free),
    commit_interval_ms: ms(commit_interval),
    max_body_bytes: bytes(max_body),
    admin_key: adminKey,
  };
}
