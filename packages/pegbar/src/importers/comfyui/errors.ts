/** Errors of ComfyUI in the words of the taxonomy; the same as in python/comfyui_pegbar/errors.py. */

const PATTERNS: readonly (readonly [string, RegExp])[] = [
  [
    'oom',
    /out ?of ?memory|can't allocate memory|cannot allocate memory|MemoryError|CUDA_ERROR_OUT_OF_MEMORY/i,
  ],
  [
    'cuda',
    /CUDA (error|driver)|cuDNN|cuBLAS|CUBLAS_|HIP error|device-side assert|no kernel image|NVIDIA driver/i,
  ],
  ['timeout', /TimeoutError|timed out|deadline exceeded/i],
  [
    'safety_block',
    /safety.?(checker|block|filter)|nsfw (content )?(detected|blocked)|content.?policy|moderation/i,
  ],
  ['invalid_config', /FileNotFoundError|No such file|not found in|is not in list|Invalid|unsupported/i],
];
const RETRIABLE: Readonly<Record<string, boolean>> = {
  oom: true,
  timeout: true,
  cuda: true,
  internal: false,
  invalid_config: false,
  safety_block: false,
};
/** C:\Users\me\models\x and /home/me/models/x name a person: the file alone is enough. */
const PATH = /(?:[A-Za-z]:)?(?:[\\/][^\\/\s:'"<>|*?]+)+[\\/]([^\\/\s:'"<>|*?]+)/g;
const MESSAGE_MOST = 500;

export interface RunError {
  code: string;
  message: string;
  type?: string;
}

export function classify(exceptionType: string, message: string): string {
  const told = `${exceptionType}: ${message}`;
  return PATTERNS.find(([, pattern]) => pattern.test(told))?.[0] ?? 'internal';
}

export const outcomeOf = (code: string): string =>
  ({ timeout: 'timed_out', safety_block: 'blocked', cancelled: 'cancelled' })[code] ?? 'failed';

export const retriable = (code: string): boolean | undefined => RETRIABLE[code];

/** A message without folders, cut to what a person reads. */
export const shownMessage = (message: string): string =>
  message.split(/\s+/).join(' ').trim().replace(PATH, '$1').slice(0, MESSAGE_MOST);
