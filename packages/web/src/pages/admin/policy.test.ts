import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { documentOf, durationText, formOf } from './policy.ts';

const EMPTY = formOf(null, undefined);

it('writes only what differs from the defaults', () => {
  expect(documentOf({ ...EMPTY, name: 'kumo' })).toBe(
    'apiVersion: pegbar/v1\nkind: Tenant\nmetadata:\n  name: kumo\nspec: {}\n',
  );
});

it('writes YAML that reads as what was typed, however odd', () => {
  const document = documentOf({
    ...EMPTY,
    name: 'null',
    prompts: 'hash',
    traces: '0.2',
    slow_ms: 'soon',
    retention: { ...EMPTY.retention, spans: '48h', logs: '1e3', events: 'yes' },
    patterns: '\\bACME-\\d+\\b\n"quoted": #1\n',
    roots: '/data/pictures',
  });
  expect(parse(document)).toEqual({
    apiVersion: 'pegbar/v1',
    kind: 'Tenant',
    metadata: { name: 'null' },
    spec: {
      prompts: 'hash',
      retention: { spans: '48h', logs: '1e3', events: 'yes' },
      sampling: { traces: 0.2, slow_ms: 'soon' },
      redact: { patterns: ['\\bACME-\\d+\\b', '"quoted": #1'] },
      artifact_roots: ['/data/pictures'],
    },
  });
});

it('holds in its form what the document says', () => {
  const spec = { prompts: 'drop', retention: { logs: '7d' }, redact: { keys: ['email'] } };
  const document = {
    kind: 'Tenant',
    metadata: { name: 'a' },
    spec,
    status: { version: 1, changed_at: '2026-11-22T12:00:00.000Z' },
  };
  const form = formOf(null, document);
  expect(form).toMatchObject({ prompts: 'drop', keys: 'email', traces: '' });
  expect(parse(documentOf({ ...form, name: 'a' })).spec).toEqual(spec);
});

it('writes durations as documents do', () => {
  expect([172_800_000, 2_592_000_000, 5_400_000].map(durationText)).toEqual(['48h', '30d', '5400s']);
});
