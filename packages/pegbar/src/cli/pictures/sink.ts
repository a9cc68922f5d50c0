import { fail, ok } from '../../base/result.ts';
import type { PictureSink } from '../../importers/index.ts';
import type { Client } from '../client.ts';
import { httpSink, type ImportTarget, sinkFailure } from '../import-sink.ts';

/** The server behind a client, which takes pictures. */
export function pictureSink(client: Client, target: ImportTarget): PictureSink {
  const { events, points } = httpSink(client, target);
  let patient = false;
  return {
    events,
    points,
    async thumbnail(image_id, bytes) {
      const put = await client.json('PUT', `/api/v1/thumbnails/${encodeURIComponent(image_id)}`, {
        // A key fixes the tenant; without one the address says it.
        query: { tenant: client.hasKey ? undefined : target.tenant },
        body: bytes,
        contentType: 'image/webp',
        patient,
      });
      if (put.ok) patient = true;
      else if (put.error.kind !== 'refused' && put.error.kind !== 'too_large')
        return fail(sinkFailure(put.error));
      return ok(put.ok);
    },
  };
}
