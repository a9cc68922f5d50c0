/** Monitors and the daily report over four weeks of the studio: what they would have said, and that documents survive. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStudio } from '../web/studio.mjs';
import { pegbar, scratch } from './server.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Four weeks are told in about a minute on an idle machine. */
const MOVE_IN_MS = 600_000;
const QUESTION_MS = 120_000;

interface Planted {
  id: string;
  start: string;
}

describe('drift monitors of the simulated studio', () => {
  let studio: Awaited<ReturnType<typeof startStudio>>;
  let truth: Planted[];
  let now: number;
  const dir = scratch('drift-monitors');
  const planted = (id: string): number => Date.parse(truth.find((one) => one.id === id)!.start);
  async function get<T>(path: string): Promise<T> {
    const answer = await fetch(`${studio.url}${path}`);
    expect(answer.status, path).toBe(200);
    return (await answer.json()) as T;
  }

  beforeAll(async () => {
    // Beside PEGBAR_STUDIO_URL, a running studio: what was planted there.
    const file = process.env.PEGBAR_STUDIO_TRUTH ?? join(dir, 'truth.json');
    studio = await startStudio({ days: 28, args: ['--truth', file] });
    truth = JSON.parse(readFileSync(file, 'utf8')) as Planted[];
    now = planted('bad-release-inkwash-v7') + 21 * HOUR;
  }, MOVE_IN_MS);
  afterAll(() => studio?.stop());

  it(
    'would have told the planted drift once, in its segment, and nothing of what did not change',
    async () => {
      const preview = async (spec: string) => {
        const answer = await fetch(`${studio.url}/api/v1/drift/monitors/preview`, {
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
      const began = planted('prompt-drift-mangatan');
      expect(Math.abs(Date.parse(fired[0]!.since) - began)).toBeLessThan(14 * HOUR);
      expect(Date.parse(fired[0]!.fired) - began).toBeLessThan(2 * DAY);
      expect(looks).toHaveLength((28 * DAY) / (3 * HOUR));
      const release = await preview('{ metric: face_ok, segments: [model_version], baseline: release }');
      expect(release.fired.map(({ segment }) => segment)).toEqual([{ model_version: 'inkwash-v7' }]);
      const quiet = await preview('{ metric: blocked, segments: [tenant] }');
      expect(quiet.words).toBe('would not have fired in 28 days');
    },
    QUESTION_MS,
  );

  it('come back as they can be applied again, are listed, and deleted; a wrong one is refused', async () => {
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
      (await get<{ items: { name: string; every_hours: number }[] }>('/api/v1/drift/monitors')).items;
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
    'and a day are reported as text, as a mail and as JSON, with the status of what was found',
    async () => {
      const day = new Date(now - DAY).toISOString().slice(0, 10);
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
