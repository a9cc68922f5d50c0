/** The OpenAPI 3.1 document of the HTTP API, made of the endpoints and the schemas. */
import { z } from 'zod';
import * as api from './api.ts';
import * as analysis from './api-analysis.ts';
import { type Endpoint, type Parameter, query } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { ERRORS, type ErrorCode } from './errors.ts';

export type JsonSchema = Record<string, unknown>;

/** Schemas that stand under `components` by name and are referred to from there. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
  ...api.RECORD_SCHEMAS,
  AnyRecord: api.AnyRecord,
  Error: api.ErrorAnswer,
  EventsAnswer: api.EventsAnswer,
  Request: api.RequestRow,
  Stage: api.StageRow,
  Image: api.ImageRow,
  Span: api.SpanRow,
  Log: api.LogRow,
  RequestDetail: api.RequestDetail,
  RequestsPage: api.RequestsPage,
  Trace: api.Trace,
  ImageDetail: api.ImageDetail,
  ImagesPage: api.ImagesPage,
  Facets: analysis.FacetsAnswer,
  Finding: analysis.Finding,
  ExplainRequest: analysis.ExplainRequest,
  Explanation: analysis.Explanation,
  LogsPage: api.LogsPage,
  MetricSeriesPage: api.MetricSeriesPage,
  KpiSeries: api.KpiSeries,
  Query: api.Query,
  QueryAnswer: api.QueryAnswer,
  Status: api.Status,
  KeyRequest: api.KeyRequest,
  KeyAnswer: api.KeyAnswer,
  KeysPage: api.KeysPage,
  Items: api.Items,
  AuditPage: api.AuditPage,
  UserRequest: api.UserRequest,
  LoginRequest: api.LoginRequest,
  Session: api.Session,
  Applied: api.Applied,
  Replayed: api.Replayed,
};

/** Named schemas as JSON Schema 2020-12 that refer to one another under `base`. */
export function namedSchemas(names: readonly string[], base: string): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const name of names) {
    const schema = NAMED[name];
    if (schema === undefined) throw new Error(`no schema is named ${name}`);
    registry.add(schema, { id: name });
  }
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `${base}${id}`,
    io: 'input',
    unrepresentable: 'any',
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _, $id: __, ...schema }]) => [name, schema]),
  );
}

const nameOf = new Map(Object.entries(NAMED).map(([name, schema]) => [schema, name]));

function mediaSchema(schema: z.ZodType | 'binary', mediaType: string): JsonSchema {
  if (schema === 'binary') return mediaType.startsWith('text/') ? { type: 'string' } : {};
  const name = nameOf.get(schema);
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  if (schema === api.Events) return { type: 'array', items: { $ref: '#/components/schemas/AnyRecord' } };
  const { $schema: _, ...inline } = z.toJSONSchema(schema, { io: 'input' });
  return inline;
}

const contentOf = (bodies: NonNullable<Endpoint['body']>): JsonSchema =>
  Object.fromEntries(
    Object.entries(bodies).map(([mediaType, schema]) => {
      const media = mediaSchema(schema, mediaType);
      return [mediaType, Object.keys(media).length === 0 ? {} : { schema: media }];
    }),
  );

const parameterOf = ({ name, in: place, doc, schema, required, repeats }: Parameter): JsonSchema => ({
  name,
  in: place,
  description: doc,
  ...(required ? { required } : {}),
  schema: repeats ? { type: 'array', items: schema } : schema,
});

/** Errors by status: one response names all the codes that it may carry. */
function errorResponses(codes: readonly ErrorCode[]): Record<string, JsonSchema> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes)
    byStatus.set(ERRORS[code].http, [...(byStatus.get(ERRORS[code].http) ?? []), code]);
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, each]) => [
        String(status),
        {
          description: each.map((code) => `\`${code}\`: ${ERRORS[code].meaning}`).join('\n'),
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      ]),
  );
}

/** Of every address that asks who calls. */
const TENANT = query('tenant', 'This tenant alone; a key of one tenant may name its own only.');

function operationOf(endpoint: Endpoint): JsonSchema {
  const { scopes, body, answer, errors = [], status = 200 } = endpoint;
  const open = scopes.length === 0;
  const parameters = [...(endpoint.parameters ?? []), ...(open ? [] : [TENANT])];
  const asks = parameters.length > 0 || body !== undefined;
  const codes: ErrorCode[] = [
    ...(asks ? (['invalid_request'] as const) : []),
    ...(open ? [] : (['unauthenticated', 'forbidden'] as const)),
    ...errors,
    ...(open ? [] : (['overloaded', 'internal', 'unavailable'] as const)),
  ];
  return {
    operationId: endpoint.id,
    summary: endpoint.summary,
    ...(open ? { security: [] } : { description: `Scope: ${scopes.join(' or ')}.` }),
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(parameterOf) }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: contentOf(body) } }),
    responses: {
      [status]: { description: 'Done.', ...(answer === undefined ? {} : { content: contentOf(answer) }) },
      ...errorResponses([...new Set(codes)]),
    },
  };
}

/** The document. `version` is that of the server that serves it; `url` where it is served. */
export function openApiDocument(options: { version?: string; url?: string } = {}): JsonSchema {
  const paths: Record<string, JsonSchema> = {};
  for (const endpoint of ENDPOINTS) {
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operationOf(endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pegbar',
      version: options.version ?? '1',
      description:
        'Telemetry for generative image and animation pipelines. Times are RFC 3339 or epoch milliseconds in and RFC 3339 with milliseconds out; ids and 64-bit seeds are text.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: options.url ?? '/' }],
    security: [{ key: [] }, {}],
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: namedSchemas(Object.keys(NAMED), '#/components/schemas/'),
    },
  };
}
