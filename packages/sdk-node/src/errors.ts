/** What a thrown value means for a request, in the taxonomy of docs/reference/records.md. */
import type { Outcome } from './fields.ts';

export type ErrorCode =
  | 'oom'
  | 'timeout'
  | 'safety_block'
  | 'invalid_config'
  | 'cuda'
  | 'internal'
  | 'cancelled';

/** In this order: running out of memory on a GPU is `oom`, not `cuda`. A test holds it against the contract's. */
const WORDS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/out.?of.?memory|(?<![a-z])oom(?![a-z])|oom.?(killed|error)|alloc(ation)?.*fail/i, 'oom'],
  [/time.?d?.?out|deadline/i, 'timeout'],
  [/safety|nsfw|policy|moderat|blocked|content.?filter/i, 'safety_block'],
  [/cancel|interrupt|abort/i, 'cancelled'],
  [/cuda|cublas|cudnn|nccl|\bhip\b|rocm|gpu|device.?side/i, 'cuda'],
  [
    /invalid|validation|valueerror|keyerror|typeerror|bad.?request|not.?found|unsupported|^4\d\d$/i,
    'invalid_config',
  ],
];

/** Code of the taxonomy for one word. */
export function codeOfWord(word: string): ErrorCode {
  if (word === '408' || word === '504') return 'timeout';
  if (word === '499') return 'cancelled';
  return WORDS.find(([pattern]) => pattern.test(word))?.[1] ?? 'internal';
}

export interface Told {
  code: ErrorCode;
  /** Its class. */
  type: string;
  message: string;
}

/** By its code, else its class, else its message: the first that says more than that it failed. */
export function tellError(thrown: unknown): Told {
  const error = thrown instanceof Error ? thrown : undefined;
  const message = error?.message ?? String(thrown);
  const type = error?.name ?? 'Error';
  const { code } = (thrown ?? {}) as { code?: unknown };
  // A TypeError of JavaScript is a bug of the service, not a wrong configuration of the request.
  const words = [typeof code === 'string' || typeof code === 'number' ? String(code) : '', type, message];
  const known = words.filter((word) => word !== 'TypeError').map(codeOfWord);
  return { code: known.find((one) => one !== 'internal') ?? 'internal', type, message };
}

export function outcomeOf(code: ErrorCode): Outcome {
  if (code === 'timeout') return 'timed_out';
  if (code === 'safety_block') return 'blocked';
  return code === 'cancelled' ? 'cancelled' : 'failed';
}
