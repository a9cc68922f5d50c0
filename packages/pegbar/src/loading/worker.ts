/** Where the loading thread begins. */
import { parentPort, workerData } from 'node:worker_threads';
import { runLoading } from './far.ts';
import type { LoadingSetup } from './sides.ts';

if (parentPort) runLoading(parentPort, workerData as LoadingSetup);
