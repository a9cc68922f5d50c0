/** People in a browser: the pages, who looks at them, logging in by link and out. */
import { clearedSessionCookie, readSessionCookie, sessionCookie } from '../../access/index.ts';
import { readBody, readJson } from '../body.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { ICON, loginPage, STYLE } from '../pages.ts';
import type { PageFiles } from '../pages-files.ts';
import { json } from '../wire.ts';

const FORM_BYTES = 16 * 1024;

/** With `no-referrer` browsers send the form as of origin `null`, which may not log in. */
const html = (text: string, status = 200): Response =>
  new Response(text, {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'referrer-policy': 'same-origin' },
  });

/** Whether the browser speaks TLS: only then may the cookie demand it. */
const isSecure = ({ request, url }: Call): boolean =>
  url.protocol === 'https:' || request.headers.get('x-forwarded-proto') === 'https';

export function peopleHandlers(deps: ApiDeps, pages: PageFiles): Handlers {
  const { access } = deps;

  async function redeem(call: Call): Promise<Response> {
    const isJson = call.request.headers.get('content-type')?.startsWith('application/json') === true;
    const token = isJson
      ? (await readJson(call.request, FORM_BYTES)).token
      : new URLSearchParams((await readBody(call.request, FORM_BYTES)).toString('utf8')).get('token');
    checkOrigin(call);
    if (typeof token !== 'string')
      throw new Refusal('invalid_request', 'token is missing', { field: 'token' });
    const session = orRefuse(await access.redeem(token));
    const headers = { 'set-cookie': sessionCookie(session.token, isSecure(call)) };
    if (isJson)
      return json(
        { user: session.user, csrf: session.csrf, expires_at: new Date(session.expires_at).toISOString() },
        200,
        headers,
      );
    return new Response(null, { status: 303, headers: { ...headers, location: '/' } });
  }

  return {
    login: (call) => html(loginPage(call.url.searchParams.get('token') ?? '')),
    redeem,
    async logout(call) {
      checkOrigin(call);
      const token = readSessionCookie(call.request.headers.get('cookie') ?? undefined);
      if (token !== undefined) await access.logout(token);
      return json({ logged_out: true }, 200, { 'set-cookie': clearedSessionCookie(isSecure(call)) });
    },
    style: () =>
      new Response(STYLE, {
        headers: { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'max-age=3600' },
      }),
    icon: () =>
      new Response(ICON, {
        headers: { 'content-type': 'image/svg+xml', 'cache-control': 'max-age=86400' },
      }),
    home: ({ request }) => pages.shell('/', request),
    asset({ request, url }) {
      const file = pages.answer(url.pathname, request);
      if (file) return file;
      throw new Refusal('not_found', 'there is no such file of the pages', { hint: 'Reload the page.' });
    },
    getMe({ caller }) {
      const { id, kind, tenant, scopes, csrf } = caller!;
      return json({
        user: id,
        kind,
        tenant,
        scopes: [...scopes],
        csrf: csrf ?? null,
        keyless: access.keyless,
        version: deps.version,
        otlp_http: deps.otlp_http,
        otlp_grpc: deps.otlp_grpc,
      });
    },
  };
}

/** A page of another site may not log anybody in or out here. */
function checkOrigin({ request }: Call): void {
  const origin = request.headers.get('origin');
  const host = request.headers.get('host');
  if (origin === null || (host !== null && URL.canParse(origin) && new URL(origin).host === host)) return;
  throw new Refusal('forbidden', 'pages of other origins may not log in or out here');
}
