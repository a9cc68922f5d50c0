/** The listener of the API. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { startArtifactRetention } from '../artifacts/index.ts';
import type { Clock } from '../base/clock.ts';
import { type Api, createApi } from './api.ts';
import { artifactsIn } from './artifacts-of.ts';
import type { ApiDeps } from './deps.ts';

export interface ApiServer {
  /** Where it listens. */
  host: string;
  port: number;
  /** Takes nothing new, lets what runs end, and hangs up at last. */
  close(): Promise<void>;
}

/** A sender that needs longer for its headers holds a socket and nothing else. */
const HEADERS_TIMEOUT_MS = 20_000;
/** An export or a slow upload of a picture. */
const REQUEST_TIMEOUT_MS = 3_600_000;
const KEEP_ALIVE_MS = 65_000;
/** Open connections, so that descriptors are left for the store and the spool. */
const CONNECTIONS_MOST = 2_000;
/** What still runs at the end is given this long. */
const CLOSE_GRACE_MS = 5_000;

/**
 * The API on the address of the configuration, and the retention of its pictures. Rejects where the port is taken;
 * port 0 takes any free one.
 */
export async function startApi(deps: ApiDeps): Promise<ApiServer> {
  const { access, clock, log } = deps;
  const artifacts = deps.artifacts ?? artifactsIn(deps);
  const server = await serveApi(createApi({ ...deps, artifacts }), deps);
  const tenants = () =>
    access
      .listTenants({ tenant: null })
      .map(({ name }) => ({ name, keep_ms: access.tenantSpec(name).retention_ms.artifacts }));
  const stop = startArtifactRetention({ artifacts, tenants, clock, log });
  return {
    ...server,
    async close() {
      stop();
      await server.close();
    },
  };
}

function serveApi(api: Api, { config, clock }: Pick<ApiDeps, 'config' | 'clock'>): Promise<ApiServer> {
  const server = createAdaptorServer({ fetch: api.fetch, autoCleanupIncoming: true }) as Server;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = CONNECTIONS_MOST;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, () => {
      server.off('error', reject);
      const { port } = server.address() as AddressInfo;
      resolve({ host: config.host, port, close: () => close(server, clock) });
    });
  });
}

function close(server: Server, clock: Clock): Promise<void> {
  const closed = new AbortController();
  void clock.sleep(CLOSE_GRACE_MS, closed.signal).then(() => server.closeAllConnections());
  return new Promise((resolve) => {
    server.close(() => {
      closed.abort();
      resolve();
    });
    server.closeIdleConnections();
  });
}
