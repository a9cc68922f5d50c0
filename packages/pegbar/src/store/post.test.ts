import { describe, expect, it } from 'vitest';
import { boundText } from './post.ts';
import { engineMissing, startTestStore } from './testing.ts';

const missing = engineMissing();
if (missing) console.warn(`skipped: ${missing}`);

describe('bound values', () => {
  it('are written as the engine reads them', () => {
    expect(boundText("a'b\\c\td\ne\r")).toBe("a\\'b\\\\c\\td\\ne\\r");
    expect(boundText(["a'b", 1, null, true])).toBe("['a\\'b',1,NULL,1]");
    expect([boundText(null), boundText(true), boundText(2n ** 64n - 1n)]).toEqual([
      '\\N',
      '1',
      '18446744073709551615',
    ]);
    expect([Number.NaN, Infinity, -Infinity, 0.1].map((one) => boundText(one))).toEqual([
      'nan',
      '+inf',
      '-inf',
      '0.1',
    ]);
    expect(() => boundText({})).toThrow('cannot be bound');
  });

  it.skipIf(missing)('come back from the engine as they were sent, whatever they hold', async () => {
    const { store, stop } = await startTestStore({ holds: 'database' });
    const texts = [
      "'; DROP TABLE x --",
      '\\',
      '\0',
      '\u001f',
      '日本 🎨',
      '&param_b=1#?%41+',
      '',
      '\\N',
      "[']",
    ];
    for (const text of texts) {
      const sql = 'SELECT {a:String} AS one, {b:Array(String)} AS list';
      const answer = await store.rows(sql, { params: { a: text, b: [text, 'x'] } });
      expect(answer).toEqual({ ok: true, value: [{ one: text, list: [text, 'x'] }] });
    }
    // Longer than a connection may rest: only an idle one is given up.
    const slow = await store.rows('SELECT sleepEachRow(1) AS s FROM numbers(3) SETTINGS max_block_size = 1');
    expect(slow).toMatchObject({ ok: true });
    await stop();
  });
});
