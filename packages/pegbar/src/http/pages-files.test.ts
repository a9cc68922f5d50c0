import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPageFiles } from './pages-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pegbar-pages-'));
  mkdirSync(join(folder, 'shells'));
  writeFileSync(join(folder, 'index.html'), 'any page');
  writeFileSync(join(folder, 'shells/trace.html'), 'a trace');
  const shells = [
    { path: '/traces/new', file: '/shells/none.html' },
    { path: '/traces/:id', file: '/shells/trace.html', asks: '/api/v1/traces/:id/outline?parts=a%2Cb' },
  ];
  writeFileSync(join(folder, 'shells.json'), JSON.stringify(shells));
  writeFileSync(join(folder, 'app.js'), 'plain');
  writeFileSync(join(folder, 'app.js.br'), 'packed');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ask = (path: string, headers: Record<string, string> = {}): Request =>
  new Request(`http://pegbar.test${path}`, { headers });

test('a page gets its own shell and is told early what it asks first', async () => {
  const pages = createPageFiles(folder);
  const answer = pages.shell('/traces/ab12', ask('/traces/ab12'));
  expect(await answer.text()).toBe('a trace');
  expect(answer.headers.get('link')).toBe(
    '</api/v1/traces/ab12/outline?parts=a%2Cb>; rel=preload; as=fetch; crossorigin',
  );
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
});

test('a page without a shell of its own gets the one of all', async () => {
  const pages = createPageFiles(folder);
  const answer = pages.shell('/elsewhere', ask('/elsewhere'));
  expect(await answer.text()).toBe('any page');
  expect(answer.headers.get('link')).toBeNull();
});

test.each([
  ['a tenant is asked for by name', '/traces/ab12', '?tenant=studio-a'],
  ['an id would stand otherwise in the address', '/traces/a%20b', ''],
  ['an id could end the header', '/traces/a>;rel=x', ''],
])('nothing is named early where %s', (_, path, search) => {
  const answer = createPageFiles(folder).shell(path, ask(path + search));
  expect(answer.headers.get('link')).toBeNull();
});

test('shells are pages, not files: they are handed out with the policy only', () => {
  const pages = createPageFiles(folder);
  expect(pages.answer('/shells/trace.html', ask('/shells/trace.html'))).toBeUndefined();
  expect(pages.answer('/index.html', ask('/index.html'))).toBeUndefined();
});

test('a file is sent packed to who takes it so, and not again to who has it', async () => {
  const pages = createPageFiles(folder);
  const packed = pages.answer('/app.js', ask('/app.js', { 'accept-encoding': 'gzip, br' }))!;
  expect([await packed.text(), packed.headers.get('content-encoding')]).toEqual(['packed', 'br']);
  const plain = pages.answer('/app.js', ask('/app.js'))!;
  expect(await plain.text()).toBe('plain');
  const again = pages.answer('/app.js', ask('/app.js', { 'if-none-match': plain.headers.get('etag')! }))!;
  expect(again.status).toBe(304);
});

test('pages that were built anew are handed out without a restart', async () => {
  const pages = createPageFiles(folder);
  expect(await pages.shell('/', ask('/')).text()).toBe('any page');
  writeFileSync(join(folder, 'index.html'), 'a newer page');
  utimesSync(join(folder, 'index.html'), new Date(1), new Date(1));
  expect(await pages.shell('/', ask('/')).text()).toBe('a newer page');
});
