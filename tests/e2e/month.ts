/** Four weeks of the studio with its planted drift: what the tests of drift look at. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startStudio } from '../web/studio.mjs';
import { askPatiently } from './patient.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** Four weeks are told in about a minute on an idle machine. */
export const MOVE_IN_MS = 650_000;

interface Planted {
  readonly id: string;
  readonly start: string;
  readonly end: string | null;
}

export interface Month {
  readonly url: string;
  readonly truth: readonly Planted[];
  /** 21 hours after the bad release: everything planted can be seen. */
  readonly now: number;
  planted(id: string): number;
  get<T>(path: string): Promise<T>;
  stop(): Promise<void>;
}

/** @param dir where what was planted is written */
export async function startMonth(dir: string): Promise<Month> {
  // Beside PEGBAR_STUDIO_URL, a running studio: what was planted there.
  const file = process.env.PEGBAR_STUDIO_TRUTH ?? join(dir, 'truth.json');
  const { url, stop } = await startStudio({ days: 28, args: ['--truth', file], pinned: true });
  const truth = JSON.parse(readFileSync(file, 'utf8')) as Planted[];
  const planted = (id: string): number => Date.parse(truth.find((one) => one.id === id)!.start);
  return {
    url,
    truth,
    now: planted('bad-release-inkwash-v7') + 21 * HOUR,
    planted,
    async get<T>(path: string): Promise<T> {
      const answer = await askPatiently(`${url}${path}`);
      expect(answer.status, path).toBe(200);
      return (await answer.json()) as T;
    },
    stop,
  };
}
