/** Where the thread that looks at pictures and compares them begins. */
import { parentPort } from 'node:worker_threads';
import { connectRemote } from '../base/remote.ts';
import { STYLE_OFFERS } from './thread.ts';

if (parentPort) connectRemote(parentPort, STYLE_OFFERS);
