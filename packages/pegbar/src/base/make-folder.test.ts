import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder } from './make-folder.ts';

const home = mkdtempSync(join(tmpdir(), 'pegbar-folder-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('making a folder', () => {
  it('makes what is missing above it, for its owner alone, and takes one that is there', () => {
    const path = join(home, 'a/b/c');
    expect(makeFolder(path)).toEqual({ ok: true, value: undefined });
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(makeFolder(path).ok).toBe(true);
  });

  it('says that a file is in the way', () => {
    const file = join(home, 'file');
    writeFileSync(file, '');
    for (const path of [file, join(file, 'below')])
      expect(makeFolder(path)).toEqual({ ok: false, error: `${file} is a file, not a folder` });
  });

  it('comes back where the system makes no folders at all', () => {
    const made = makeFolder('/proc/pegbar/data');
    expect(made.ok).toBe(false);
    expect(made.ok ? '' : made.error).toContain('/proc/pegbar/data cannot be written');
  });
});
