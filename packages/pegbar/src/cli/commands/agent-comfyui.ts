import { join } from 'node:path';
import { loadClientConfig, stateDirectory } from '../../config/index.ts';
import type { Tags } from '../../importers/index.ts';
import { VERSION } from '../../version.ts';
import { createClient } from '../client.ts';
import { type Context, choice, command, EXIT, flag, integer, text } from '../command.ts';
import type { Surroundings } from '../io.ts';
import { count } from '../terminal/units.ts';
import { Delivery, type DeliveryCounts } from './comfyui/delivery.ts';
import { fileMemory } from './comfyui/memory.ts';
import { createReading, type Reading } from './comfyui/reading.ts';
import { keepSocket } from './comfyui/socket.ts';
import { Watch } from './comfyui/watch.ts';

const DEFAULT_COMFY = 'http://127.0.0.1:8188';
const DEFAULT_EVERY_S = 2;
const EVERY_MOST_S = 300;
/** Messages come in bursts: one look answers all of them. */
const GATHER_MS = 200;
/** Without a word from ComfyUI its history is asked this seldom. */
const CATCH_UP_MS = 30_000;

export const agentComfyui = command({
  name: 'agent comfyui',
  client: false,
  summary: 'Keep sending the prompts of a ComfyUI.',
  details: [
    'Watches from outside, with nothing installed in ComfyUI: its queue, its history, and the messages that it sends',
    'to everybody. Seen: prompts with outcome, times, settings, model, LoRAs, graph, errors, pictures; depth and wait',
    'of the queue; cached nodes. Not seen: rejected prompts, model loads, memory, and times of nodes, except of prompts',
    'that were queued without a client id. The node in custom_nodes sees all of it; where it is there, this ends.',
    'Prompts are remembered, so that a restart tells none twice; while Pegbar is away, 5,000 parcels wait in memory.',
  ].join('\n'),
  options: {
    url: text('URL', `the ComfyUI to watch (${DEFAULT_COMFY})`),
    server: text('URL', 'the Pegbar server to tell (PEGBAR_URL, http://127.0.0.1:4300)'),
    key: text('KEY', 'API key of the Pegbar server (PEGBAR_KEY)'),
    every: integer('SECONDS', `time between two looks (${DEFAULT_EVERY_S})`, 1, EVERY_MOST_S),
    once: flag('look once, tell what the history holds, and end'),
    tenant: text('TENANT', 'tenant, where no key fixes it (default)'),
    region: text('REGION', 'where this ComfyUI stands'),
    'hardware-class': text('CLASS', 'segment of its machine'),
    'traffic-source': text('NAME', 'where its requests come from'),
    workload: choice(
      ['animation', 'single_image', 'batch_panels'],
      'workload, where the graph does not tell it',
    ),
    queue: text('NAME', 'name of its queue (comfyui)'),
    prompts: choice(['on', 'off'], 'off: neither prompts nor graphs are sent (on)'),
    pictures: choice(
      ['digest', 'name'],
      'digest: read each through /view, for its identity and size (digest)',
    ),
    json: flag('one JSON document on stdout'),
  },
  examples: [
    { line: 'pegbar agent comfyui --url http://127.0.0.1:8188', says: 'beside a ComfyUI on this machine' },
    {
      line: 'pegbar agent comfyui --url http://render-3:8188 --server https://pegbar.example',
      says: 'from afar',
    },
    { line: 'pegbar agent comfyui --once', says: 'bring in what its history still holds' },
  ],
  async run(context) {
    const { values, io, out, flags } = context;
    const found = addresses(flags, io);
    if (typeof found === 'string') {
      out.say(`pegbar agent comfyui: ${found}`);
      return EXIT.usage;
    }
    const { comfy, server } = found;
    const spread = (): number => (io.random(1)[0] ?? 0) / 255;
    const signal = io.signal ?? new AbortController().signal;
    const { fetch, clock } = io;
    const reading = createReading({ url: comfy, fetch, clock, signal });
    const host = await describe(reading);
    if (typeof host === 'string' && values.once) return sayUnreachable(context, comfy, host);
    if (host === NODE_IS_THERE) {
      out.say(
        `${comfy} has the Pegbar node, which tells all of this and more: there is nothing for an agent to do`,
      );
      return EXIT.usage;
    }
    const resource = { current: typeof host === 'string' ? baseResource(comfy) : host };
    const client = createClient(server, { fetch, clock, signal, userAgent: `pegbar-cli/${VERSION}` });
    const memory = fileMemory(join(stateDirectory(io.env), 'agents'), comfy, server.url);
    const tags: Tags = {
      tenant: values.tenant,
      region: values.region,
      workload: values.workload,
      traffic_source: values['traffic-source'],
      hardware_class: values['hardware-class'],
      queue: values.queue ?? 'comfyui',
      url: comfy,
      withPrompts: values.prompts !== 'off',
    };
    const delivery = new Delivery({
      client,
      clock,
      say: out.say,
      spread,
      version: VERSION,
      resource: () => ({ ...resource.current, ...tagsOf(tags) }),
      onDelivered: (ids) => memory.add(ids),
    });
    const withPictures = values.pictures !== 'name';
    const watch = new Watch({
      reading,
      clock,
      tags,
      delivery,
      told: await memory.read(),
      withPictures,
      say: out.say,
    });
    if (values.once) {
      const seen = await watch.look();
      await delivery.pump(true);
      await report(context, delivery.counts);
      return seen && delivery.isEmpty ? EXIT.ok : EXIT.unreachable;
    }
    out.say(`telling ${server.url} of ${comfy}; Ctrl-C ends it`);
    await follow(watch, delivery, {
      io,
      signal,
      spread,
      comfy,
      everyMs: (values.every ?? DEFAULT_EVERY_S) * 1_000,
    });
    await delivery.pump(true);
    await report(context, delivery.counts);
    return delivery.counts.dropped + delivery.counts.rejected > 0 || !delivery.isEmpty
      ? EXIT.finding
      : EXIT.ok;
  },
});

