/** ComfyUI's WebSocket under a client id of our own, opened again whenever it closes. */
import { WebSocket } from 'ws';
import type { Clock } from '../../../base/clock.ts';

const FIRST_WAIT_MS = 1_000;
const WAIT_MOST_MS = 30_000;
const HANDSHAKE_MS = 10_000;
/** Previews of pictures come as binary messages of some MB; larger ones are not for us. */
const MESSAGE_MOST_BYTES = 64 * 1_048_576;

export interface SocketParts {
  url: string;
  clock: Clock;
  signal: AbortSignal;
  /** Share 0–1 that spreads the retries of many agents. */
  spread: () => number;
  /** An id that no other client has: ComfyUI sends the messages of an id to its newest socket alone. */
  newClientId: () => string;
  onText: (text: string) => void;
  onOpen: () => void;
  onClose: () => void;
}

/** Ends when the signal aborts. */
export async function keepSocket(parts: SocketParts): Promise<void> {
  let failures = 0;
  while (!parts.signal.aborted) {
    if (await once(parts)) failures = 0;
    else failures++;
    const wait = Math.min(WAIT_MOST_MS, FIRST_WAIT_MS * 2 ** failures) * (0.5 + parts.spread() / 2);
    await parts.clock.sleep(wait, parts.signal);
  }
}

/** True where the connection came about. */
function once({ url, signal, newClientId, onText, onOpen, onClose }: SocketParts): Promise<boolean> {
  return new Promise((resolve) => {
    const address = `${url.replace(/^http/, 'ws')}/ws?clientId=${newClientId()}`;
    const socket = new WebSocket(address, { handshakeTimeout: HANDSHAKE_MS, maxPayload: MESSAGE_MOST_BYTES });
    let opened = false;
    const stop = (): void => socket.terminate();
    signal.addEventListener('abort', stop, { once: true });
    socket.on('open', () => {
      opened = true;
      onOpen();
    });
    socket.on('message', (data, isBinary) => {
      if (!isBinary) onText(String(data));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      signal.removeEventListener('abort', stop);
      if (opened) onClose();
      resolve(opened);
    });
  });
}
