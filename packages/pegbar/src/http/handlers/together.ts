/**
 * Several questions in one request: what they ask of the same rows is counted once, and each is answered in a line of
 * its own as soon as it is known, as its own address would answer it. A page of charts asks so.
 */
import { flowFigures, type KpiQuestion, readTogether } from '../../explore/index.ts';
import { createRollupReader } from '../../rollups/index.ts';
import type { ApiDeps, Call, Handler, Handlers } from '../deps.ts';
import { answerOf, orRefuse, Refusal } from '../failure.ts';
import { askingOf, flowQuestionOf, kpiQuestionOf } from '../parameters.ts';

/** More than the charts of a page. */
const ASKED_MOST = 64;
/** Of what is not counted together, so many are read at a time: other callers ask too. */
const AT_A_TIME = 3;
const TIME_MS = 60_000;
const ADDRESSES: ReadonlySet<string> = new Set(['kpis', 'flow', 'latencies', 'examples']);

interface Line {
  at: number;
  status: number;
  body: unknown;
}
type Tell = (line: Line) => void;
interface One {
  at: number;
  path: string;
  call: Call;
}

/** `others`: how an address alone is answered. */
export function togetherHandlers(deps: ApiDeps, others: Handlers): Handlers {
  const rollups = createRollupReader(deps);
  const alone: Readonly<Record<string, Handler>> = {
    flow: others.getFlow!,
    latencies: others.getLatencies!,
    examples: others.listExamples!,
  };

  /** Those that are figures of counted facts, all at once. */
  async function counted(asked: readonly { at: number; question: KpiQuestion }[], call: Call, tell: Tell) {
    const questions = asked.map(({ question }) => question);
    const told: Promise<void>[] = [];
    await readTogether({ ...deps, rollups }, askingOf(call), questions, (place, answer) => {
      told.push(toldBy(asked[place]!.at, async () => Response.json(orRefuse(answer)), tell));
    });
    await Promise.all(told);
  }

  /** Whatever is thrown becomes the answer of its own line. */
  async function toldBy(at: number, work: () => Promise<Response>, tell: Tell): Promise<void> {
    const refusal = (error: unknown): Response => {
      if (error instanceof Refusal) return answerOf(error);
      deps.log.error({ error: String(error) }, 'one of several questions failed by a bug');
      return answerOf(new Refusal('internal', 'an error in the server; its log has it'));
    };
    const response = await work().catch(refusal);
    tell({ at, status: response.status, body: await response.json() });
  }

  async function answer(call: Call, asked: readonly One[], tell: Tell): Promise<void> {
    const together: { at: number; question: KpiQuestion }[] = [];
    const rest: One[] = [];
    for (const one of asked) {
      try {
        const question = countedOf(one, deps);
        if (question) together.push({ at: one.at, question });
        else rest.push(one);
      } catch (error) {
        await toldBy(one.at, () => Promise.reject(error as Error), tell);
      }
    }
    const next = async (): Promise<void> => {
      for (let one = rest.shift(); one; one = rest.shift()) {
        const { at, path, call: own } = one;
        await toldBy(at, async () => alone[path]!(own), tell);
      }
    };
    await Promise.all([counted(together, call, tell), ...Array.from({ length: AT_A_TIME }, next)]);
  }

  return {
    askTogether(call) {
      const asked = askedOf(call);
      const over = new AbortController();
      const text = new TextEncoder();
      let open = true;
      const lines = new ReadableStream<Uint8Array>({
        async start(controller) {
          const tell: Tell = (line) => {
            if (open) controller.enqueue(text.encode(`${JSON.stringify(line)}\n`));
          };
          const stop = (): void => over.abort();
          call.request.signal.addEventListener('abort', stop, { once: true });
          const done = new AbortController();
          void deps.clock.sleep(TIME_MS, done.signal).then(stop);
          const own = asked.map((one) => ({ ...one, call: { ...one.call, signal: over.signal } }));
          await answer({ ...call, signal: over.signal }, own, tell);
          done.abort();
          call.request.signal.removeEventListener('abort', stop);
          if (open) controller.close();
          open = false;
        },
        cancel() {
          open = false;
          over.abort();
        },
      });
      return new Response(lines, { headers: { 'content-type': 'application/x-ndjson' } });
    },
  };
}

/** Each as a call of its own; what cannot be one is refused before anything is answered. */
function askedOf(call: Call): One[] {
  const asked = call.url.searchParams.getAll('ask');
  if (asked.length === 0 || asked.length > ASKED_MOST)
    throw new Refusal('invalid_request', `there are ${asked.length} questions, not 1 to ${ASKED_MOST}`, {
      field: 'ask',
      hint: 'Write ask=kpis?metrics=requests, the address under /api/v1/ in percent-encoding.',
    });
  return asked.map((text, at) => {
    const mark = text.indexOf('?');
    const path = mark < 0 ? text : text.slice(0, mark);
    if (!ADDRESSES.has(path))
      throw new Refusal('invalid_request', `${path.slice(0, 80)} cannot be asked together with others`, {
        field: 'ask',
        hint: `One of ${[...ADDRESSES].join(', ')}.`,
      });
    const url = new URL(call.url);
    url.search = mark < 0 ? '' : text.slice(mark);
    // The door looked at the tenant of the address itself.
    if (url.searchParams.has('tenant'))
      throw new Refusal('invalid_request', 'a question has no tenant of its own', {
        field: 'ask',
        hint: 'Write tenant= beside ask=.',
      });
    return { at, path, call: { ...call, url } };
  });
}

/** The question, where its answer is counted as KPIs are. */
function countedOf({ path, call }: One, deps: ApiDeps): KpiQuestion | null {
  if (path === 'kpis') return kpiQuestionOf(call, deps);
  return path === 'flow' ? flowFigures(flowQuestionOf(call, deps)) : null;
}
