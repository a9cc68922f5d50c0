/**
 * The studio with its planted drift, four weeks of it: what is found, where, since when and why, and what is not; what
 * monitors would have said of it, and the daily report.
 */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, HOUR, MOVE_IN_MS, type Month, startMonth } from './month.ts';
import { askPatiently } from './patient.ts';
import { pegbar, scratch } from './server.ts';

const QUESTION_MS = 120_000;

interface Series {
  metric: string;
  segment: Record<string, string>;
  against: string | null;
  verdict: string;
  words: string;
  since?: string | null;
  cause?: { version?: string; id: string } | null;
  last_good_version?: string | null;
  psi_debiased: number;
  n_needed: number | null;
  examples?: {
    most_new: { image_id: string | null }[];
    most_lost: { image_id: string | null }[];
    lost_words: string;
  };
}
interface Findings {
  total: number;
  findings: (Series & { also: Series[] })[];
  looked_at: { series: number };
}
describe('drift of the simulated studio', () => {
  let studio: Month;
  const findings = (to: number, more = ''): Promise<Findings> =>
    studio.get(
      `/api/v1/drift/findings?limit=50&from=${new Date(to - DAY).toISOString()}&to=${new Date(to).toISOString()}${more}`,
    );

  beforeAll(async () => {
    studio = await startMonth(scratch('drift'));
    // Content is counted in the background, day by day.
    const counted = async (): Promise<number> => {
      const { series } = await studio.get<{ series: { n_ref: number }[] }>(
        '/api/v1/drift?metric=prompt_language&by=tenant&baseline=28d',
      );
      return Math.min(...series.map(({ n_ref }) => n_ref), series.length < 4 ? 0 : Number.POSITIVE_INFINITY);
    };
    while ((await counted()) < 4_000) await setTimeout(5_000);
  }, MOVE_IN_MS);
  afterAll(() => studio?.stop());

  it(
    'finds each planted drift once, in its segment, and names the release that did it',
    async () => {
      const { findings: found } = await findings(studio.now);
      const of = (metric: string, segment: Record<string, string>) =>
        found.find((one) =>
          [one, ...one.also].some(
            (each) => each.metric === metric && JSON.stringify(each.segment) === JSON.stringify(segment),
          ),
        );
      const release = of('face_ok', { model_version: 'inkwash-v7' })!;
      expect(release).toMatchObject({ against: 'inkwash-v6', last_good_version: 'inkwash-v6' });
      expect(release.cause?.version).toBe('inkwash-v7');
      // Which of them is the largest depends on the hours that are looked at.
      expect([release, ...release.also].map(({ metric }) => metric)).toEqual(
        expect.arrayContaining(['latency_ms', 'acceptance', 'style_distance']),
      );
      expect(of('latency_ms', { model_version: 'inkwash-v7', pipeline_stage: 'generate' })).toBe(release);

      // The collection, and its tenant with it.
      const kumo = { tenant: 'studio-kumo', collection: 'kumo-spring' };
      const style = of('style_distance', kumo)!;
      expect(style.segment).toEqual(kumo);
      expect(of('style_distance', { tenant: 'studio-kumo' })).toBe(style);
      expect(style.cause).toBeNull();
      expect(style.examples!.most_new).toHaveLength(6);
      expect(style.examples!.most_lost).toHaveLength(6);

      const nsfw = of('nsfw', { tenant: 'mangatan' })!;
      expect(nsfw.segment).toEqual({ tenant: 'mangatan' });
      expect(nsfw.cause).toBeNull();
      // The newest of the flagged ones: pictures that are flagged indeed.
      expect(nsfw.examples!.most_new).toHaveLength(6);
      for (const { image_id } of nsfw.examples!.most_new) {
        const { image } = await studio.get<{ image: { nsfw_flag?: boolean } }>(`/api/v1/images/${image_id}`);
        expect(image.nsfw_flag, image_id!).toBe(true);
      }
      // An hour has a third of a flagged picture before and two after: it can be dated to half a day.
      expect(Math.abs(Date.parse(nsfw.since!) - studio.planted('nsfw-rise-mangatan'))).toBeLessThan(
        12 * HOUR,
      );

      // What they ask for now, and that they write more with it.
      const prompts = of('prompt_tokens_content', { tenant: 'mangatan' })!;
      expect(of('prompt_tokens', { tenant: 'mangatan' })).toBe(prompts);
      expect(prompts.segment).toEqual({ tenant: 'mangatan' });
      expect(prompts.cause).toBeNull();
      expect(Math.abs(Date.parse(prompts.since!) - studio.planted('prompt-drift-mangatan'))).toBeLessThan(
        14 * HOUR,
      );
      expect(prompts.words).toMatch(
        /^`(beach|summer|blushing|night|road)` in \d\d(\.\d)? % of prompts, was \d(\.\d+)? %$/,
      );
      expect(prompts.examples!.most_new).toHaveLength(6);

      // Four planted things and no echo beside them; a fifth can only be the slow CDN of the last hours.
      const others = found.filter((one) => ![release, style, nsfw, prompts].includes(one));
      expect(others.length).toBeLessThanOrEqual(1);
      for (const { metric, since } of others) {
        expect(metric).toMatch(/^(delivered_fps|latency_ms)$/);
        expect(Date.parse(since!)).toBeGreaterThan(studio.planted('cdn-slow-ap-tokyo') - 2 * HOUR);
      }
      expect(release.also).toContainEqual(expect.objectContaining({ segment: { workload: 'single_image' } }));
      expect(style.also).toContainEqual(expect.objectContaining({ metric: 'clip_i' }));
      // Of all pictures show what is new and what is lost, and words say how they were chosen.
      for (const { metric, examples } of found) {
        expect(examples!.most_new, metric).toHaveLength(6);
        expect(examples!.most_lost, `${metric}: ${examples!.lost_words}`).toHaveLength(6);
      }
    },
    QUESTION_MS,
  );

  it(
    'finds each planted drift within its time',
    async () => {
      // Hours after its start: a full roll-out, a ramp of twelve hours, one of four, and one of nine days.
      for (const [id, hours, metric, segment] of [
        ['bad-release-inkwash-v7', 12, 'face_ok', { model_version: 'inkwash-v7' }],
        ['prompt-drift-mangatan', 24, 'prompt_tokens_content', { tenant: 'mangatan' }],
        // Their length lasts once the ramp lies in the first half of the window.
        ['prompt-drift-mangatan', 30, 'prompt_tokens', { tenant: 'mangatan' }],
        ['style-drift-kumo-spring', 5 * 24, 'style_distance', { tenant: 'studio-kumo' }],
      ] as const) {
        const { findings: found } = await findings(studio.planted(id) + hours * HOUR);
        const told = found.flatMap((one) => [one, ...one.also]);
        expect(
          told.some(
            (one) => one.metric === metric && JSON.stringify(one.segment) === JSON.stringify(segment),
          ),
          `${id} after ${hours} h: ${told.map((one) => `${one.metric} ${JSON.stringify(one.segment)}`).join(', ')}`,
        ).toBe(true);
      }
    },
    4 * QUESTION_MS,
  );

  it(
    'does not call a queue surge, a cache warm-up, an OOM burst and a slow CDN drift of style or prompt',
    async () => {
      for (const [id, tenants] of [
        ['queue-surge-panelworks', ['panelworks']],
        ['planned-warm-up', ['studio-kumo', 'panelworks']],
        ['oom-ink-detail-xl', ['panelworks']],
        ['cdn-slow-ap-tokyo', ['panelworks', 'aozora']],
      ] as const) {
        // What began before it is a finding of its own.
        const start = studio.planted(id);
        const { findings: found } = await findings(start + 4 * HOUR);
        const wrong = found.filter(
          ({ metric, segment, since, against }) =>
            /^(prompt_|style_|aesthetic$|clip_i$|words|language|script|tags|characters|palette)/.test(
              metric,
            ) &&
            against === null &&
            ((tenants as readonly string[]).includes(segment.tenant ?? '') ||
              Date.parse(since ?? '') >= start - 2 * HOUR),
        );
        expect(wrong.map(({ metric, segment }) => `${id}: ${metric} ${JSON.stringify(segment)}`)).toEqual([]);
        // Nothing of another metric is laid at its door either.
        const blamed = found.filter(
          ({ metric, cause }) =>
            cause?.id === (id === 'cdn-slow-ap-tokyo' ? 'cdn-cache-ttl' : 'warm-up-spring-set') &&
            !/^(latency_ms|queue_wait_ms|delivered_fps|error_rate)$/.test(metric),
        );
        expect(blamed.map(({ metric, segment }) => `${metric} ${JSON.stringify(segment)}`)).toEqual([]);
      }
    },
    4 * QUESTION_MS,
  );

  it(
    'finds nothing in quiet days',
    async () => {
      const { start, end } = studio.truth.find(({ id }) => id.startsWith('quiet-')) as {
        start: string;
        end: string;
      };
      let total = 0;
      for (let to = Date.parse(start) + 10 * DAY; to <= Date.parse(end); to += 2 * DAY)
        total += (await findings(to)).total;
      expect(total).toBe(0);
    },
    4 * QUESTION_MS,
  );

  it(
    'answers one metric, on the command line too: status 1, 0 and 4',
    async () => {
      const at = ['--url', studio.url, '--to', new Date(studio.now).toISOString()];
      const drifted = await pegbar(['drift', '--metric', 'prompt_tokens', '--by', 'tenant', ...at]);
      expect(drifted.code).toBe(1);
      expect(drifted.stdout).toMatch(/mangatan +drift +median prompt is/);
      const released = await pegbar([
        'drift',
        '--metric',
        'face_ok',
        '--baseline',
        'release',
        '--filter',
        'model_version=inkwash-v7',
        ...at,
      ]);
      expect(released.code, released.stdout).toBe(1);
      expect(released.stdout).toMatch(/inkwash-v7 against inkwash-v6 +drift +faces accepted are/);
      const quiet = await pegbar([
        'drift',
        '--metric',
        'prompt_tokens',
        '--filter',
        'tenant=studio-kumo',
        ...at,
        '--json',
      ]);
      expect(quiet.code).toBe(0);
      expect(JSON.parse(quiet.stdout)).toMatchObject({
        verdict: 'no_drift',
        series: [{ verdict: 'no_drift' }],
      });
      const few = await pegbar(['drift', '--metric', 'nsfw', '--filter', 'tenant=nobody', ...at]);
      expect(few.code).toBe(4);
      const wrong = await pegbar(['drift', '--metric', 'happiness', ...at]);
      expect(wrong.code).toBe(2);
      expect(wrong.stderr).toContain('prompt_tokens');
    },
    QUESTION_MS,
  );

  it('takes monitors, and says what is wrong with one', async () => {
    const apply = (spec: string) =>
      fetch(`${studio.url}/api/v1/resources`, {
        method: 'POST',
        headers: { 'content-type': 'application/yaml' },
        body: `apiVersion: pegbar/v1\nkind: DriftMonitor\nmetadata: { name: test }\nspec: ${spec}\n`,
      });
    expect((await apply('{ metric: nsfw, segments: [tenant], persistence: 1 }')).status).toBe(200);
    const refused = await apply('{ metric: happiness }');
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('metric');
  });

  it(
    'previews a monitor: it would have told the planted drift once, in its segment, and nothing else',
    async () => {
      const preview = async (spec: string) => {
        const answer = await askPatiently(`${studio.url}/api/v1/drift/monitors/preview`, {
          method: 'POST',
          headers: { 'content-type': 'application/yaml' },
          body: `apiVersion: pegbar/v1\nkind: DriftMonitor\nmetadata: { name: test }\nspec: ${spec}\n`,
        });
        expect(answer.status).toBe(200);
        return (await answer.json()) as {
          words: string;
          fired: { segment: Record<string, string>; since: string; fired: string }[];
          looks: { at: string }[];
        };
      };
      const { fired, looks, words } = await preview(
        '{ metric: prompt_tokens, segments: [tenant], least_effect: 0.25 }',
      );
      expect(words).toBe('would have fired once in 28 days');
      expect(fired.map(({ segment }) => segment)).toEqual([{ tenant: 'mangatan' }]);
      const began = studio.planted('prompt-drift-mangatan');
      expect(Math.abs(Date.parse(fired[0]!.since) - began)).toBeLessThan(14 * HOUR);
      expect(Date.parse(fired[0]!.fired) - began).toBeLessThan(2 * DAY);
      expect(looks).toHaveLength((28 * DAY) / (3 * HOUR));
      const release = await preview('{ metric: face_ok, segments: [model_version], baseline: release }');
      expect(release.fired.map(({ segment }) => segment)).toEqual([{ model_version: 'inkwash-v7' }]);
      // More of mangatan's requests are blocked since its pictures are flagged more often.
      const quiet = await preview('{ metric: blocked, segments: [tenant], filter: ["tenant!=mangatan"] }');
      expect(quiet.words).toBe('would not have fired in 28 days');
    },
    QUESTION_MS,
  );

  it('gives monitors back as they can be applied again, lists and deletes them; a wrong one is refused', async () => {
    const url = `${studio.url}/api/v1/resources`;
    const send = (body: string) =>
      fetch(url, { method: 'POST', headers: { 'content-type': 'application/yaml' }, body });
    const spec = { metric: 'nsfw', segments: ['tenant'], filter: ['tenant=mangatan'], window_hours: 12 };
    const document = {
      apiVersion: 'pegbar/v1',
      kind: 'DriftMonitor',
      metadata: { name: 'round-trip' },
      spec,
    };
    expect((await send(JSON.stringify(document))).status).toBe(200);
    const at = ['--url', studio.url];
    const got = await pegbar(['get', 'DriftMonitor', 'round-trip', ...at]);
    const again = (await send(got.stdout).then((answer) => answer.json())) as {
      applied: { action: string }[];
    };
    expect(again.applied).toMatchObject([{ action: 'unchanged' }]);
    const listed = async () =>
      (await studio.get<{ items: { name: string; every_hours: number }[] }>('/api/v1/drift/monitors')).items;
    expect((await listed()).find(({ name }) => name === 'round-trip')).toMatchObject({ every_hours: 1 });
    expect((await pegbar(['delete', 'DriftMonitor', 'round-trip', ...at])).code).toBe(0);
    expect((await listed()).map(({ name }) => name)).not.toContain('round-trip');
    for (const [wrong, says] of [
      ['{ metric: nsfw, window_hours: 0 }', 'spec.window_hours: 0 is not a whole number from 1 to 168'],
      ['{ metric: nsfw, segments: [region, workload] }', 'not kept together'],
      ['{ metric: nsfw, alhpa: 0.1 }', 'unknown field spec.alhpa'],
    ] as const) {
      const refused = await send(
        `apiVersion: pegbar/v1\nkind: DriftMonitor\nmetadata: { name: wrong }\nspec: ${wrong}\n`,
      );
      expect(refused.status).toBe(400);
      expect(await refused.text()).toContain(says);
    }
  });

  it(
    'reports a day as text, as a mail and as JSON, with the status of what was found',
    async () => {
      const day = new Date(studio.now - DAY).toISOString().slice(0, 10);
      const at = ['report', 'drift', '--day', day, '--url', studio.url];
      const json = await pegbar([...at, '--json']);
      const mail = await pegbar([...at, '--format', 'mail']);
      const report = JSON.parse(json.stdout) as { day: string; total: number; figures: unknown[] };
      expect(report).toMatchObject({ day, partial: false });
      expect(report.figures.length).toBeGreaterThan(8);
      expect(json.code).toBe(report.total > 0 ? 1 : 0);
      expect(mail.stdout).toMatch(/^Subject: Pegbar: .* drifted on /);
      expect(mail.stdout).toContain('Content-Type: multipart/alternative');
      const wrong = await pegbar(['report', 'drift', '--day', '2999-01-01', '--url', studio.url]);
      expect(wrong.code).toBe(2);
      expect(wrong.stderr).toContain('2999-01-01');
    },
    2 * QUESTION_MS,
  );
});
