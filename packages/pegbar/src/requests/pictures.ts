/** A row of `images` for every row that tells of a picture. */
import type { BlockBuilder } from '../native/index.ts';
import { type Columns, traceOf } from './columns.ts';
import { INHERITED, INHERITED_NUMBERS } from './inherited.ts';

const DAY_MS = 86_400_000;

/** What a picture takes from the row that tells of it, beside the above. */
export const PICTURE = [
  'image_uri',
  'thumb_uri',
  'embedding_uri',
  'consent',
  'license',
  'prompt',
  'negative_prompt',
] as const;

/** Writes the picture `image_id`, of which `row` tells, as one of the request with this tenant and id. */
export type PictureWriter = (row: number, image_id: string, tenant: string, request_id: string) => void;

export function pictureWriter(columns: Columns, images: BlockBuilder, seg: bigint): PictureWriter {
  const texts = [...INHERITED, ...PICTURE].map((name) => [name, columns.text(name)] as const);
  const numbers = [...INHERITED_NUMBERS, 'denoise', 'nsfw'].map(
    (name) => [name, columns.fixed(name)] as const,
  );
  const lists = (['loras', 'lora_weights'] as const).map((name) => [name, columns.any(name)] as const);
  const sequence = columns.text('sequence_id');
  const consentAt = columns.fixed('consent_at');
  const part = columns.fixed('part');
  const times = columns.fixed('timestamp')!.values;
  const trace = columns.fixed('trace_id');
  return (row, image_id, owner, request_id) => {
    const out: Record<string, unknown> = {
      tenant: owner,
      image_id,
      timestamp: times[row],
      request_id,
      sequence_id: sequence(row),
      kind: sequence(row) === '' ? 'image' : 'frame',
      part: Number(part?.values[row] ?? 0) * DAY_MS,
      seg,
    };
    const told = trace ? traceOf(trace, row) : '';
    if (told !== '') out.trace_id = told;
    for (const [name, read] of texts)
      if (images.has(imageColumn(name)) && read(row) !== '') out[imageColumn(name)] = read(row);
    for (const [name, column] of numbers)
      if (column && images.has(name) && !Number.isNaN(column.values[row])) out[name] = column.values[row];
    for (const [name, read] of lists) if (read) out[name] = read(row);
    if (consentAt) out.consent_at = Number(consentAt.values[row]);
    images.append(out);
  };
}

const imageColumn = (name: string): string => (name === 'image_uri' ? 'uri' : name);
