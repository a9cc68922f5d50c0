/** Schemas of tenants as they are governed, of people, of the space that signals take, and of what is collected. */
import { z } from 'zod';
import { PROMPT_POLICIES, SCOPES } from './vocabulary.ts';

const count = z.number().min(0);
const time = z.string().meta({ format: 'date-time', description: 'RFC 3339 in UTC, with milliseconds.' });
const share = z.number().min(0).max(1);

export const TenantsPage = z.looseObject({
  items: z.array(
    z.looseObject({
      name: z.string(),
      created_at: time.nullable().describe('null: declared, and nothing has come yet.'),
      declared: z.boolean().describe('A document of kind Tenant governs it; else all are defaults.'),
      policy: z.looseObject({
        prompts: z.enum(PROMPT_POLICIES),
        redact: z.object({ patterns: z.array(z.string()), keys: z.array(z.string()) }),
        retention_ms: z.record(z.string(), count),
        sampling: z.object({ traces: share, slow_ms: count, artifacts: share }),
        artifact_roots: z.array(z.string()),
      }),
    }),
  ),
});

const PersonShape = {
  name: z.string(),
  tenant: z.string().describe('`*` = every tenant.'),
  scopes: z.array(z.enum(SCOPES)),
};
export const PersonRequest = z.object({
  ...PersonShape,
  tenant: z.string().optional().describe('The tenant of the caller where not said.'),
});
export const Person = z.looseObject({ ...PersonShape, created_at: time, disabled_at: time.nullable() });
export const PeoplePage = z.looseObject({ items: z.array(Person) });
export const LoginLink = z.looseObject({
  url: z.string().describe('Good once. Shown here and nowhere else.'),
  expires_at: time,
});

export const StorageAnswer = z.looseObject({
  tables: z
    .array(
      z.looseObject({
        table: z.string(),
        doc: z.string(),
        signal: z
          .string()
          .nullable()
          .describe('Which retention of a tenant it goes by; null: kept for good.'),
        rows: count,
        bytes: count.describe('On the disk, compressed.'),
        raw_bytes: count.describe('Before compression.'),
        days: count.describe('Days with rows, or partitions where they are not days.'),
      }),
    )
    .describe('Largest first.'),
  folders: z
    .array(z.looseObject({ name: z.string(), doc: z.string(), bytes: count }))
    .describe('What lies beside the tables.'),
});

export const CatalogueAnswer = z.looseObject({
  records: z.array(
    z.object({
      record: z.string(),
      fields: z.array(
        z.looseObject({
          name: z.string(),
          form: z.string(),
          unit: z.string(),
          doc: z.string(),
          required: z.boolean(),
        }),
      ),
    }),
  ),
  attributes: z.array(
    z.object({ names: z.array(z.string()), column: z.string(), levels: z.array(z.string()) }),
  ),
  tables: z.array(
    z.object({
      table: z.string(),
      doc: z.string(),
      signal: z.string().nullable(),
      columns: z.array(z.object({ name: z.string(), type: z.string(), doc: z.string() })),
    }),
  ),
});
