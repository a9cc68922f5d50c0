import { makeFolder } from './base/make-folder.ts';
import type { CliIo } from './cli/index.ts';
import type { ServerConfig } from './config/index.ts';
import { type RunningServer, startServer } from './server.ts';
import { type Trouble, troubleOf } from './start-trouble.ts';
import { VERSION } from './version.ts';

const EXIT_OK = 0;
const EXIT_USAGE = 2;

/** `pegbar up`: starts, tells where it is, runs until it is told to stop. */
export async function up(config: ServerConfig, io: CliIo): Promise<number> {
  return serve(config, io, async () => undefined);
}

/** Starts a server, does `work` beside it, and stops it when the signal comes. */
export async function serve(
  config: ServerConfig,
  io: CliIo,
  work: (server: RunningServer, signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const folder = makeFolder(config.data);
  if (!folder.ok) {
    const cure = 'say another folder with --data DIR';
    return notStarted(config, io, { message: `the data directory: ${folder.error}`, cure });
  }
  let server: RunningServer;
  try {
    server = await startServer(config);
  } catch (error) {
    return notStarted(config, io, troubleOf(error, config));
  }
  if (config.json) io.stdout.write(`${JSON.stringify(ready(server))}\n`);
  else io.stdout.write(greeting(server));
  const signal = io.signal ?? new AbortController().signal;
  await work(server, signal);
  await aborted(signal);
  await server.stop();
  return EXIT_OK;
}

function notStarted({ json }: ServerConfig, io: CliIo, { message, cure }: Trouble): number {
  const error = { code: 'not_started', message, ...(cure && { hint: cure }) };
  if (json) io.stdout.write(`${JSON.stringify({ ready: false, error })}\n`);
  io.stderr.write(`pegbar: ${message}\n${cure ? `  ${cure}\n` : ''}`);
  return EXIT_USAGE;
}

function ready(server: RunningServer): Record<string, unknown> {
  return {
    ready: true,
    pid: process.pid,
    url: server.url,
    login_url: server.login_url,
    otlp_http: server.otlp_http,
    otlp_grpc: server.otlp_grpc,
    key: server.key,
    data_dir: server.data_dir,
    version: VERSION,
  };
}

function greeting(server: RunningServer): string {
  const lines = [
    `Pegbar ${VERSION}`,
    '',
    `  open        ${server.login_url}`,
    `  API         ${server.url}/api/v1`,
    `  OTLP/HTTP   ${server.otlp_http}`,
    `  OTLP/gRPC   ${server.otlp_grpc}`,
    `  data        ${server.data_dir}`,
  ];
  if (server.key) lines.push(`  admin key   ${server.key}   (shown once)`);
  if (server.keyless)
    lines.push('', '  Anyone on this machine may send and read. --require-key demands keys here too.');
  lines.push(
    '',
    '  pegbar doctor             checks the whole line',
    '  pegbar kpis --last 7d     the figures',
    '',
  );
  return `${lines.join('\n')}\n`;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
