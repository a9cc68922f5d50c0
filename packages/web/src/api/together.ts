/**
 * What the charts of a page ask in one moment goes in one request: the server counts what they have in common once, and
 * answers each in a line of its own as soon as it is known. A cell that cannot be answered has its own error.
 */
import type { ApiErrorBody } from '@pegbar/contract/words';
import { after } from '../base/browser.ts';
import { ApiError, get, type Params, queryOf, read } from './client.ts';

/** The server takes so many at a time, and addresses up to some 16,000 characters. */
const ASKED_MOST = 48;
const CHARACTERS_MOST = 10_000;

/** An older server, or something between that takes no long address: then each is asked alone. */
const ALONE: ReadonlySet<number> = new Set([404, 414, 431]);

interface Asked {
  readonly text: string;
  readonly alone: () => Promise<unknown>;
  readonly tenant: Params[string];
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Line {
  readonly at: number;
  readonly status: number;
  readonly body: unknown;
}

let gathered: Asked[] = [];
let gathering = false;

type Path = 'kpis' | 'flow' | 'latencies' | 'examples';

/** GET, with what else is asked in this moment; throws an `ApiError`. */
export function getTogether<Answer>(
  path: Path,
  { tenant, ...params }: Params,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    const one: Asked = {
      text: `${path}?${queryOf(params)}`,
      alone: () => get<Answer>(path, { tenant, ...params }, signal),
      tenant,
      resolve: (answer) => resolve(answer as Answer),
      reject,
    };
    gathered.push(one);
    signal?.addEventListener('abort', () => leave(one, signal.reason));
    if (gathering) return;
    gathering = true;
    // What is drawn in one go asks in one go; what its answers lead to, baselines first, goes in the next.
    cancel = after(underWay === 0 ? 0 : GATHER_MS, sendAll);
  });
}

/** So long the next request waits for the answers of the one under way. */
const GATHER_MS = 250;
let underWay = 0;
let cancel = (): void => undefined;

function sendAll(): void {
  cancel();
  gathering = false;
  const all = gathered;
  gathered = [];
  for (const some of parcels(all)) {
    underWay += 1;
    void send(some).finally(() => {
      underWay -= 1;
      // A moment, so that what the last answer leads to comes along.
      if (underWay === 0 && gathering) after(0, () => gathering && sendAll());
    });
  }
}

/** Those of one tenant, as many as an address holds. */
function parcels(all: readonly Asked[]): Asked[][] {
  const out: Asked[][] = [];
  for (const one of all) {
    const last = out.findLast(([first]) => first?.tenant === one.tenant);
    const length = (last ?? []).reduce((sum, { text }) => sum + encodeURIComponent(text).length, 0);
    const fits = length + encodeURIComponent(one.text).length <= CHARACTERS_MOST;
    if (last && last.length < ASKED_MOST && fits) last.push(one);
    else out.push([one]);
  }
  return out;
}

const gone = new WeakSet<Asked>();
const parcelOf = new WeakMap<Asked, { left: number; stop: AbortController }>();

/** Nobody waits for the answer any more; when nobody waits for any of a request, it ends. */
function leave(one: Asked, reason: unknown): void {
  if (gone.has(one)) return;
  gone.add(one);
  gathered = gathered.filter((other) => other !== one);
  one.reject(reason);
  const parcel = parcelOf.get(one);
  if (!parcel) return;
  parcel.left -= 1;
  if (parcel.left === 0) parcel.stop.abort();
}

async function send(asked: readonly Asked[]): Promise<void> {
  const stop = new AbortController();
  const parcel = { left: asked.length, stop };
  for (const one of asked) parcelOf.set(one, parcel);
  const told = (one: Asked, tell: () => void): void => {
    if (gone.has(one)) return;
    gone.add(one);
    parcel.left -= 1;
    tell();
  };
  let error: unknown = new ApiError(0, { code: 'offline', message: 'The server stopped in the middle.' });
  try {
    const params = { tenant: asked[0]!.tenant, ask: asked.map(({ text }) => text) };
    await read('questions', params, stop.signal, async (response) => {
      for await (const line of linesOf(response)) {
        const one = asked[line.at];
        if (one === undefined) continue;
        if (line.status === 200) told(one, () => one.resolve(line.body));
        else told(one, () => one.reject(new ApiError(line.status, (line.body as ApiErrorBody).error)));
        // A task for each answer, so that a page full of charts is not drawn in one long one.
        await new Promise<void>((resolve) => after(0, resolve));
      }
    });
  } catch (failed) {
    error = failed;
  }
  if (error instanceof ApiError && ALONE.has(error.status)) {
    for (const one of asked) told(one, () => void one.alone().then(one.resolve, one.reject));
    return;
  }
  for (const one of asked) told(one, () => one.reject(error));
}

async function* linesOf(response: Response): AsyncGenerator<Line> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    const parts = (rest + (value ?? '')).split('\n');
    rest = done ? '' : parts.pop()!;
    for (const text of parts) if (text !== '') yield JSON.parse(text) as Line;
    if (done) return;
  }
}
