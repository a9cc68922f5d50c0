import { WORKLOADS } from '@pegbar/contract';
import type { PictureTags } from '../../importers/index.ts';
import { choice, text } from '../command.ts';

/** What may be said of all pictures of a run; the same for `import images` and `watch`. */
export const TAG_OPTIONS = {
  collection: text('NAME', 'collection of one style that the pictures belong to'),
  workload: choice(WORKLOADS, 'workload; single_image, and animation for clips, where not said'),
  tenant: text('TENANT', 'tenant, where no key fixes it (default)'),
  region: text('NAME', 'region that made them'),
  'traffic-source': text('NAME', 'where the requests came from: app, api, batch, …'),
  license: text('NAME', 'licence of the pictures'),
} as const;

type TagValues = { readonly [K in keyof typeof TAG_OPTIONS]: string | undefined };

export const tagsOf = (values: TagValues): PictureTags => ({
  tenant: values.tenant,
  workload: values.workload,
  collection: values.collection,
  region: values.region,
  traffic_source: values['traffic-source'],
  license: values.license,
});
