/** `kind: Collection`: a style that is the studio's own, told by its reference pictures. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ResourceKind } from '../access/index.ts';
import type { Result } from '../base/result.ts';
import { type Condition, type ExploreError, parseFilters } from '../explore/index.ts';
import { LOOK, LOOK_VERSION } from './descriptor.ts';

const FILTERS_MOST = 32;
const TEXT_MOST = 1_000;

const filters = z
  .array(z.string().max(TEXT_MOST))
  .min(1)
  .max(FILTERS_MOST)
  .superRefine((texts, context) => {
    const parsed = parseFilters(texts);
    if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.error.message });
  });
const moment = z
  .string()
  .refine((text) => Number.isFinite(Date.parse(text)), 'write a time such as 2026-03-01T12:00:00Z');

export const collectionSpecSchema = z
  .strictObject({
    /** Pictures that the centroid is the mean of. */
    references: z
      .strictObject({ filter: filters.optional(), from: moment.optional(), to: moment.optional() })
      .optional(),
    /** Pictures that are held against it. */
    pictures: z.strictObject({ filter: filters.optional() }).optional(),
    embedder: z.string().min(1).max(TEXT_MOST).optional(),
    embedder_version: z.string().min(1).max(TEXT_MOST).optional(),
  })
  .refine(({ embedder, embedder_version }) => (embedder === undefined) === (embedder_version === undefined), {
    path: ['embedder_version'],
    message: 'embedder and embedder_version go together: vectors of different versions are never compared',
  });
type CollectionSpec = z.output<typeof collectionSpecSchema>;

/** A collection as it is declared, with what it leaves open filled in. */
export interface Collection {
  /** null: of the installation, for pictures of every tenant. */
  tenant: string | null;
  name: string;
  embedder: string;
  embedder_version: string;
  references: { filter: readonly string[]; from_ms: number; to_ms: number | null };
  pictures: { filter: readonly string[] };
  /** Of everything that a centroid follows from. */
  digest: string;
}

/** `changed` is told of every collection that was applied or deleted. */
export const collectionKind = (changed: () => void): ResourceKind => ({
  kind: 'Collection',
  schema: collectionSpecSchema,
  owner: 'tenant',
  changed,
});

export function collectionOf(name: string, tenant: string | null, spec: CollectionSpec): Collection {
  const own = [`collection=${name}`];
  const { filter, from, to } = spec.references ?? {};
  const told = {
    embedder: spec.embedder ?? LOOK,
    embedder_version: spec.embedder_version ?? LOOK_VERSION,
    references: {
      filter: filter ?? own,
      from_ms: from === undefined ? 0 : Date.parse(from),
      to_ms: to === undefined ? null : Date.parse(to),
    },
  };
  const digest = createHash('sha256').update(JSON.stringify(told)).digest('hex');
  return { tenant, name, ...told, pictures: { filter: spec.pictures?.filter ?? own }, digest };
}

export const conditionsOf = (filter: readonly string[]): Result<Condition[], ExploreError> =>
  parseFilters([...filter]);
