/** A key for what sends, made here and shown once. */
import { type FormEvent, useState } from 'react';
import { ApiError, send } from '../../api/index.ts';
import { Button } from '../../parts/button.tsx';
import { Command } from '../../parts/command.tsx';
import { Failed } from '../../parts/states.tsx';
import { masked } from './sources.ts';
import css from './start.module.css';

interface KeyProps {
  /** This machine needs none. */
  readonly keyless: boolean;
  /** The caller may make keys. */
  readonly admin: boolean;
  /** Of the caller; null where it sees all. */
  readonly tenant: string | null;
  readonly made: string | null;
  readonly onMade: (key: string) => void;
}

export function KeyStep({ keyless, admin, tenant, made, onMade }: KeyProps) {
  const [shown, show] = useState(false);
  if (made !== null)
    return (
      <>
        <p>
          <b>Your key is ready.</b> It stands in the commands below and is not shown again: copy it now.
        </p>
        <Command plain text={made} {...(shown ? {} : { shown: masked(made, made) })} />
        <p className={css.acts}>
          <Button kind="quiet" onClick={() => show(!shown)} aria-pressed={shown}>
            {shown ? 'Hide' : 'Show'}
          </Button>
        </p>
      </>
    );
  return (
    <>
      <p>
        {keyless ? (
          <>
            <b>You need no key on this machine.</b> Others do.
          </>
        ) : admin ? (
          <b>Make a key with the scope ingest</b>
        ) : (
          <>
            <b>You need a key with the scope ingest.</b> Ask whoever runs this server for one: it is made with{' '}
            <span className="mono">npx pegbar keys create --scopes ingest</span>.
          </>
        )}
      </p>
      {admin && <MakeKey tenant={tenant} onMade={onMade} solid={!keyless} />}
    </>
  );
}

function MakeKey(props: { tenant: string | null; onMade: (key: string) => void; solid: boolean }) {
  const [tenant, setTenant] = useState(props.tenant ?? 'default');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const make = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const body = { tenant, scopes: ['ingest'], name: 'Made on the start page' };
      props.onMade((await send<{ key: string }>('POST', 'keys', body)).key);
    } catch (failed) {
      setError(failed instanceof ApiError ? failed : new Error('The key could not be made'));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className={css.make} onSubmit={(event) => void make(event)}>
      <label>
        Tenant
        <input
          value={tenant}
          onChange={(event) => setTenant(event.target.value)}
          disabled={props.tenant !== null}
          spellCheck={false}
          autoComplete="off"
          maxLength={64}
        />
      </label>
      <Button type="submit" kind={props.solid ? 'solid' : 'plain'} busy={busy}>
        Make a key
      </Button>
      {error !== null && <Failed error={error} />}
    </form>
  );
}
