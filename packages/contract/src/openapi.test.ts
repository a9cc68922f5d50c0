import { describe, expect, test } from 'vitest';
import { ENDPOINTS } from './endpoints.ts';
import { formatJson } from './generators/format.ts';
import { generatedFiles, staleFiles } from './generators/index.ts';
import { openApiDocument, RECORD_TYPES } from './index.ts';

describe('the OpenAPI document', () => {
  const document = JSON.parse(JSON.stringify(openApiDocument({ version: '1.2.3' }))) as {
    info: { version: string };
    paths: Record<
      string,
      Record<string, { operationId: string; parameters?: { name: string; in: string }[] }>
    >;
    components: { schemas: Record<string, unknown> };
  };
  const text = JSON.stringify(document);

  test('names the version of the server', () => {
    expect(document.info.version).toBe('1.2.3');
  });

  test('has every address of outside.md', () => {
    const addresses =
      'post /api/v1/events,put /api/v1/artifacts/{image_id},get /api/v1/artifacts/{image_id},put /api/v1/thumbnails/{image_id},get /api/v1/thumbnails/{image_id},get /api/v1/requests,get /api/v1/requests/{id},get /api/v1/traces/{trace_id},get /api/v1/images/{id},get /api/v1/logs,get /api/v1/metrics/series,get /api/v1/kpis,post /api/v1/query,post /api/v1/flush,get /api/v1/status,get /healthz,get /readyz,get /metrics,get /api/v1/openapi.json';
    for (const address of addresses.split(',')) {
      const [method = '', path = ''] = address.split(' ');
      expect(document.paths[path]?.[method], address).toBeDefined();
    }
  });

  test('refers only to schemas that it has', () => {
    const names = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) {
      expect(document.components.schemas, name).toHaveProperty([name.replace('#/components/schemas/', '')]);
    }
  });

  test('declares each parameter of a path, and calls no two operations by one name', () => {
    expect(new Set(ENDPOINTS.map(({ id }) => id)).size).toBe(ENDPOINTS.length);
    for (const { path, parameters = [] } of ENDPOINTS) {
      const declared = parameters.filter((each) => each.in === 'path').map(({ name }) => `{${name}}`);
      expect([...path.matchAll(/\{\w+\}/g)].map(([name]) => name)).toEqual(declared);
    }
  });

  test('has a schema for every record type', () => {
    expect(Object.keys(document.components.schemas).filter((name) => name.endsWith('Record'))).toHaveLength(
      RECORD_TYPES.length + 1,
    );
  });
});

describe('the generated files', () => {
  test('that are on disk as they should be are not stale', () => {
    const files = generatedFiles();
    expect(staleFiles((path) => files[path])).toEqual([]);
  });

  test('that are missing or were edited are stale, with the lines that differ', () => {
    const files = generatedFiles();
    const path = 'docs/reference/errors.md';
    const edited: Record<string, string> = { ...files, [path]: `${files[path]}by hand\n` };
    expect(staleFiles((each) => edited[each]).map((each) => [each.path, each.difference])).toEqual([
      [path, ['- by hand']],
    ]);
    expect(staleFiles(() => undefined)).toHaveLength(Object.keys(files).length);
  });

  test('are JSON in the form of the formatter', () => {
    expect(formatJson({ a: [1, 'b'], c: { d: [] }, e: [{ f: 1 }], g: {} })).toBe(
      '{\n  "a": [1, "b"],\n  "c": {\n    "d": []\n  },\n  "e": [\n    {\n      "f": 1\n    }\n  ],\n  "g": {}\n}\n',
    );
  });
});
