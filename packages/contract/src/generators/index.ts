/** Every generated file, by its path from the root of the repository. */
import { RECORD_SCHEMAS } from '../api.ts';
import { namedSchemas, openApiDocument } from '../openapi.ts';
import { attributesPage, columnsPage, errorsPage, kpisPage, recordsPage } from './docs.ts';
import { formatJson, GENERATED } from './format.ts';
import { pythonTypes } from './python.ts';

function recordsSchema(): unknown {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'records.schema.json',
    $comment: GENERATED,
    title: 'Records of Pegbar, one JSON object per line',
    $ref: '#/$defs/AnyRecord',
    $defs: namedSchemas([...Object.keys(RECORD_SCHEMAS), 'AnyRecord'], '#/$defs/'),
  };
}

export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    'packages/contract/generated/records.schema.json': formatJson(recordsSchema()),
    'packages/contract/generated/openapi.json': formatJson(openApiDocument()),
    'docs/reference/records.md': recordsPage(),
    'docs/reference/attributes.md': attributesPage(),
    'docs/reference/kpis.md': kpisPage(),
    'docs/reference/errors.md': errorsPage(),
    'docs/reference/columns.md': columnsPage(),
    'python/pegbar/records_generated.py': pythonTypes(),
  };
}

export interface StaleFile {
  path: string;
  text: string;
  /** Lines that only one of the two texts has, with - and + before them. */
  difference: string[];
}

/** The generated files that are not on disk as they should be. `read` gives the text of a path, if it exists. */
export function staleFiles(read: (path: string) => string | undefined): StaleFile[] {
  return Object.entries(generatedFiles()).flatMap(([path, text]) => {
    const before = read(path) ?? '';
    return before === text ? [] : [{ path, text, difference: difference(before, text) }];
  });
}

function difference(before: string, after: string): string[] {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  const [oldLines, freshLines] = [new Set(old), new Set(fresh)];
  return [
    ...old.filter((line) => !freshLines.has(line)).map((line) => `- ${line}`),
    ...fresh.filter((line) => !oldLines.has(line)).map((line) => `+ ${line}`),
  ];
}
