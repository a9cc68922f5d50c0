/** What a real ComfyUI did, in all the recordings, is what a watcher from outside makes of its queue and history. */
import { expect, test } from 'vitest';
import { Observer, type Run, type Told, tellFinished } from '../../../packages/pegbar/src/importers/index.ts';
import { FakeComfy, linesOf, RECORDINGS } from './fake-comfy.ts';

const TAGS = { queue: 'comfyui', url: 'http://comfy', withPrompts: true };

interface Played {
  comfy: FakeComfy;
  roots: Map<string, Told['spans'][number]>;
  told: Told;
}

/** Looks after every change, as the agent does when ComfyUI says that something changed. */
function play(name: string): Played {
  const lines = linesOf(name);
  const comfy = new FakeComfy(lines);
  const observer = new Observer({ tags: TAGS });
  const told: Told = { spans: [], records: [], finished: [] };
  const take = (more: Told): void => {
    told.spans.push(...more.spans);
    told.records.push(...more.records);
    for (const run of more.finished) {
      const looked = run.pictures.map((picture, index) => ({ picture, index }));
      const { spans, records } = tellFinished(run, TAGS, looked);
      told.spans.push(...spans);
      told.records.push(...records);
    }
  };
  const look = (at: number): void => {
    const seen = observer.queue(comfy.queueText(), at);
    take(seen.told);
    const gone: string[] = [];
    for (const id of seen.missing) {
      const found = observer.history(comfy.historyText(id), at);
      if (found.finished.length === 0) gone.push(id);
      take(found);
    }
    take(observer.vanished(gone, at));
    take(observer.history(comfy.historyText(undefined, 16), at));
    observer.settle();
  };
  let isDown = false;
  for (const line of lines) {
    const { broadcast, changed, restarted } = comfy.apply(line);
    if (restarted && !isDown) observer.disconnected();
    isDown = restarted;
    for (const text of broadcast) observer.message(text, line.wall * 1_000);
    if (changed || broadcast.length > 0) look(line.wall * 1_000);
  }
  look((lines.at(-1)?.wall ?? 0) * 1_000 + 1_000);
  const roots = new Map(
    told.spans
      .filter((span) => span.name === 'comfyui prompt')
      .map((span) => [String(span.attributes['comfyui.prompt_id']), span]),
  );
  return { comfy, roots, told };
}

test.each(RECORDINGS)('%s', (name) => {
  const { comfy, roots, told } = play(name);
  const ended = [...comfy.truths.values()].filter((truth) => truth.outcome !== undefined);
  expect([...roots.keys()].sort()).toEqual(ended.map((truth) => truth.promptId).sort());
  for (const truth of ended) {
    const root = roots.get(truth.promptId)!;
    const outcome = truth.outcome === 'lost' ? 'failed' : truth.outcome;
    expect(root.attributes['pegbar.outcome'], truth.promptId).toBe(outcome);
    if (truth.start !== undefined && truth.end !== undefined) {
      expect(root.start).toBeLessThanOrEqual(truth.start);
      expect(root.end).toBe(Math.max(truth.end, truth.start));
      const cached = told.spans.filter(
        (one) => one.trace_id === root.trace_id && one.attributes['comfyui.cached'] === true,
      );
      expect(cached.map((one) => one.attributes['comfyui.node_id']).sort()).toEqual([...truth.cached].sort());
      expect(root.attributes['comfyui.pictures']).toBe(filesOf(truth).length);
    }
    expect(root.attributes['comfyui.nodes']).toBe(Object.keys(truth.graph).length);
  }
  const ids = told.spans.map((span) => span.trace_id + span.span_id);
  expect(new Set(ids).size).toBe(ids.length);
});

function filesOf({
  outputs,
  cached,
}: {
  outputs: Record<string, { images?: { type: string }[] }>;
  cached: string[];
}): unknown[] {
  const files = Object.entries(outputs).flatMap(([node, output]) =>
    cached.includes(node) ? [] : (output.images ?? []),
  );
  const saved = files.filter((one) => one.type === 'output');
  return saved.length > 0 ? saved : files.filter((one) => one.type === 'temp');
}

test('errors have the code of their cause, and say no folder', () => {
  const { comfy, roots } = play('s07-out-of-memory');
  for (const truth of comfy.truths.values()) {
    if (!truth.error) continue;
    expect(roots.get(truth.promptId)?.error).toMatchObject({ code: 'oom', type: truth.error.exception_type });
  }
  for (const root of play('s06-runtime-error').roots.values())
    if (root.error) expect(root.error).toMatchObject({ code: 'internal' });
});

test('a prompt that was killed with its ComfyUI has failed, the one behind it too', () => {
  for (const name of ['s16-kill9', 's17-ctrl-c']) {
    const lost = [...play(name).roots.values()].filter((root) => root.attributes['comfyui.killed'] === true);
    expect(lost.map((root) => root.error?.message).sort()).toEqual([
      'ComfyUI ended while the prompt ran',
      'ComfyUI ended while the prompt waited',
    ]);
  }
});

test('what a person took out of the queue is cancelled', () => {
  const { roots } = play('s09-queue-clear');
  const removed = [...roots.values()].filter((root) => root.error?.message === 'removed from the queue');
  expect(removed.map((root) => root.attributes['pegbar.outcome'])).toEqual([
    'cancelled',
    'cancelled',
    'cancelled',
  ]);
});

test('a prompt without a client shows its nodes, one of another client does not', () => {
  const { comfy, roots } = play('s10-two-clients');
  for (const truth of comfy.truths.values()) {
    const detail = roots.get(truth.promptId)?.attributes['comfyui.node_detail'];
    if (truth.outcome === undefined) continue;
    if (truth.clientId !== undefined) expect(detail).toBe(false);
    else if (truth.outcome === 'succeeded') expect(detail).toBe(true);
  }
});

test('told twice, everything has the same identities', () => {
  const [once, again] = [play('s04-diffusion-cached-seed'), play('s04-diffusion-cached-seed')];
  expect(again.told.spans.map((span) => span.span_id)).toEqual(once.told.spans.map((span) => span.span_id));
  expect(again.told.records.map((record) => record.event_id)).toEqual(
    once.told.records.map((record) => record.event_id),
  );
});

test('an agent that was restarted tells no prompt again', () => {
  const comfy = new FakeComfy(linesOf('s01-success'));
  for (const line of linesOf('s01-success')) comfy.apply(line);
  const first = new Observer({ tags: TAGS });
  const ids = first.history(comfy.historyText(), 0).finished.map((run: Run) => run.prompt_id);
  expect(ids).toHaveLength(1);
  expect(new Observer({ tags: TAGS, told: ids }).history(comfy.historyText(), 0).finished).toEqual([]);
});

test('what is no answer of ComfyUI is taken for none', () => {
  const observer = new Observer({ tags: TAGS });
  for (const text of [
    '',
    'null',
    '[]',
    '{"queue_running": 3}',
    '{"queue_pending": [[1], [1, 2], null]}',
    '<html>',
  ]) {
    expect(observer.queue(text, 0).missing).toEqual([]);
    expect(observer.history(text, 0).finished).toEqual([]);
    expect(observer.message(text, 0)).toBe(false);
  }
});
