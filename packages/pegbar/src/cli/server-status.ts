/** What `GET /api/v1/status` says, as far as a client uses it. */
export interface ServerStatus {
  version?: string;
  otlp_http?: string | number | null;
  otlp_grpc?: string | number | null;
  acked?: number;
  loaded?: number;
  backlog?: number;
  dropped?: Record<string, number>;
  duplicates?: number;
  engine?: { state?: string; restarts?: number };
  disk?: { used?: number; free?: number; limit?: number | null; min_free?: number };
}

const OTLP_HTTP_PORT = 4318;
const OTLP_GRPC_PORT = 4317;

/** Base of OTLP over HTTP as this client can reach it. */
export const otlpAddress = (status: ServerStatus, apiUrl: string): string =>
  reachable(status.otlp_http, apiUrl, OTLP_HTTP_PORT).origin;

export const grpcAddress = (status: ServerStatus, apiUrl: string): { host: string; port: number } => {
  const { hostname, port } = reachable(status.otlp_grpc, apiUrl, OTLP_GRPC_PORT);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
};

/** A server that listens on every address says 0.0.0.0, which is no address to call: the API's host then is. */
function reachable(said: string | number | null | undefined, apiUrl: string, fallbackPort: number): URL {
  const api = new URL(apiUrl);
  const text = typeof said === 'string' && said !== '' ? said : undefined;
  const here = new URL(`http://${api.hostname}:${typeof said === 'number' ? said : fallbackPort}`);
  if (text === undefined) return here;
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `http://${text}`);
  } catch {
    return here;
  }
  if (url.hostname === '0.0.0.0' || url.hostname === '[::]') url.hostname = api.hostname;
  return url;
}
