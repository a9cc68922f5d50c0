/** The server about itself. */
import { openApiDocument } from '@pegbar/contract';
import { createFolderSize } from '../../base/folder-size.ts';
import type { ApiDeps, Handlers } from '../deps.ts';
import { Refusal } from '../failure.ts';
import { json } from '../wire.ts';

/** A backlog of minutes is flushed in seconds; an import of weeks may take several calls. */
const FLUSH_TIMEOUT_MS = 110_000;

export function serverHandlers(deps: ApiDeps): Handlers {
  const { counters, spool, supervisor, clock, config, version } = deps;
  const started = clock.monotonic();
  const folderSize = createFolderSize(config.data, clock);

  async function flush(): Promise<void> {
    const done = new AbortController();
    const late = clock.sleep(FLUSH_TIMEOUT_MS, done.signal).then(() => {
      if (!done.signal.aborted)
        throw new Refusal(
          'timeout',
          `not everything was loaded and counted within ${FLUSH_TIMEOUT_MS / 1000} s; it goes on, ask again`,
        );
    });
    late.catch(() => undefined);
    try {
      await Promise.race([deps.flush(), late]);
    } finally {
      done.abort();
    }
  }

  const ready = (): { store: string; accepting: boolean } => ({
    store: supervisor.state(),
    accepting: deps.ready?.() ?? true,
  });

  return {
    async flush() {
      const began = clock.monotonic();
      await flush();
      return json({ flushed: true, ms: Math.round(clock.monotonic() - began) });
    },
    async getStatus() {
      const backlog = spool.backlog();
      const loaded = deps.loader.loaded();
      return json({
        version,
        uptime_s: Math.round((clock.monotonic() - started) / 1000),
        otlp_http: deps.otlp_http,
        otlp_grpc: deps.otlp_grpc,
        acked: loaded + backlog.rows,
        loaded,
        backlog: backlog.rows,
        backlog_bytes: backlog.bytes,
        backlog_age_ms: backlog.rows === 0 ? 0 : backlog.age_ms,
        dropped: counters.by('pegbar_dropped_total', 'reason'),
        rejected: counters.by('pegbar_rejected_total', 'reason'),
        refused: counters.by('pegbar_refused_requests_total', 'reason'),
        duplicates: counters.total('pegbar_duplicates_total'),
        dead_letters: (await spool.deadLetters()).length,
        engine: { state: supervisor.state(), restarts: supervisor.restarts() },
        disk: {
          used: await folderSize(),
          free: deps.disk.free(),
          limit: config.max_disk_bytes > 0 ? config.max_disk_bytes : null,
          min_free: config.min_free_bytes,
        },
        keyless: deps.access.keyless,
      });
    },
    healthz: () => json({ status: 'ok', version }),
    readyz() {
      const { store, accepting } = ready();
      if (store !== 'up' || !accepting)
        throw new Refusal('unavailable', `engine ${store}, ${accepting ? '' : 'not '}accepting`);
      return json({ status: 'ready', engine: store });
    },
    metrics: () =>
      new Response(counters.render(), {
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      }),
    openapi: () => json(openApiDocument({ version })),
  };
}
