import { readdirSync, readFileSync } from 'node:fs';
import { openApiDocument } from '@pegbar/contract';
import { expect, test } from 'vitest';
import { ROUTES } from './routes.ts';

interface Operation {
  operationId: string;
  description?: string;
  parameters?: { name: string; in: string }[];
}
const { paths } = openApiDocument() as { paths: Record<string, Record<string, Operation>> };

test('every route of the server is in the OpenAPI document under its id, with its scopes', () => {
  const told = ROUTES.map(({ id, method, path, scopes }) => [
    `${method} ${path}`,
    id,
    scopes.length === 0 ? undefined : `Scope: ${scopes.join(' or ')}.`,
  ]);
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => [
      `${method.toUpperCase()} ${path}`,
      one.operationId,
      one.description,
    ]),
  );
  expect(documented.sort()).toEqual(told.sort());
});

test('every parameter that a handler reads is in the document', () => {
  const known = new Set(
    Object.values(paths).flatMap((methods) =>
      Object.values(methods).flatMap((one) => (one.parameters ?? []).map(({ name }) => name)),
    ),
  );
  // The key of a beacon stands in the URL because sendBeacon has no headers; it is told with the scheme of keys.
  known.add('key');
  const files = ['handlers', '.'].flatMap((folder) =>
    readdirSync(new URL(`./${folder}/`, import.meta.url))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => readFileSync(new URL(`./${folder}/${name}`, import.meta.url), 'utf8')),
  );
  const read = files.flatMap((text) =>
    [...text.matchAll(/(?:searchParams|query)\.get(?:All)?\('(\w+)'\)|listOf\(call, '(\w+)'\)/g)].map(
      (found) => (found[1] ?? found[2])!,
    ),
  );
  expect(read.length).toBeGreaterThan(15);
  expect(read.filter((name) => !known.has(name))).toEqual([]);
});
