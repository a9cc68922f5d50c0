/** The words in which generators report failures, mapped to the taxonomy. */
import type { Kind } from './fields.ts';
import { text } from './fields.ts';
import { STAGE_ERROR_CODES, type StageErrorCode } from './vocabulary.ts';

const KNOWN = new Set<string>(STAGE_ERROR_CODES);

/** First match wins: an out-of-memory error of CUDA is `oom`, not `cuda`. */
const WORDS: readonly (readonly [RegExp, StageErrorCode])[] = [
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

/** Code of the taxonomy for an error type of any sender: an exception's class, an HTTP status, a word. */
export function errorCodeOf(word: string): StageErrorCode {
  if (KNOWN.has(word)) return word as StageErrorCode;
  if (word === '408' || word === '504') return 'timeout';
  if (word === '499') return 'cancelled';
  for (const [pattern, code] of WORDS) if (pattern.test(word)) return code;
  return 'internal';
}

/** Reads a code; a word that had to be mapped is kept as the attribute `error.code`. */
export function stageErrorCode(doc: string): Kind<StageErrorCode, string> {
  const word = text(doc);
  return {
    ...word,
    read(value, overflow) {
      const read = word.read(value, overflow);
      if (typeof read !== 'string') return read;
      const code = errorCodeOf(read);
      if (code !== read) overflow.add('error.code', read);
      return code;
    },
  };
}
