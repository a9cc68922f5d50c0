/** Every address of the API with the scopes that open it. The handlers are in `handlers/`, by the same name. */
import type { Scope } from '@pegbar/contract';

export interface Route {
  readonly id: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  /** The caller needs one of these; none for open addresses. */
  readonly scopes: readonly Scope[];
  /** Content types of the body; none where there is no body. */
  readonly takes?: readonly string[];
  /** Milliseconds until the answer must have begun. */
  readonly timeout_ms?: number;
}

const JSON_TYPE = 'application/json';
const PICTURES = ['image/*', 'video/mp4', 'video/webm', 'application/octet-stream'];
const YAML = ['application/yaml', 'application/x-yaml', 'text/yaml', JSON_TYPE];
const NDJSON = ['application/x-ndjson', 'application/ndjson', JSON_TYPE];
/** The binary mode of CloudEvents sends plain JSON. */
const CLOUD_EVENTS = [JSON_TYPE, 'application/cloudevents+json'];
const QUESTION_MS = 60_000;

type Method = Route['method'];
const route = (
  id: string,
  method: Method,
  path: string,
  scopes: readonly Scope[],
  more: Partial<Route> = {},
): Route => ({ id, method, path, scopes, timeout_ms: QUESTION_MS, ...more });

const READ: readonly Scope[] = ['read'];
const ADMIN: readonly Scope[] = ['admin'];
/** Who may say what is kept: a reader looks only. */
const KEEP: readonly Scope[] = ['ingest', 'admin'];

