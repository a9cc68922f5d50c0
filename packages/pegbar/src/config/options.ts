import type { SettingName } from './schema.ts';

/** How the text of a flag or of an environment variable becomes the value that the file would hold. */
export type TextForm = 'text' | 'number' | 'switch' | 'list' | 'numbers' | 'texts';

export interface ServerOption {
  readonly field: SettingName;
  readonly form: TextForm;
  /** What stands for the value in a help text; none for a switch. */
  readonly value?: string;
  readonly help: string;
  /** Key that a text without `name=` gets in the forms `numbers` and `texts`. */
  readonly bareKey?: string;
}

/**
 * Every setting of the server, in the order of the help text: flag `--otlp-http-port`, environment
 * `PEGBAR_OTLP_HTTP_PORT`, line `otlp_http_port:` in pegbar.yaml. One table, so that none can lack its twin.
 */
export const SERVER_OPTIONS: readonly ServerOption[] = [
  { field: 'data', form: 'text', value: 'DIR', help: 'folder of everything that is kept (./pegbar-data)' },
  {
    field: 'host',
    form: 'text',
    value: 'ADDRESS',
    help: 'address to listen on (127.0.0.1); any other demands keys',
  },
  { field: 'port', form: 'number', value: 'PORT', help: 'API and UI (4300); 0 = any free port' },
  { field: 'otlp_http_port', form: 'number', value: 'PORT', help: 'OTLP over HTTP (4318)' },
  { field: 'otlp_grpc_port', form: 'number', value: 'PORT', help: 'OTLP over gRPC (4317)' },
  {
    field: 'engine',
    form: 'text',
    value: 'auto|child|binary|URL',
    help: 'ClickHouse: bundled, installed or remote',
  },
  {
    field: 'role',
    form: 'text',
    value: 'all|ingest|worker|api',
    help: 'what this process does; only all in this version',
  },
  { field: 'require_key', form: 'switch', help: 'demand a key on loopback too' },
  { field: 'json', form: 'switch', help: 'first line on stdout is one JSON document' },
  {
    field: 'resources',
    form: 'list',
    value: 'FILE',
    help: 'declared resources to apply at start (repeatable)',
  },
  { field: 'log_level', form: 'text', value: 'LEVEL', help: 'debug, info, warn, error or silent (info)' },
  {
    field: 'gpu_prices',
    form: 'numbers',
    value: 'TYPE=USD',
    help: 'US dollars per GPU-hour, by type (repeatable)',
  },
  {
    field: 'request_timeout',
    form: 'texts',
    value: '[WORKLOAD=]TIME',
    help: 'silence after which a request has timed out (15m)',
    bareKey: 'default',
  },
  {
    field: 'retention',
    form: 'texts',
    value: 'SIGNAL=TIME',
    help: 'how long a signal is kept, e.g. logs=30d',
  },
  { field: 'sampling', form: 'numbers', value: 'NAME=N', help: 'traces=0.05, slow_ms=10000, artifacts=0.1' },
  {
    field: 'max_disk',
    form: 'text',
    value: 'SIZE',
    help: 'most that the data folder may take (0 = no limit)',
  },
  { field: 'min_free', form: 'text', value: 'SIZE', help: 'free space below which ingest is refused (2GB)' },
  { field: 'commit_interval', form: 'text', value: 'TIME', help: 'wait for company before an fsync (2ms)' },
  { field: 'max_body', form: 'text', value: 'SIZE', help: 'largest body, decompressed (64MiB)' },
  {
    field: 'beacon_origins',
    form: 'list',
    value: 'ORIGIN',
    help: 'origins that may use a public key (repeatable)',
  },
];

export const flagOf = (option: ServerOption): string => option.field.replaceAll('_', '-');
export const environmentOf = (option: ServerOption): string => `PEGBAR_${option.field.toUpperCase()}`;

/** Takes several occurrences of a flag. */
export const isRepeatable = (option: ServerOption): boolean =>
  option.form === 'list' || option.form === 'numbers' || option.form === 'texts';
