import { describe, expect, test } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { createCounters } from '../base/counters.ts';
import { ok } from '../base/result.ts';
import type { Store } from '../store/index.ts';
import { cdEventIn, createDetector, readCdEvent } from './index.ts';
import { MARKED } from './queries.ts';

/** As the CDEvents specification v0.4 prints it (service.upgraded, conformance example). */
const UPGRADED = {
  context: {
    version: '0.4.1',
    id: '271069a8-fc18-44f1-b38f-9d70a1695819',
    source: '/event/source/123',
    type: 'dev.cdevents.service.upgraded.0.1.1',
    timestamp: '2026-03-20T14:27:05.315384Z',
  },
  subject: {
    id: 'mySubject123',
    source: '/event/source/123',
    type: 'service',
    content: {
      environment: { id: 'test123' },
      artifactId:
        'pkg:oci/inkwash@sha256%3A0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427?tag=v7',
    },
  },
};

describe('CDEvents', () => {
  test('an upgraded service is the start of its version, with the identity of the event', () => {
    const event = cdEventIn(UPGRADED);
    const read = readCdEvent(event!);
    expect(read).toMatchObject({
      ok: true,
      value: {
        service: 'mySubject123',
        rollsBack: false,
        record: {
          type: 'deployment',
          id: 'service/mySubject123@v7',
          kind: 'pipeline',
          status: 'start',
          version: 'v7',
          timestamp: '2026-03-20T14:27:05.315384Z',
          attributes: { 'service.name': 'mySubject123', 'deployment.environment.name': 'test123' },
        },
      },
    });
  });

  test('a CloudEvent around it changes nothing, and customData says what CDEvents has no word for', () => {
    const inner = {
      ...UPGRADED,
      customData: { pegbar: { kind: 'model', version: 'v8', region: 'eu', secret: 'x' } },
    };
    const read = readCdEvent(cdEventIn({ specversion: '1.0', type: 'x', data: inner })!);
    const record = read.ok ? read.value?.record : undefined;
    expect(record).toMatchObject({
      kind: 'model',
      version: 'v8',
      region: 'eu',
      id: 'service/mySubject123@v8',
    });
    expect(record).not.toHaveProperty('secret');
  });

  test('versions come from the tag, the part behind the @, or the text itself', () => {
    const versionOf = (artifactId: string): unknown => {
      const read = readCdEvent({ ...UPGRADED, subject: { id: 's', content: { artifactId } } });
      return read.ok ? read.value?.record.version : read.error.field;
    };
    expect(versionOf('pkg:huggingface/acme/inkwash@v7.1')).toBe('v7.1');
    expect(versionOf('pkg:oci/inkwash@sha256%3Aab')).toBe('sha256:ab');
    expect(versionOf('v9')).toBe('v9');
    expect(versionOf('pkg:oci/inkwash')).toBe('subject.content.artifactId');
    expect(versionOf('pkg:oci/inkwash@%E0%A4%A')).toBe('%E0%A4%A');
  });

  test('what is published serves nothing yet, what is removed ends, and other bodies are no CDEvents', () => {
    const typed = (type: string) => ({ ...UPGRADED, context: { ...UPGRADED.context, type } });
    expect(readCdEvent(typed('dev.cdevents.service.published.0.1.1'))).toEqual({
      ok: true,
      value: undefined,
    });
    expect(readCdEvent(typed('dev.cdevents.build.finished.0.1.1'))).toEqual({ ok: true, value: undefined });
    expect(readCdEvent(typed('dev.cdevents.service.removed.0.1.1'))).toMatchObject({
      value: { record: { status: 'end' } },
    });
    expect(readCdEvent(typed('dev.cdevents.service.rolledback.0.1.1'))).toMatchObject({
      value: { rollsBack: true, record: { status: 'start' } },
    });
    expect(cdEventIn({ version: 'v7' })).toBeUndefined();
    expect(cdEventIn({ context: 'dev.cdevents.service.deployed.0.1.1' })).toBeUndefined();
  });
});

describe('versions that were not announced', () => {
  const seen = (version: string, hash: string, first_ms: number, tenant = 'a') => ({
    tenant,
    version,
    family: '',
    hash,
    first_ms: String(first_ms),
  });

  function detector(
    looks: ReturnType<typeof seen>[][],
    marked: { tenant: string; version: string; hash: string }[] = [],
  ) {
    const sent: Record<string, unknown>[] = [];
    let look = 0;
    const store = {
      rows: async (sql: string) => ok(sql === MARKED ? marked : (looks[look++] ?? [])),
    } as unknown as Store;
    const one = createDetector({
      store,
      clock: systemClock,
      counters: createCounters(),
      log: { info: () => undefined, warn: () => undefined } as never,
      send: async (tenant, ndjson) => {
        for (const line of ndjson.split('\n')) sent.push({ tenant, ...(JSON.parse(line) as object) });
      },
    });
    return { one, sent };
  }

  test('a new version is marked once, at the start of its first request, and says that it was detected', async () => {
    const { one, sent } = detector([[seen('v6', '', 1_000)], [seen('v6', '', 1_000), seen('v7', '', 5_000)]]);
    await one.look();
    await one.look();
    await one.look();
    expect(sent.map(({ version, timestamp }) => [version, timestamp])).toEqual([
      ['v6', 1_000],
      ['v7', 5_000],
    ]);
    expect(sent[1]).toMatchObject({ kind: 'model', status: 'start', attributes: { detected: 'true' } });
  });

  test('a version that somebody announced is left alone; another checkpoint under it is not', async () => {
    const { one, sent } = detector(
      [
        [seen('v7', 'aaaa', 1_000)],
        [seen('v7', '', 1_000), seen('v7', 'aaaa', 1_000), seen('v7', 'bbbb', 9_000)],
      ],
      [{ tenant: 'a', version: 'v7', hash: '' }],
    );
    await one.look();
    expect(sent).toEqual([]);
    await one.look();
    expect(sent.map(({ id }) => id)).toEqual(['detected:v7@bbbb']);
  });

  test('tenants are apart, and one that names each job a version is cut off', async () => {
    const flood = Array.from({ length: 2_500 }, (_, n) => seen(`job-${n}`, '', n));
    const { one, sent } = detector([[...flood, seen('job-1', '', 1, 'b')]]);
    await one.look();
    expect(sent.filter(({ tenant }) => tenant === 'a')).toHaveLength(2_000);
    expect(sent.filter(({ tenant }) => tenant === 'b')).toHaveLength(1);
  });
});
