/** Whether the style of a collection is still its own. */
import * as collections from './api-collections.ts';
import { type Endpoint, json, path, query, range } from './endpoint.ts';

export const COLLECTIONS: readonly Endpoint[] = [
  {
    id: 'getCollectionStyle',
    method: 'get',
    path: '/api/v1/collections/{collection}/style',
    summary:
      'How far the pictures of a collection are from its style, by day, and how they differ from a baseline; of the last week where no range is said.',
    scopes: ['read'],
    parameters: [
      path('collection', 'The collection: a declared one, or the name that pictures carry.'),
      ...range,
      query('baseline_from', 'Start of the baseline; 28 days before its end where not said.'),
      query('baseline_to', 'End of the baseline; the start of the window where not said.'),
    ],
    answer: json(collections.CollectionStyleAnswer),
    errors: ['query_limit', 'engine_unavailable'],
  },
  {
    id: 'makeCentroid',
    method: 'post',
    path: '/api/v1/collections/{collection}/centroid',
    summary:
      'Work out the centroid of a declared collection again, from the references there are now. Audited.',
    scopes: ['admin'],
    parameters: [path('collection', 'The declared collection.')],
    answer: json(collections.CentroidAnswer),
    errors: ['not_found', 'engine_unavailable'],
  },
];
