import { MessageChannel, Worker } from 'node:worker_threads';
import type { Port } from '../base/remote.ts';
import { runLoading } from './far.ts';
import type { LoadingSetup } from './sides.ts';

export interface Thread {
  port: Port;
  /** Resolves with the reason when it ends without having been told to. */
  ended: Promise<string>;
  terminate(): Promise<unknown>;
}

/** A thread of its own; where the sources run as they are, which no thread can load on Node 20, the same beside us. */
export function startThread(setup: LoadingSetup): Thread {
  if (!import.meta.url.endsWith('.js')) return besideUs(setup);
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: setup,
    name: 'pegbar-loading',
  });
  const ended = new Promise<string>((resolve) => {
    worker.once('error', (error) => resolve(error.stack ?? String(error)));
    worker.once('exit', (code) => resolve(`it ended with status ${code}`));
  });
  return { port: worker, ended, terminate: () => worker.terminate() };
}

function besideUs(setup: LoadingSetup): Thread {
  const { port1, port2 } = new MessageChannel();
  runLoading(port2, structuredClone(setup));
  return {
    port: port1,
    ended: new Promise(() => undefined),
    async terminate() {
      port1.close();
      port2.close();
    },
  };
}
