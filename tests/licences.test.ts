/** What is published says under which licence: npm packs a LICENSE that lies beside the manifest, and no other. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8');
const published = readdirSync(`${root}/packages`).filter(
  (name) => !(JSON.parse(read(`packages/${name}/package.json`)) as { private?: boolean }).private,
);

test.each(published)('the tarball of %s holds the licence of the repository', (name) => {
  expect(read(`packages/${name}/LICENSE`)).toBe(read('LICENSE'));
});
