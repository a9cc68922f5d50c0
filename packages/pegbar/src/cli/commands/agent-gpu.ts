import { hostname } from 'node:os';
import { type HostWords, SMI_FIELDS } from '../../importers/index.ts';
import { type Context, command, EXIT, flag, integer, type One, text } from '../command.ts';
import { createOutbox, type OutboxCounts } from '../outbox.ts';
import { count } from '../terminal/units.ts';
import { watchDcgm } from './gpu-host/dcgm.ts';
import { watchIo } from './gpu-host/io.ts';
import { watchKernelLog } from './gpu-host/kernel-log.ts';
import { type GpuSource, type Teller, watchSmi } from './gpu-host/smi.ts';

const DEFAULT_EVERY_S = 5;
/** Slower than this and a burst of memory falls between two samples. */
const EVERY_MOST_S = 300;
/** Ctrl-C: long enough for one request to a server that is there, short enough for a person who waits. */
const LAST_WORDS_MS = 3_000;
const ACCOUNT_EVERY_MS = 60_000;

const address: One<string> = {
  kind: 'one',
  value: 'URL',
  help: 'read a DCGM exporter instead of nvidia-smi, e.g. http://127.0.0.1:9400/metrics',
  read: (raw) => {
    const url = URL.canParse(raw) ? new URL(raw) : undefined;
    return url?.protocol === 'http:' || url?.protocol === 'https:'
      ? { ok: true, value: url.href }
      : { ok: false, error: 'write a URL that begins with http:// or https://' };
  },
};

export const agentGpu = command({
  name: 'agent gpu',
  summary: 'Keep sending the figures of this GPU host.',
  details: [
    'Utilisation, memory, temperature, power and errors of each GPU, from nvidia-smi or a DCGM exporter; rates of disk',
    'and network, and the share of time that the CPU waits for a disk (Linux). XID errors come from DCGM, or from the',
    'kernel log where it may be read (root). While the server is away up to 32 MB of records wait in memory.',
  ].join('\n'),
  options: {
    every: integer('SECONDS', `time between two samples (${DEFAULT_EVERY_S})`, 1, EVERY_MOST_S),
    dcgm: address,
    'nvidia-smi': text('PATH', 'the nvidia-smi to run (nvidia-smi on the PATH)'),
    host: text('NAME', "name of this host (the system's)"),
    tenant: text('TENANT', 'tenant, where no key fixes it (default)'),
    region: text('REGION', 'where the host stands'),
    'hardware-class': text('CLASS', 'segment of the host, e.g. h100-pool'),
    'no-io': flag('without disk and network'),
  },
  examples: [
    {
      line: 'pegbar agent gpu --region eu-west --url https://pegbar.example --key $KEY',
      says: 'on a render host',
    },
    { line: 'pegbar agent gpu --dcgm http://127.0.0.1:9400/metrics', says: 'where a DCGM exporter runs' },
  ],
  async run(context) {
    const { values, io, out, client } = context;
    const everyMs = (values.every ?? DEFAULT_EVERY_S) * 1_000;
    const words: HostWords = {
      host: values.host ?? hostname(),
      tenant: values.tenant,
      region: values.region,
      hardware_class: values['hardware-class'],
    };
    const outbox = createOutbox({
      client,
      clock: io.clock,
      say: out.say,
      spread: () => (io.random(1)[0] ?? 0) / 255,
    });
    const stop = new AbortController();
    io.signal?.addEventListener('abort', () => stop.abort(), { once: true });
    if (io.signal?.aborted) stop.abort();
    const teller: Teller = { clock: io.clock, signal: stop.signal, say: out.say, put: outbox.put };

    const xids = values.dcgm === undefined ? watchKernelLog(teller) : undefined;
    const source: GpuSource = { words, everyMs, xids };
    const gpus =
      values.dcgm === undefined
        ? watchSmi(teller, source, values['nvidia-smi'] ?? 'nvidia-smi', SMI_FIELDS)
        : watchDcgm(teller, source, values.dcgm, io.fetch);
    const disks = values['no-io'] ? undefined : watchIo(teller, words, everyMs);
    const silence = io.clock.every(ACCOUNT_EVERY_MS, () => out.say(account(outbox.counts)));
    out.say(
      `sending the figures of ${words.host} to ${client.url} every ${everyMs / 1_000} s; Ctrl-C ends it`,
    );

    const ended = await gpus;
    stop.abort();
    silence();
    await Promise.all([disks, xids?.ended]);
    const counts = await outbox.close(LAST_WORDS_MS);
    await report(context, counts, ended);
    if (ended !== undefined) return EXIT.usage;
    return counts.dropped + counts.rejected > 0 ? EXIT.finding : EXIT.ok;
  },
});

async function report(
  { out }: Pick<Context, 'out'>,
  counts: OutboxCounts,
  why: string | undefined,
): Promise<void> {
  if (why !== undefined) out.say(`pegbar agent gpu: ${why}`);
  if (out.format === 'json') await out.document({ ...counts, ...(why === undefined ? {} : { error: why }) });
  else out.say(account(counts));
}

function account({ accepted, duplicates, rejected, dropped }: Readonly<OutboxCounts>): string {
  const losses = [
    ...(duplicates > 0 ? [`${count(duplicates)} known already`] : []),
    ...(rejected > 0 ? [`${count(rejected)} refused`] : []),
    ...(dropped > 0 ? [`${count(dropped)} dropped`] : []),
  ];
  return [`${count(accepted)} records sent`, ...losses].join(', ');
}
