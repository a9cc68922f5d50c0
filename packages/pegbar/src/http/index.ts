/** The HTTP API and its listener. */
export { type Api, createApi } from './api.ts';
export type { ApiDeps } from './deps.ts';
export { ROUTES, type Route } from './routes.ts';
export { type ApiServer, startApi } from './serve.ts';
