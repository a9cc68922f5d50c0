/** Built-in monitors of content and style, seen firing: a studio whose users and pictures turn over while it is watched. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStudio } from '../web/studio.mjs';
import { askPatiently } from './patient.ts';
import { pegbar, scratch } from './server.ts';

/** Ten days are told in half a minute on an idle machine; hours are counted and looked at some minutes later. */
const MOVE_IN_MS = 600_000;
const FIRE_MS = 600_000;
const POLL_MS = 5_000;
/** What is declared is looked at within a minute. */
const LOOK_MS = 70_000;

/** One tenant, large enough that an hour of it can be judged; everything turns over 27 hours ago and stays so. */
const SCENARIO = `
extends: studio
name: turnover
about: What people ask for and what pictures look like turn over.
tenants:
  studio-kumo:
    requests_per_day: 4000
    regions: { eu-west: 3, us-east: 2 }
    hardware: { standard: 6, large: 3 }
    workloads: { single_image: 6, batch_panels: 1 }
    sources: { web: 6, api: 3 }
    collections: { kumo-spring: 3, campus-days: 1 }
    vocabulary: kumo
    loras: [{ id: kumo-lineart, share: 0.7, weight: 0.8 }]
    nsfw_rate: 0.006
    gpus: { eu-west: 2, us-east: 1 }
    consent: { given: 92, pending: 6, withdrawn: 2 }
    license: { CC-BY-4.0: 5 }
incidents:
  - id: words
    kind: prompt_drift
    what: Users turn to another subject in another language.
    where: { tenant: studio-kumo }
    start: { ago: 27h }
    effects: { vocabulary: aozora, vocabulary_share: 0.8 }
  - id: looks
    kind: style_drift
    what: Pictures leave their style and colours.
    where: { tenant: studio-kumo, collection: kumo-spring }
    start: { ago: 27h }
    effects: { style_distance_add: 0.12, picture_wash: 0.9, picture_shift: 0.8 }
`;

interface Standing {
  monitor: string;
  segment: Record<string, string>;
  words: string;
  since: string;
  until: string | null;
}
interface Answer {
  monitors: Standing[];
}
interface Palettes {
  series: { n_ref: number; n_cur: number }[];
}

describe('monitors of a studio that turns over', () => {
  let studio: Awaited<ReturnType<typeof startStudio>>;
  const dir = scratch('drift-live');
  async function get<T>(path: string): Promise<T> {
    const answer = await askPatiently(`${studio.url}${path}`);
    expect(answer.status, path).toBe(200);
    return (await answer.json()) as T;
  }
  const standing = async (): Promise<Map<string, Standing>> =>
    new Map((await get<Answer>('/api/v1/drift/findings?limit=1')).monitors.map((one) => [one.monitor, one]));

  beforeAll(async () => {
    const scenario = join(dir, 'turnover.yaml');
    writeFileSync(scenario, SCENARIO);
    studio = await startStudio({ days: 10, args: ['--scenario', scenario], pinned: true });
  }, MOVE_IN_MS);
  afterAll(() => studio?.stop());

  it(
    'words, tags, characters, language, divergence, style and its collection are told by themselves',
    async () => {
      const wanted = {
        'prompt-content': /^`.+` in \d/,
        'prompt-kl': /^divergence of words in prompts is [\d.]+ nats/,
        'prompt-tags': /^`.+` in \d/,
        characters: /^`\w+ \(kumo\)` in \d/,
        'prompt-language': /^`(ja|en)` in \d/,
        'style-distance': /^median style distance is 0\.3\d*, was 0\.2\d*$/,
        'style-collection': /^median style distance is 0\.3\d*, was 0\.2\d*$/,
      };
      let found = await standing();
      for (const until = Date.now() + FIRE_MS - 60_000; Date.now() < until; await setTimeout(POLL_MS)) {
        found = await standing();
        if (Object.keys(wanted).every((name) => found.has(name))) break;
      }
      expect([...found.keys()]).toEqual(expect.arrayContaining(Object.keys(wanted)));
      for (const [name, words] of Object.entries(wanted)) {
        const one = found.get(name)!;
        expect(one.words, name).toMatch(words);
        expect(one.segment.tenant, name).toBe('studio-kumo');
        expect(one.until, name).toBeNull();
        // Two days may lie between: what is seen in few rows is dated late, and a day has its rhythm.
        const age_h = (Date.now() + studio.ahead_ms - Date.parse(one.since)) / 3_600_000;
        expect(age_h, `${name} since ${one.since}`).toBeGreaterThan(2);
        expect(age_h, `${name} since ${one.since}`).toBeLessThan(48);
      }
      expect(found.get('style-collection')!.segment.collection).toBe('kumo-spring');
    },
    FIRE_MS,
  );

  it(
    'colours are told once the pictures were looked at, though their hours were counted before',
    async () => {
      // Painted, looked at and counted again: as many as a month of them would be judged by.
      const counted = async (): Promise<boolean> => {
        const { series } = await get<Palettes>('/api/v1/drift?metric=palette&by=tenant');
        return series.some(({ n_ref, n_cur }) => n_ref >= 60 && n_cur >= 400);
      };
      const until = Date.now() + FIRE_MS - 60_000;
      while (!(await counted()) && Date.now() < until) await setTimeout(POLL_MS);
      // The built-in one looks again at the next third hour; the same, declared, at once, and again where it is declared
      // otherwise: pictures go on to be painted and counted meanwhile.
      const file = join(dir, 'palette.yaml');
      let found = await standing();
      for (let minimum = 10; !found.has('palette') && Date.now() < until; minimum++) {
        writeFileSync(
          file,
          `apiVersion: pegbar/v1\nkind: DriftMonitor\nmetadata: { name: palette }\nspec: { metric: palette, segments: [tenant], minimum_n: ${minimum} }\n`,
        );
        expect((await pegbar(['apply', '-f', file, '--url', studio.url])).code).toBe(0);
        for (const next = Date.now() + LOOK_MS; !found.has('palette') && Date.now() < next; ) {
          await setTimeout(POLL_MS);
          found = await standing();
        }
      }
      expect(found.get('palette')?.words).toMatch(/^`.+` in [\d.]+ % of pictures, was [\d.]+ %$/);
    },
    FIRE_MS,
  );
});
