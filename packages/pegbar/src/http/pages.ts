/** The pages as text. Everything that is put in is escaped. */

export interface HomeFacts {
  version: string;
  keyless: boolean;
  url: string;
  otlp_http: string | null;
  otlp_grpc: string | null;
  engine: string;
  accepted: number;
  waiting: number;
  /** null where the store could not be asked. */
  recent: readonly Record<string, unknown>[] | null;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: unknown): string =>
  String(text ?? '').replace(/[&<>"']/g, (letter) => ENTITIES[letter]!);

export const STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2rem; font-size: 1.1rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .2rem .8rem .2rem 0; }
code { background: color-mix(in srgb, currentColor 10%, transparent); padding: .1rem .3rem; border-radius: .2rem; }
.note { border-left: .25rem solid #c80; padding: .2rem .8rem; } .quiet { opacity: .7; }
button { font: inherit; padding: .5rem 1.2rem; }
`;

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title><link rel="stylesheet" href="/style.css"></head>
<body>${body}</body></html>
`;

/** A button, so that a program which looks at links does not use the login link up. */
export const loginPage = (token: string): string =>
  page(
    'Pegbar: log in',
    `<h1>Pegbar</h1><p>This link logs you in once.</p>
<form method="post" action="/login"><input type="hidden" name="token" value="${escaped(token)}"><button>Log in</button></form>`,
  );

export const errorPage = (status: number, error: { message: string; hint?: string }): string =>
  page(
    `Pegbar: ${status}`,
    `<h1>Pegbar</h1><p class="note">${escaped(error.message)}</p><p>${escaped(error.hint)}</p>
<p class="quiet">To look at pages, open the login link that <code>pegbar up</code> printed.</p>`,
  );

export function homePage(facts: HomeFacts): string {
  const door = (name: string, url: string | null): string =>
    url === null ? '' : `<tr><th>${escaped(name)}</th><td><code>${escaped(url)}</code></td></tr>`;
  const note = facts.keyless
    ? '<p class="note">Anyone on this machine is an admin here: no key is asked for on loopback. Start with <code>--require-key</code> to change that.</p>'
    : '';
  return page(
    'Pegbar',
    `<h1>Pegbar</h1><p class="quiet">${escaped(facts.version)} · engine ${escaped(facts.engine)} · ${facts.accepted} accepted since the start · ${facts.waiting} waiting to be loaded</p>
${note}<h2>Send</h2><table>${door('OTLP over HTTP', facts.otlp_http)}${door('OTLP over gRPC', facts.otlp_grpc)}${door('Events (NDJSON)', `${facts.url}/api/v1/events`)}</table>
<h2>Requests of the last day</h2>${recentTable(facts.recent)}
<h2>Ask</h2><p><a href="/api/v1/kpis?by=model_version">KPIs by model</a> · <a href="/api/v1/requests">requests</a> ·
<a href="/api/v1/logs">logs</a> · <a href="/api/v1/status">status</a> · <a href="/metrics">metrics</a> · <a href="/api/v1/openapi.json">OpenAPI</a></p>
<p class="quiet">In a terminal: <code>pegbar kpis --by model_version</code>, <code>pegbar requests</code>, <code>pegbar doctor</code>.</p>`,
  );
}

function recentTable(recent: HomeFacts['recent']): string {
  if (recent === null) return '<p>The store cannot be asked just now.</p>';
  if (recent.length === 0) return '<p>None yet.</p>';
  const columns = ['timestamp', 'request_id', 'outcome', 'latency_ms', 'workload', 'model_version', 'tenant'];
  const cells = (row: Record<string, unknown>): string =>
    columns
      .map((name) => `<td>${escaped(name === 'latency_ms' ? roundedMs(row[name]) : row[name])}</td>`)
      .join('');
  return `<table><tr>${columns.map((name) => `<th>${escaped(name)}</th>`).join('')}</tr>${recent
    .map((row) => `<tr>${cells(row)}</tr>`)
    .join('')}</table>`;
}

const roundedMs = (ms: unknown): string => (typeof ms === 'number' ? String(Math.round(ms)) : '');
