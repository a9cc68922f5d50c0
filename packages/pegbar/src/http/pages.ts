/** The pages that need no script: logging in by link, and errors. Everything that is put in is escaped. */
import { escapeHtml } from '../base/html.ts';

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
<title>${escapeHtml(title)}</title><link rel="stylesheet" href="/style.css"></head>
<body>${body}</body></html>
`;

/** A button, so that a program which looks at links does not use the login link up. */
export const loginPage = (token: string): string =>
  page(
    'Pegbar: log in',
    `<h1>Pegbar</h1><p>This link logs you in once.</p>
<form method="post" action="/login"><input type="hidden" name="token" value="${escapeHtml(token)}"><button>Log in</button></form>`,
  );

export const errorPage = (status: number, error: { message: string; hint?: string }): string =>
  page(
    `Pegbar: ${status}`,
    `<h1>Pegbar</h1><p class="note">${escapeHtml(error.message)}</p><p>${escapeHtml(error.hint)}</p>
<p class="quiet">To look at pages, open the login link that <code>pegbar up</code> printed.</p>`,
  );
