/** Where the thread that looks at pictures begins. */
import { parentPort } from 'node:worker_threads';
import { connectRemote } from '../base/remote.ts';
import { look } from './look.ts';

if (parentPort) connectRemote(parentPort, { look });
