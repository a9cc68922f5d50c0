import type { StyleCollection } from '../../api/index.ts';

/** Two tenants may call their collections alike. */
export const keyOf = ({ tenant, collection }: Pick<StyleCollection, 'tenant' | 'collection'>): string =>
  `${tenant}/${collection}`;
