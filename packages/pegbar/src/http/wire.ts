/** What comes with every request and goes with every answer. */
import type { HttpBindings } from '@hono/node-server';

/** Of @hono/node-server; a test says the address itself. */
export type Bindings = Partial<HttpBindings> & { remoteAddress?: string };

const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  // Pages of ours run no script and load nothing of others.
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** The answer with its id and the security headers; what a handler set itself stays. */
export function secured(response: Response, id: string): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) if (!headers.has(name)) headers.set(name, value);
  headers.set('x-request-id', id);
  return new Response(response.body, { status: response.status, headers });
}

/** JSON with a status. */
export const json = (value: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
