import { expect, test } from 'vitest';
import * as words from './kpi-words.ts';
import { KPIS } from './kpis.ts';

test('the words of browsers are those of the KPIs', () => {
  expect(words.KPI_NAMES.map((name) => ({ name, ...words.kpiOf(name) }))).toEqual(
    KPIS.map(({ name, title, unit, better }) => ({ name, title, unit, better })),
  );
});
