import { run } from './cli/index.ts';
import { environment } from './config/index.ts';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());

const io = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: environment(),
  signal: interrupted.signal,
};

// The server's rooms are loaded only where a server is started: every other command starts in a blink.
process.exitCode = await run(process.argv.slice(2), io, {
  up: async (config, surroundings) => (await import('./up.ts')).up(config, surroundings),
  demo: async (config, options, surroundings) =>
    (await import('./demo.ts')).demo(config, options, surroundings),
});
// Sockets that linger (keep-alive of a client) must not hold a finished command.
process.exit();
