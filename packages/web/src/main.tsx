import './tokens.css';
import './base/base.css';
import './app/ask.ts';
import { StrictMode } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { fetchPage } from './app/fetched.ts';
import { routeAt } from './app/routes.ts';

// In one go, so that the page asks for its data before the browser paints and not after.
const start = (): void =>
  flushSync(() =>
    createRoot(document.getElementById('root')!).render(
      <StrictMode>
        <App />
      </StrictMode>,
    ),
  );
// The file of the page is on its way already (`shells.mjs`): shell and page are drawn at once, not one after the other.
// Where it does not come, the page says so itself.
const found = routeAt(location.pathname);
if (found) void fetchPage(found.route).then(start, start);
else start();
