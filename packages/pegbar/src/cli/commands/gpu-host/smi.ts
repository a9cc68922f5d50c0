import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Clock } from '../../../base/clock.ts';
import {
  gpuRecords,
  type HostWords,
  refusedField,
  SMI_LINE_MOST,
  smiArguments,
  smiReader,
} from '../../../importers/index.ts';
import type { KernelLog } from './kernel-log.ts';

/** What every watcher of the host has at hand. */
export interface Teller {
  clock: Clock;
  signal: AbortSignal;
  say: (text: string) => void;
  put: (record: Record<string, unknown>) => void;
}

export interface GpuSource {
  words: HostWords;
  everyMs: number;
  xids: KernelLog | undefined;
}

/** nvidia-smi hangs for a minute when a GPU falls off the bus; started anew after this it may be well again. */
const RESTART_FIRST_MS = 1_000;
const RESTART_MOST_MS = 60_000;
/** So many starts without one reading, and there is nothing here to read. */
const BARREN_STARTS_MOST = 3;
/** What nvidia-smi said is kept for the error message only. */
const SAID_MOST = 2_000;

/** Runs nvidia-smi in its loop until stopped. Resolves with the reason where there is nothing to be had from it. */
export async function watchSmi(
  teller: Teller,
  source: GpuSource,
  path: string,
  wanted: readonly string[],
): Promise<string | undefined> {
  const { clock, signal, say } = teller;
  const record = gpuRecords(source.words);
  let fields = [...wanted];
  let barren = 0;
  let wait = RESTART_FIRST_MS;
  while (!signal.aborted) {
    const run = await runOnce(teller, source, path, fields, record);
    if (signal.aborted) return undefined;
    if (run.missing)
      return `there is no ${path} here: install the NVIDIA driver, say where with --nvidia-smi, or use --dcgm URL`;
    const refused = refusedField(run.said);
    if (refused !== undefined && refused !== 'index' && fields.includes(refused)) {
      say(`this driver does not tell ${refused}; going on without it`);
      fields = fields.filter((field) => field !== refused);
      continue;
    }
    barren = run.readings > 0 ? 0 : barren + 1;
    if (barren >= BARREN_STARTS_MOST)
      return `${path} tells of no GPU: ${run.said.trim() || `it ended with ${run.code}`}`;
    wait = run.readings > 0 ? RESTART_FIRST_MS : Math.min(RESTART_MOST_MS, wait * 2);
    say(`${path} ended (${run.said.trim() || run.code}); starting it again`);
    await clock.sleep(wait, signal);
  }
  return undefined;
}

interface Run {
  readings: number;
  said: string;
  code: string;
  missing: boolean;
}

async function runOnce(
  { clock, signal, put }: Teller,
  { everyMs, xids }: GpuSource,
  path: string,
  fields: readonly string[],
  record: ReturnType<typeof gpuRecords>,
): Promise<Run> {
  const run: Run = { readings: 0, said: '', code: '', missing: false };
  const child = spawn(path, smiArguments(fields, Math.max(1, Math.round(everyMs / 1_000))), {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = (): void => void child.kill();
  signal.addEventListener('abort', stop, { once: true });
  const note = (text: string): void => {
    if (run.said.length < SAID_MOST) run.said += `${text}\n`;
  };
  const read = smiReader();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.trim() === '') return;
    const one = read(line);
    if ('lost' in one) return note(one.lost.slice(0, SMI_LINE_MOST));
    if ('header' in one) return;
    run.readings++;
    put(record(one.reading, clock.now(), xids?.since(one.reading.pci)));
  });
  child.stderr.on('data', (chunk: Buffer) => note(chunk.toString('utf8')));
  await new Promise<void>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      run.missing = error.code === 'ENOENT' || error.code === 'EACCES';
      note(error.message);
      if (child.pid === undefined) resolve();
    });
    child.once('close', (code, killed) => {
      run.code = killed ?? `status ${code}`;
      resolve();
    });
  });
  signal.removeEventListener('abort', stop);
  return run;
}
