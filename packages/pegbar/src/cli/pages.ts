import { ok, type Result } from '../base/result.ts';
import type { Ask, Client, ClientFailure } from './client.ts';

export interface Page {
  items: Record<string, unknown>[];
  next_cursor: string | null;
}

/** The server answers at most about this many rows per page; asking for more only makes it say no. */
const PAGE_MOST_ROWS = 1_000;

/** Follows cursors until `limit` rows are there or no more come. */
export async function pages(
  client: Client,
  path: string,
  query: NonNullable<Ask['query']>,
  limit: number,
): Promise<Result<Page, ClientFailure>> {
  const all: Page = { items: [], next_cursor: null };
  let cursor: string | undefined;
  do {
    const left = limit - all.items.length;
    const page = await client.json<Partial<Page>>('GET', path, {
      query: { ...query, limit: Math.min(PAGE_MOST_ROWS, left), cursor },
    });
    if (!page.ok) return page;
    for (const item of page.value.items ?? []) all.items.push(item);
    all.next_cursor = page.value.next_cursor ?? null;
    cursor = all.next_cursor ?? undefined;
  } while (cursor !== undefined && all.items.length < limit);
  return ok(all);
}
