import './tokens.css';
import './base/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { fetchPage } from './app/fetched.ts';
import { routeAt } from './app/routes.ts';

const start = (): void =>
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
// The file of the page is on its way already (`shells.mjs`): shell and page are drawn at once, not one after the other.
// Where it does not come, the page says so itself.
const found = routeAt(location.pathname);
if (found) void fetchPage(found.route).then(start, start);
else start();
