import { expect, it } from 'vitest';
import { refusalOf } from './sql-guard.ts';

it('refuses a forbidden function however it is spelled', () => {
  for (const sql of [
    "SELECT file('/etc/passwd')",
    "SELECT FILE ('/etc/passwd')",
    "SELECT `file`('/etc/passwd')",
    'SELECT "file"(\'/etc/passwd\')',
    "SELECT \u201cfile\u201d('/etc/passwd')",
    "SELECT file/**/('/etc/passwd')",
    "SELECT `\\x66ile`('/etc/passwd')",
    'SELECT "\\X66ile"(\'/etc/passwd\')',
    "SELECT * APPLY(file) FROM (SELECT '/etc/passwd')",
    "SELECT * APPLY file FROM (SELECT '/etc/passwd')",
    "SELECT arrayMap(file, ['/etc/passwd'])",
    "SELECT ''file('/etc/passwd')",
    "SELECT '' || file('x') || ''",
    "SELECT 'a\\'' || file('/etc/passwd') || '\\''",
    "SELECT $$'$$ || file('/etc/passwd') || $$'$$",
    "SELECT 1 -- '\n, file('/etc/passwd') -- '",
    "SELECT 1 /* ' */, file('/etc/passwd') /* ' */",
    "SELECT 1 # '\n, file('/etc/passwd') # '",
    "SELECT \u2018'\u2019, file('/etc/passwd'), \u2018'\u2019",
    "SELECT `'`, file('/etc/passwd') AS `'`",
    "SELECT getserversetting('x')",
  ]) {
    expect(`${sql}: ${refusalOf(sql)}`).toMatch(/not permitted|may not stand/);
  }
});

it('lets people search for the word and name their columns', () => {
  for (const sql of [
    "SELECT count() FROM logs WHERE body LIKE '%file not found%'",
    "SELECT attributes['file'], it FROM logs WHERE body = 'it''s a file'",
    'SELECT profile, file_name, files FROM t',
    'SELECT "a", `b`, \'\\n\' FROM t -- note',
    "SELECT '\\x41'",
  ]) {
    expect([sql, refusalOf(sql)]).toEqual([sql, null]);
  }
});
