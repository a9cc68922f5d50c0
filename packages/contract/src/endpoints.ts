/** The addresses of the HTTP API as data: the OpenAPI document is made of it. A test holds the server's routes to it. */
import type { Endpoint } from './endpoint.ts';
import { ADMINISTRATION } from './endpoints-administration.ts';
import { COLLECTIONS } from './endpoints-collections.ts';
import { DRIFT_ENDPOINTS } from './endpoints-drift.ts';
import { QUESTIONS } from './endpoints-questions.ts';
import { SERVER } from './endpoints-server.ts';
import { STYLE_HEALTH } from './endpoints-style-health.ts';
import { TELEMETRY } from './endpoints-telemetry.ts';
import { TRACES } from './endpoints-traces.ts';

export const ENDPOINTS: readonly Endpoint[] = [
  ...TELEMETRY,
  ...QUESTIONS,
  ...DRIFT_ENDPOINTS,
  ...TRACES,
  ...STYLE_HEALTH,
  ...COLLECTIONS,
  ...ADMINISTRATION,
  ...SERVER,
];
