import { environment } from '../config/index.ts';
import type { CliIo } from './io.ts';

/** The streams and the environment of this process. A reader that went away (`pegbar logs | head`) ends it quietly. */
export function processIo(): CliIo {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return { stdout: process.stdout, stderr: process.stderr, stdin: process.stdin, env: environment() };
}
