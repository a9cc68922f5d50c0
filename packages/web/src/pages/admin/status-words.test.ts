import { expect, it } from 'vitest';
import type { Status } from '../../api/index.ts';
import { statusWords } from './status-words.ts';

const STATUS: Status = {
  version: '0',
  uptime_s: 3_600,
  acked: 438_663,
  loaded: 438_663,
  backlog: 0,
  backlog_age_ms: 0,
  dropped: {},
  rejected: {},
  refused: {},
  duplicates: 0,
  dead_letters: 0,
  keyless: false,
  engine: { state: 'up', restarts: 0 },
  disk: { used: 1e9, free: 5e10, limit: null },
};
const title = (more: Partial<Status>): string => statusWords({ ...STATUS, ...more }).title;

it('has the worst that is so as its headline', () => {
  expect(title({})).toBe('Nothing is lost, nothing waits');
  expect(title({ dropped: { disk_full: 1_200, opt_out: 4 } })).toBe(
    '1,204 rows were dropped, most for disk full',
  );
  expect(title({ dead_letters: 3, dropped: { disk_full: 1 } })).toBe('3 dead letters wait for a look');
  expect(title({ dead_letters: 3, engine: { state: 'starting', restarts: 2 } })).toMatch(
    /engine is starting/,
  );
  expect(title({ disk: { used: 1, free: 1e9, limit: null } })).toBe('Only 1.00 GB are free');
  expect(title({ backlog: 40_000, backlog_age_ms: 60_000 })).toBe('40,000 rows wait since 1 min');
});
