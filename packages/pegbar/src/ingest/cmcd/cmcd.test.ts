import { encodeCmcd } from '@svta/cml-cmcd';
import { describe, expect, it } from 'vitest';
import { type CmcdReport, parseCmcd } from './parse.ts';
import { type CmcdContext, createCmcdSessions } from './sessions.ts';

const CONTEXT: CmcdContext = { tenant: 'a', declared_fps: 24, now_ms: 1_700_000_000_000 };

describe('a CMCD report', () => {
  it('is read as the library of the players writes it', () => {
    const report = {
      e: 't',
      v: 2,
      ts: 1_700_000_000_123,
      sn: 3,
      sid: 'a-b',
      cid: 'clip "1", \\ (x',
      dfa: 12,
      sta: 'p',
      br: [5000, 2000],
      su: true,
      pr: 1.25,
      'com.example-x': 'z=1,2',
    } as const;
    const read = parseCmcd(encodeCmcd(report as never, { version: 2, reportingMode: 'event' } as never));
    for (const key of ['e', 'ts', 'sn', 'sid', 'cid', 'dfa', 'sta', 'pr', 'com.example-x'] as const)
      expect([key, read?.get(key)]).toEqual([key, report[key]]);
    expect(read?.get('br')).toBe('(5000 2000)');
    expect(read?.get('su')).toBe(true);
  });

  it.each([
    '',
    ' ',
    '=',
    'a=1,,b',
    'a="open',
    'a=(1',
    'A=1',

    ','.repeat(9),
    `${'a=1,'.repeat(3)}"`,
  ])('that breaks the format is none: %j', (line) => expect(parseCmcd(line)).toBeUndefined());
});

describe('sessions of CMCD', () => {
  const report = (members: Record<string, string | number>): CmcdReport =>
    new Map(Object.entries({ sid: 's', cid: 'c', ...members }));

  it('become windows: due in the time of playing, less what was dropped', () => {
    const { take } = createCmcdSessions();
    expect(take(report({ ts: 10_000, sta: 'p', dfa: 4 }), CONTEXT)).toEqual({ kind: 'noted' });
    expect(take(report({ ts: 20_000, sta: 'r' }), CONTEXT)).toEqual({ kind: 'noted' });
    expect(take(report({ ts: 22_000, sta: 'p' }), CONTEXT)).toEqual({ kind: 'noted' });
    expect(take(report({ ts: 30_000, dfa: 34 }), { ...CONTEXT, request_id: 'r1' })).toEqual({
      kind: 'window',
      record: {
        type: 'frames',
        side: 'delivered',
        event_id: 'cmcd/s/c/30000',
        timestamp: 30_000,
        sequence_id: 'c',
        session_id: 's',
        request_id: 'r1',
        declared_fps: 24,
        window_s: 20,
        playing_s: 20,
        frames: 18 * 24 - 30,
        dropped: 30,
        stalls: 1,
        attributes: { source: 'cmcd' },
      },
    });
  });

  it('count again from 0 where the player does, and leave pauses out', () => {
    const { take } = createCmcdSessions();
    take(report({ ts: 0, sta: 'p', dfa: 50 }), CONTEXT);
    const again = take(report({ ts: 1_000, sta: 'a', dfa: 2 }), CONTEXT);
    expect(again).toMatchObject({ kind: 'window', record: { dropped: 2, playing_s: 1, frames: 22 } });
    expect(take(report({ ts: 60_000, sta: 'a', dfa: 2 }), CONTEXT)).toEqual({ kind: 'noted' });
  });

  it('say nothing of what came late or after a gap', () => {
    const { take } = createCmcdSessions();
    take(report({ ts: 10_000, sta: 'p', dfa: 1 }), CONTEXT);
    expect(take(report({ ts: 9_000, dfa: 0 }), CONTEXT)).toEqual({ kind: 'stale' });
    expect(take(report({ ts: 9_000_000, dfa: 90 }), CONTEXT)).toEqual({ kind: 'stale' });
    expect(take(report({ ts: 9_000_000, dfa: 90 }), { ...CONTEXT, tenant: 'b' })).toEqual({ kind: 'noted' });
  });

  it('name the key that is missing', () => {
    const { take } = createCmcdSessions();
    expect(take(new Map([['cid', 'c']]), CONTEXT)).toMatchObject({ kind: 'invalid', field: 'sid' });
    expect(take(new Map([['sid', 's']]), CONTEXT)).toMatchObject({ kind: 'invalid', field: 'cid' });
    expect(take(report({ dfa: 'many' }), CONTEXT)).toMatchObject({ kind: 'invalid', field: 'dfa' });
  });

  it('are bounded', () => {
    const { take } = createCmcdSessions();
    for (let n = 0; n < 10_001; n++) take(report({ sid: `s${n}`, ts: 0, sta: 'p', dfa: 0 }), CONTEXT);
    expect(take(report({ sid: 's0', ts: 1_000, dfa: 1 }), CONTEXT)).toEqual({ kind: 'noted' });
    expect(take(report({ sid: 's9999', ts: 1_000, dfa: 1 }), CONTEXT)).toMatchObject({ kind: 'window' });
  });
});
