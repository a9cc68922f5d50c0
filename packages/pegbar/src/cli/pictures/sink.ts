import { fail, ok } from '../../base/result.ts';
import type { PictureSink } from '../../importers/index.ts';
import type { Client } from '../client.ts';
import { httpSink, type ImportTarget, sinkFailure } from '../import-sink.ts';

export interface HttpPictureSink extends PictureSink {
  /** Whether the server said no to us, not to a picture: asking again is in vain. */
  isDenied(): boolean;
}

/** The server behind a client, which takes pictures. */
export function pictureSink(client: Client, target: ImportTarget): HttpPictureSink {
  const { events, points } = httpSink(client, target);
  let patient = false;
  let denied = false;
  return {
    events,
    points,
    isDenied: () => denied,
    async thumbnail(image_id, bytes) {
      const put = await client.json('PUT', `/api/v1/thumbnails/${encodeURIComponent(image_id)}`, {
        // A key fixes the tenant; without one the address says it.
        query: { tenant: client.hasKey ? undefined : target.tenant },
        body: bytes,
        contentType: 'image/webp',
        patient,
      });
      denied = !put.ok && put.error.kind === 'denied';
      if (put.ok) patient = true;
      else if (put.error.kind !== 'refused' && put.error.kind !== 'too_large')
        return fail(sinkFailure(put.error));
      return ok(put.ok);
    },
  };
}
