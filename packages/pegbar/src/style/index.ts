/** Whether the style is still the studio's: looks of pictures, collections with centroids, distances and drift. */
export { createBackfill } from './backfill.ts';
export { readStyleHealth } from './health.ts';
export { readStylePictures, STYLE_PICTURES_MOST } from './health-pictures.ts';
export { createLooker, type Looker } from './looker.ts';
export { createStyle, type Style } from './style.ts';
export { createStyleThread } from './thread.ts';
export { createVectorCollector } from './vectors.ts';