export const ROUTES: readonly Route[] = [
  route('sendEvents', 'POST', '/api/v1/events', ['ingest', 'beacon'], { takes: NDJSON }),
  route('sendCmcd', 'POST', '/api/v1/cmcd', ['ingest', 'beacon'], { takes: ['application/cmcd'] }),
  route('wantedArtifacts', 'POST', '/api/v1/artifacts/wanted', ['ingest'], { takes: [JSON_TYPE] }),
  route('putArtifact', 'PUT', '/api/v1/artifacts/{image_id}', ['ingest'], { takes: PICTURES }),
  route('getArtifact', 'GET', '/api/v1/artifacts/{image_id}', READ),
  route('putThumbnail', 'PUT', '/api/v1/thumbnails/{image_id}', ['ingest'], { takes: PICTURES }),
  route('getThumbnail', 'GET', '/api/v1/thumbnails/{image_id}', READ),
  route('listRequests', 'GET', '/api/v1/requests', READ),
  route('getRequest', 'GET', '/api/v1/requests/{id}', READ),
  route('getTrace', 'GET', '/api/v1/traces/{trace_id}', READ),
  route('getTraceOutline', 'GET', '/api/v1/traces/{trace_id}/outline', READ),
  route('getSpan', 'GET', '/api/v1/traces/{trace_id}/spans/{span_id}', READ),
  route('getPin', 'GET', '/api/v1/traces/{trace_id}/pin', READ),
  route('pinTrace', 'POST', '/api/v1/traces/{trace_id}/pin', KEEP),
  route('unpinTrace', 'DELETE', '/api/v1/traces/{trace_id}/pin', KEEP),
  route('listImages', 'GET', '/api/v1/images', READ),
  route('getImage', 'GET', '/api/v1/images/{id}', READ),
  route('getSequence', 'GET', '/api/v1/sequences/{sequence_id}', READ),
  route('sendDeployment', 'POST', '/api/v1/deployments', ['ingest'], { takes: CLOUD_EVENTS }),
  route('listDeployments', 'GET', '/api/v1/deployments', READ),
  route('listMetricSeries', 'GET', '/api/v1/metrics/series', READ),
  route('listLogs', 'GET', '/api/v1/logs', READ),
  route('getKpis', 'GET', '/api/v1/kpis', READ),
  route('getFacets', 'GET', '/api/v1/facets', READ),
  route('getGallery', 'GET', '/api/v1/gallery', READ),
  route('listReleases', 'GET', '/api/v1/releases', READ),
  route('getRelease', 'GET', '/api/v1/releases/{version}', READ),
  route('getReleasePairs', 'GET', '/api/v1/releases/{version}/pairs', READ),
  route('find', 'GET', '/api/v1/find', READ),
  route('getFindings', 'GET', '/api/v1/findings', READ),
  route('getObjectives', 'GET', '/api/v1/objectives', READ),
  route('getFlow', 'GET', '/api/v1/flow', READ),
  route('askTogether', 'GET', '/api/v1/questions', READ),
  route('getLatencies', 'GET', '/api/v1/latencies', READ),
  route('getFailures', 'GET', '/api/v1/failures', READ),
  route('getStyleHealth', 'GET', '/api/v1/style-health', READ),
  route('getStylePictures', 'GET', '/api/v1/style-health/pictures', READ),
  route('getCollectionStyle', 'GET', '/api/v1/collections/{collection}/style', READ),
  route('makeCentroid', 'POST', '/api/v1/collections/{collection}/centroid', ADMIN),
  route('listExamples', 'GET', '/api/v1/examples', READ),
  route('getDrift', 'GET', '/api/v1/drift', READ),
  route('getDriftFindings', 'GET', '/api/v1/drift/findings', READ),
  route('getDriftReport', 'GET', '/api/v1/drift/report', READ),
  route('listDriftMonitors', 'GET', '/api/v1/drift/monitors', READ),
  route('previewDriftMonitor', 'POST', '/api/v1/drift/monitors/preview', READ, { takes: YAML }),
  route('explain', 'POST', '/api/v1/explain', READ, { takes: [JSON_TYPE] }),
  route('query', 'POST', '/api/v1/query', READ, { takes: [JSON_TYPE] }),
  route('flush', 'POST', '/api/v1/flush', ['ingest', 'read', 'admin'], { timeout_ms: 120_000 }),
  route('getStatus', 'GET', '/api/v1/status', ['read', 'admin']),
  route('getMe', 'GET', '/api/v1/me', ['ingest', 'read', 'admin', 'unblur']),
  route('createKey', 'POST', '/api/v1/keys', ADMIN, { takes: [JSON_TYPE] }),
  route('listKeys', 'GET', '/api/v1/keys', ADMIN),
  route('revokeKey', 'DELETE', '/api/v1/keys/{id}', ADMIN),
  route('applyResources', 'POST', '/api/v1/resources', ADMIN, { takes: YAML }),
  route('listResources', 'GET', '/api/v1/resources/{kind}', ADMIN),
  route('getResource', 'GET', '/api/v1/resources/{kind}/{name}', ADMIN),
  route('deleteResource', 'DELETE', '/api/v1/resources/{kind}/{name}', ADMIN),
  route('listDeadLetters', 'GET', '/api/v1/dead-letters', ADMIN),
  route('replayDeadLetters', 'POST', '/api/v1/dead-letters/replay', ADMIN, {
    takes: [JSON_TYPE],
    timeout_ms: 600_000,
  }),
  route('listAudit', 'GET', '/api/v1/audit', ADMIN),
  route('listOptOuts', 'GET', '/api/v1/opt-outs', ADMIN),
  route('addOptOut', 'POST', '/api/v1/opt-outs', ADMIN, { takes: [JSON_TYPE] }),
  route('removeOptOut', 'DELETE', '/api/v1/opt-outs/{user_hash}', ADMIN),
  route('listErasures', 'GET', '/api/v1/erasures', ADMIN),
  route('erase', 'POST', '/api/v1/erasures', ADMIN, { takes: [JSON_TYPE], timeout_ms: 600_000 }),
  route('listTenants', 'GET', '/api/v1/tenants', ADMIN),
  route('listUsers', 'GET', '/api/v1/users', ADMIN),
  route('createUser', 'POST', '/api/v1/users', ADMIN, { takes: [JSON_TYPE] }),
  route('disableUser', 'DELETE', '/api/v1/users/{name}', ADMIN),
  route('createLoginLink', 'POST', '/api/v1/users/{name}/login-link', ADMIN),
  route('getStorage', 'GET', '/api/v1/storage', ADMIN),
  route('getCatalogue', 'GET', '/api/v1/catalogue', ['read', 'admin']),
  route('export', 'GET', '/api/v1/export', READ),
  route('login', 'GET', '/login', []),
  route('redeem', 'POST', '/login', [], { takes: ['application/x-www-form-urlencoded', JSON_TYPE] }),
  route('logout', 'POST', '/logout', []),
  route('home', 'GET', '/', []),
  route('asset', 'GET', '/assets/{file}', []),
  route('style', 'GET', '/style.css', []),
  route('icon', 'GET', '/favicon.ico', []),
  route('healthz', 'GET', '/healthz', []),
  route('readyz', 'GET', '/readyz', []),
  route('metrics', 'GET', '/metrics', ['read', 'admin']),
  route('openapi', 'GET', '/api/v1/openapi.json', []),
];
