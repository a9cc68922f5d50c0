import { Readable } from 'node:stream';
import { createExporter, EXPORT_FORMATS, type ExportFormat } from '../../explore/index.ts';
import type { ApiDeps, Handlers } from '../deps.ts';
import { orRefuse } from '../failure.ts';
import { askingOf, rangeOf } from '../parameters.ts';

const WEEK_MS = 7 * 24 * 3_600_000;

export function exportHandlers(deps: ApiDeps): Handlers {
  const exporter = createExporter(deps);
  return {
    async export(call) {
      const query = call.url.searchParams;
      const what = query.get('what') ?? '';
      const format = query.get('format') ?? 'ndjson';
      const stream = orRefuse(
        await exporter.open(askingOf(call), what, format, rangeOf(call, deps, WEEK_MS)),
      );
      return new Response(Readable.toWeb(stream) as ReadableStream, {
        headers: {
          'content-type': EXPORT_FORMATS[format as ExportFormat].type,
          'content-disposition': `attachment; filename="${what}.${format}"`,
        },
      });
    },
  };
}
