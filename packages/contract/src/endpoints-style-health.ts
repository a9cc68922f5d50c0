/** How far pictures lie from the centroids of their collections, as it was told. */
import * as style from './api-style-health.ts';
import { type Endpoint, filter, json, query, range, whole } from './endpoint.ts';

const parting = [
  query('split', 'From this moment on it is now, before it before.'),
  query('release', 'Or: pictures of this version are before, all others now.'),
];

export const STYLE_HEALTH: readonly Endpoint[] = [
  {
    id: 'getStyleHealth',
    method: 'get',
    path: '/api/v1/style-health',
    summary:
      'How far the pictures of each collection lie from its centroid: over time, by model, and now against before.',
    scopes: ['read'],
    parameters: [
      ...range,
      ...parting,
      query('step', 'Length of a point: seconds, or 1h, 1d; 1d where not said.'),
      filter,
    ],
    answer: json(style.StyleHealthAnswer),
    errors: ['query_limit', 'engine_unavailable'],
  },
  {
    id: 'getStylePictures',
    method: 'get',
    path: '/api/v1/style-health/pictures',
    summary: 'Of one collection: newest outliers, the pictures nearest to the centroid, and what else moved.',
    scopes: ['read'],
    parameters: [
      ...range,
      ...parting,
      { ...query('collection', 'The collection.'), required: true },
      query('over', 'Farther than this is an outlier.', { type: 'number' }),
      query('limit', 'Pictures of each kind, 6 where not said.', whole(1, 60)),
      filter,
    ],
    answer: json(style.StylePicturesAnswer),
    errors: ['query_limit', 'engine_unavailable'],
  },
];
