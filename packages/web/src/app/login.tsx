/** Nobody is logged in: where the link is, since there is no password. */
import type { ApiError } from '../api/index.ts';
import { Command } from '../parts/command.tsx';
import { Pegbar } from '../parts/icon.tsx';
import { Sheet } from '../parts/sheet.tsx';
import css from './login.module.css';

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** `ended`: the one who looks was known until just now; the page is there again when they have logged in. */
export const Login = ({ error, ended }: { error: ApiError; ended: boolean }) => (
  <main className={css.login}>
    <div className={css.brand}>
      <Pegbar /> Pegbar
    </div>
    <Sheet label="Log in">
      <div className={css.inside}>
        <h1>{ended ? 'Your session has ended' : 'Log in with a link'}</h1>
        <p>
          {capital(error.message)}. Open the login link that the server printed when it started; it works
          once, for 15 minutes. On the machine where it runs, a restart prints another:
        </p>
        <Command text="pegbar up" />
        {ended && <p>Where you were is kept: come back to this window when you have logged in in another.</p>}
        <p className="dim">Programs send a key instead: Authorization: Bearer KEY.</p>
      </div>
    </Sheet>
  </main>
);
