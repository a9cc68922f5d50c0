/** What can be done about a trace: keep it, send it to somebody. */
import { useEffect, useState } from 'react';
import { ApiError, send, useMay } from '../../api/index.ts';
import { after } from '../../base/browser.ts';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icon.tsx';
import { toast } from '../../parts/toast.tsx';
import { useContextState } from '../../url/index.ts';

const COPIED_MS = 2_000;

export function Acts({ trace_id }: { trace_id: string | null }) {
  return (
    <>
      {trace_id !== null && <Keep trace_id={trace_id} />}
      <CopyLink />
    </>
  );
}

function Keep({ trace_id }: { trace_id: string }) {
  const [{ tenant }] = useContextState();
  const [state, set] = useState<'no' | 'busy' | 'kept'>('no');
  const [ingest, admin] = [useMay('ingest'), useMay('admin')];
  const ask = async (method: 'POST' | 'DELETE'): Promise<void> => {
    set('busy');
    try {
      await send(method, `traces/${trace_id}/pin`, undefined, { params: { tenant } });
      set(method === 'POST' ? 'kept' : 'no');
      if (method === 'POST') toast('The trace is kept', () => void ask('DELETE'));
    } catch (error) {
      set(method === 'POST' ? 'no' : 'kept');
      toast(error instanceof ApiError ? error.message : 'The server does not answer');
    }
  };
  if (!ingest && !admin) return null;
  return (
    <Button
      busy={state === 'busy'}
      aria-pressed={state === 'kept'}
      title="Sampling does not take a kept trace"
      onClick={() => void ask(state === 'kept' ? 'DELETE' : 'POST')}
    >
      <Icon name="pin" />
      {state === 'kept' ? 'Trace is kept' : 'Keep trace'}
    </Button>
  );
}

function CopyLink() {
  const [copied, setCopied] = useState(false);
  useEffect(() => (copied ? after(COPIED_MS, () => setCopied(false)) : undefined), [copied]);
  return (
    <Button
      kind="quiet"
      onClick={() =>
        void navigator.clipboard.writeText(location.href).then(
          () => setCopied(true),
          () => toast('The browser does not let this page copy; take the address from its bar'),
        )
      }
    >
      <Icon name={copied ? 'check' : 'link'} />
      {copied ? 'Copied' : 'Copy link'}
    </Button>
  );
}