interface Following {
  io: Surroundings;
  signal: AbortSignal;
  spread: () => number;
  comfy: string;
  everyMs: number;
}

/** Looks when ComfyUI says that something changed, and every so often because it does not say everything. */
async function follow(
  watch: Watch,
  delivery: Delivery,
  { io, signal, spread, comfy, everyMs }: Following,
): Promise<void> {
  const { clock } = io;
  let wake = new AbortController();
  let isConnected = false;
  let caughtUpAt = Number.NEGATIVE_INFINITY;
  const socket = keepSocket({
    url: comfy,
    clock,
    signal,
    spread,
    newClientId: () => `pegbar-${Buffer.from(io.random(12)).toString('hex')}`,
    onText: (message) => {
      if (watch.observer.message(message, clock.now())) wake.abort();
    },
    onOpen: () => {
      isConnected = true;
      wake.abort();
    },
    onClose: () => {
      isConnected = false;
      watch.observer.disconnected();
    },
  });
  let isWoken = true;
  while (!signal.aborted) {
    const isDue = clock.monotonic() - caughtUpAt > CATCH_UP_MS;
    const mayHaveMissed = isWoken || isDue || !isConnected;
    if ((await watch.look(mayHaveMissed)) && mayHaveMissed) caughtUpAt = clock.monotonic();
    await delivery.pump();
    if (!wake.signal.aborted) await clock.sleep(everyMs, AbortSignal.any([signal, wake.signal]));
    isWoken = wake.signal.aborted;
    wake = new AbortController();
    // A message that comes from now on wakes the look after this one.
    await clock.sleep(GATHER_MS, signal);
  }
  await socket;
}

function addresses(
  flags: Context['flags'],
  { env }: Surroundings,
): { comfy: string; server: { url: string; key: string | null } } | string {
  const comfy = loadClientConfig({ url: flags.url ?? DEFAULT_COMFY }, {});
  if (!comfy.ok) return `--url ${comfy.error.value}: write a URL such as ${DEFAULT_COMFY}`;
  const own = {
    ...(flags.server === undefined ? {} : { url: flags.server }),
    ...(flags.key === undefined ? {} : { key: flags.key }),
  };
  const server = loadClientConfig(own, env);
  if (!server.ok) return `--server ${server.error.value}: ${server.error.cure}`;
  return { comfy: comfy.value.url, server: server.value };
}

const tagsOf = (tags: Tags): Record<string, unknown> => ({
  'pegbar.tenant': tags.tenant,
  'pegbar.region': tags.region,
  'pegbar.traffic_source': tags.traffic_source,
  'pegbar.hardware_class': tags.hardware_class,
});

const NODE_IS_THERE = 'the node is there';

const baseResource = (comfy: string): Record<string, unknown> => ({
  'service.name': 'comfyui',
  'service.instance.id': new URL(comfy).host,
  'telemetry.distro.name': 'pegbar-agent-comfyui',
  'telemetry.distro.version': VERSION,
});

/** Versions and GPU, as `/system_stats` tells them. Its `argv` may hold secrets and is not read. */
async function describe(reading: Reading): Promise<Record<string, unknown> | string> {
  const node = await reading.text('/pegbar');
  if (node.ok && objectOf(node.value).hooks !== undefined) return NODE_IS_THERE;
  const stats = await reading.text('/system_stats');
  if (!stats.ok) return stats.error;
  const told = objectOf(stats.value) as {
    system?: Record<string, unknown>;
    devices?: Record<string, unknown>[];
  };
  const device = Array.isArray(told.devices) ? told.devices[0] : undefined;
  return {
    ...baseResource(reading.url),
    'service.version': told.system?.comfyui_version,
    'comfyui.torch_version': told.system?.pytorch_version,
    'process.runtime.version': String(told.system?.python_version ?? '').split(' ')[0],
    'pegbar.gpu.type': device && device.type !== 'cpu' ? device.name : undefined,
  };
}

function objectOf(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function sayUnreachable({ out }: Pick<Context, 'out'>, comfy: string, why: string): number {
  out.say(`pegbar agent comfyui: no ComfyUI answers at ${comfy} (${why})\nsay where it is with --url`);
  return EXIT.unreachable;
}

async function report({ out }: Pick<Context, 'out'>, counts: Readonly<DeliveryCounts>): Promise<void> {
  if (out.format === 'json') return out.document({ ...counts });
  const losses = [
    ...(counts.rejected > 0 ? [`${count(counts.rejected)} items refused`] : []),
    ...(counts.dropped > 0 ? [`${count(counts.dropped)} items dropped`] : []),
  ];
  out.say([`${count(counts.prompts)} prompts told, ${count(counts.sent)} items sent`, ...losses].join(', '));
}
