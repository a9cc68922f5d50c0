/** The pages that need no script: logging in by link, and errors. Everything that is put in is escaped. */
import { escapeHtml } from '../base/html.ts';

/** As the pages look (tokens of the web package), without their files: what fails may be those. */
export const STYLE = `:root { color-scheme: light dark; --paper: #f4f6f6; --surface: #fff; --line: #e2e6e8; --ink: #12181b;
  --ink-2: #465157; --invert: #fff; --pencil: #0a6c96; --sunken: #eceff0; --crit: #c0271c; }
@media (prefers-color-scheme: dark) { :root { --paper: #0c0f11; --surface: #13181a; --line: #232a2e; --ink: #e9edee;
  --ink-2: #adb7bb; --invert: #0c0f11; --pencil: #6fc8ee; --sunken: #0a0d0e; --crit: #ff7467; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); -webkit-font-smoothing: antialiased;
  font: 13px/20px "Geist Variable", system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 560px; margin: 12vh auto 0; padding: 0 24px; }
.brand { display: flex; align-items: center; gap: 10px; font-weight: 600; font-size: 14px; margin: 0 0 16px; }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 20px 16px;
  display: flex; flex-direction: column; gap: 12px; overflow-wrap: anywhere; }
h1 { font-size: 20px; line-height: 28px; font-weight: 600; margin: 0; letter-spacing: -.012em; }
p, form { margin: 0; }
.quiet { color: var(--ink-2); }
.note { color: var(--crit); }
code { background: var(--sunken); padding: 1px 4px; border-radius: 3px; font: 12px/18px ui-monospace, monospace; }
button { font: inherit; font-size: 12px; font-weight: 500; height: 32px; padding: 0 14px; cursor: pointer; border: 1px solid var(--ink);
  border-radius: 5px; background: var(--ink); color: var(--invert); }
button:focus-visible { outline: 2px solid var(--pencil); outline-offset: 2px; }
@media (pointer: coarse) { button { height: 40px; } }
`;

const MARK =
  '<svg width="26" height="13" viewBox="0 0 26 13" aria-hidden="true"><path fill="currentColor" fill-rule="evenodd" d="M2.5 0h21A2.5 2.5 0 0 1 26 2.5v8a2.5 2.5 0 0 1-2.5 2.5h-21A2.5 2.5 0 0 1 0 10.500v-8A2.5 2.5 0 0 1 2.5 0zM4 5.200a1.300 1.300 0 0 0 0 2.600h3.400a1.300 1.300 0 0 0 0-2.600zM13 4.100a2.400 2.400 0 1 0 0 4.800 2.400 2.400 0 0 0 0-4.800zM18.600 5.200a1.300 1.300 0 0 0 0 2.600H22a1.300 1.300 0 0 0 0-2.600z"/></svg>';

/** What browsers ask for of themselves, whatever they show: a login, an error, a picture. As `app/icon.svg` of the web package. */
export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><title>Pegbar</title><rect x="1" y="8" width="30" height="16" rx="4" fill="#12181b"/><g fill="#fff"><rect x="5" y="14" width="6.500" height="4" rx="2"/><circle cx="16" cy="16" r="3.200"/><rect x="20.500" y="14" width="6.500" height="4" rx="2"/></g></svg>';

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><link rel="stylesheet" href="/style.css"><link rel="icon" type="image/svg+xml" href="/favicon.ico"></head>
<body><main><p class="brand">${MARK} Pegbar</p><section>${body}</section></main></body></html>
`;

/** A button, so that a program which looks at links does not use the login link up. */
export const loginPage = (token: string): string =>
  page(
    'Pegbar: log in',
    `<h1>Log in</h1><p class="quiet">This link logs you in once, in this browser.</p>
<form method="post" action="/login"><input type="hidden" name="token" value="${escapeHtml(token)}"><button>Log in</button></form>`,
  );

/** A sentence of an error: it begins with a capital, and what stands between backticks is a name. */
const said = (text: string): string =>
  escapeHtml(text.charAt(0).toUpperCase() + text.slice(1)).replaceAll(/`([^`]*)`/g, '<code>$1</code>');

export const errorPage = (status: number, error: { message: string; hint?: string }): string =>
  page(
    `Pegbar: ${status}`,
    `<h1>${status === 401 || status === 403 ? 'You are not logged in' : 'This did not work'}</h1>
<p class="note">${said(error.message)}.</p><p>${said(error.hint ?? '')}</p>
<p class="quiet">To look at pages, open the login link that <code>pegbar up</code> printed.</p>`,
  );
