/** Reads the YAML of `pegbar apply -f`: several documents, each checked against the schema of its kind. */
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { ok, type Result } from '../base/result.ts';
import { readPlainly } from '../base/schema-words.ts';
import { type AccessError, refuse, schemaError } from './errors.ts';

export const API_VERSION = 'pegbar/v1';
/** A declared resource is written by people. */
const MAX_TEXT_LENGTH = 1_000_000;
const MAX_DOCUMENTS = 1_000;
/** Aliases can blow a small text up to gigabytes. */
const MAX_ALIASES = 100;

export interface ResourceDocument {
  kind: string;
  name: string;
  tenant: string | undefined;
  /** As written, as plain JSON. */
  spec: unknown;
}

const envelope = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.string().min(1).max(100),
  metadata: z.strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,127}$/, 'write a-z, 0-9, ".", "_" and "-", at most 128'),
    tenant: z.string().optional(),
  }),
  spec: z.unknown().optional(),
  status: z.unknown().optional(),
});

export function readDocuments(
  yaml: string,
  schemaOf: (kind: string, where: string) => Result<z.ZodType, AccessError>,
): Result<ResourceDocument[], AccessError> {
  const plain = readYaml(yaml);
  if (!plain.ok) return plain;
  const documents: ResourceDocument[] = [];
  for (const [index, value] of plain.value.entries()) {
    const where = plain.value.length > 1 ? `document ${index + 1}: ` : '';
    const document = readDocument(value, where, schemaOf);
    if (!document.ok) return document;
    documents.push(document.value);
  }
  if (documents.length > 0) return ok(documents);
  return refuse('invalid_request', 'there is no document in the text', {
    hint: `A document starts with \`apiVersion: ${API_VERSION}\` and \`kind:\`.`,
  });
}

function readDocument(
  value: unknown,
  where: string,
  schemaOf: (kind: string, where: string) => Result<z.ZodType, AccessError>,
): Result<ResourceDocument, AccessError> {
  const outer = readPlainly(envelope, value);
  if (!outer.success) return { ok: false, error: schemaError(outer.error, where) };
  const { kind, metadata } = outer.data;
  const schema = schemaOf(kind, where);
  if (!schema.ok) return schema;
  const spec = outer.data.spec ?? {};
  const inner = readPlainly(z.object({ spec: schema.value }), { spec });
  if (!inner.success)
    return { ok: false, error: schemaError(inner.error, `${where}${kind} ${metadata.name}: `) };
  return ok({ kind, name: metadata.name, tenant: metadata.tenant, spec });
}

/** Plain JSON values of all documents that are not empty. */
function readYaml(text: string): Result<unknown[], AccessError> {
  if (text.length > MAX_TEXT_LENGTH)
    return refuse('too_large', `more than ${MAX_TEXT_LENGTH} characters of YAML`);
  const parsed = parseAllDocuments(text);
  if (!Array.isArray(parsed)) return ok([]);
  if (parsed.length > MAX_DOCUMENTS) return refuse('too_large', `more than ${MAX_DOCUMENTS} documents`);
  const values: unknown[] = [];
  for (const document of parsed) {
    const error = document.errors[0];
    if (error) return refuse('invalid_request', `the YAML cannot be read: ${error.message}`);
    try {
      const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
      // Through JSON once, so that what is compared and checked is what will be stored.
      if (value !== null && value !== undefined) values.push(JSON.parse(JSON.stringify(value)));
    } catch (cause) {
      return refuse('invalid_request', `the YAML cannot be read: ${(cause as Error).message}`);
    }
  }
  return ok(values);
}
