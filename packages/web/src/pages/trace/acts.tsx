/** What can be done about a trace: keep it, send it to somebody. */
import { useEffect, useState } from 'react';
import { ApiError, send, useMay } from '../../api/index.ts';
import { usePinned } from '../../api/pins.ts';
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
  const pinned = usePinned(trace_id);
  const [busy, setBusy] = useState(false);
  const [ingest, admin] = [useMay('ingest'), useMay('admin')];
  const ask = async (method: 'POST' | 'DELETE'): Promise<void> => {
    setBusy(true);
    try {
      await send(method, `traces/${trace_id}/pin`, undefined, { params: { tenant } });
      pinned.tell(method === 'POST');
      if (method === 'POST') toast('The trace is kept', () => void ask('DELETE'));
    } catch (error) {
      toast(error instanceof ApiError ? error.message : 'The server does not answer');
    } finally {
      setBusy(false);
    }
  };
  const kept = pinned.data === true;
  if (!ingest && !admin)
    return kept ? (
      <span className="small dim nw">
        <Icon name="pin" /> Trace is kept
      </span>
    ) : null;
  return (
    <Button
      busy={busy}
      aria-pressed={kept}
      title={kept ? 'Let sampling decide about it again' : 'Sampling does not take a kept trace'}
      onClick={() => void ask(kept ? 'DELETE' : 'POST')}
    >
      <Icon name="pin" />
      {kept ? 'Trace is kept' : 'Keep trace'}
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
