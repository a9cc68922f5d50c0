import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { xidOf } from '../../../importers/index.ts';
import type { Teller } from './smi.ts';

/** XID errors that the kernel log told and no record has carried yet, by the GPU's PCI address. */
export interface KernelLog {
  /** Takes what came since the last call. */
  since(pci: string | undefined): number[];
  readonly ended: Promise<void>;
}

/** Between two samples; a GPU that throws more is told by these. */
const KEPT_MOST = 100;

/** Follows the kernel log where this user may read it; says once that it may not. */
export function watchKernelLog({ signal, say }: Teller): KernelLog {
  const found = new Map<string, number[]>();
  const child = spawn('dmesg', ['--follow-new'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const stop = (): void => void child.kill();
  signal.addEventListener('abort', stop, { once: true });
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  }).then(() => {
    signal.removeEventListener('abort', stop);
    if (!signal.aborted)
      say('the kernel log cannot be followed here, so XID errors are not seen (root or --dcgm sees them)');
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const one = xidOf(line);
    if (!one) return;
    const codes = found.get(one.pci) ?? [];
    if (codes.length < KEPT_MOST) codes.push(one.xid);
    found.set(one.pci, codes);
  });
  return {
    ended,
    since(pci) {
      const codes = (pci !== undefined && found.get(pci)) || [];
      if (pci !== undefined) found.delete(pci);
      return codes;
    },
  };
}
