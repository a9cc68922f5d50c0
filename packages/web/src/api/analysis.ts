/** Facets, pasted ids, explained selections. */
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useContextState, useWindow } from '../url/index.ts';
import { get, send } from './client.ts';

export interface Facet {
  readonly field: string;
  readonly absent: number;
  readonly distinct: number;
  readonly values: readonly { readonly value: string; readonly n: number }[];
}
export interface Facets {
  readonly fields: readonly Facet[];
  readonly sample: { readonly rows: number; readonly of: number; readonly how: string };
}
export type FacetSubject = 'requests' | 'images' | 'stages' | 'spans' | 'logs';

/** The commonest values of fields over the rows of the context. Without `fields` the usual ones. */
export function useFacets(
  of: FacetSubject,
  options: { fields?: readonly string[]; limit?: number; enabled?: boolean } = {},
): UseQueryResult<Facets> {
  const [{ filters, tenant }] = useContextState();
  const { from_ms, to_ms } = useWindow();
  const { fields = [], limit = 10, enabled = true } = options;
  const params = {
    of,
    from: from_ms,
    to: to_ms,
    filter: filters,
    tenant,
    limit,
    fields: fields.length === 0 ? null : fields.join(','),
  };
  return useQuery({
    queryKey: ['facets', params],
    queryFn: ({ signal }) => get<Facets>('facets', params, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}

export interface Found {
  readonly kind: string;
  readonly id: string;
  readonly tenant: string;
  readonly timestamp: string;
  readonly n: number;
  /** The address of its page. */
  readonly page: string;
}

/** What a pasted id is; asked for words that could be one. */
export const useFind = (id: string): UseQueryResult<{ found: readonly Found[] }> =>
  useQuery({
    queryKey: ['find', id],
    queryFn: ({ signal }) => get<{ found: readonly Found[] }>('find', { id }, signal),
    enabled: id.length >= 4 && !/\s/.test(id),
  });

export interface ExplainQuestion {
  readonly subject: 'requests' | 'stages' | 'images';
  readonly from: number;
  readonly to: number;
  readonly filters: readonly string[];
  readonly selection: readonly string[];
  readonly limit?: number;
  readonly depth?: number;
}
/** What tells the selected rows from the rest; the answer is as docs/api.md has it. */
export const explain = <Answer>(question: ExplainQuestion, tenant: string | null): Promise<Answer> =>
  send<Answer>('POST', 'explain', question, { params: { tenant } });
