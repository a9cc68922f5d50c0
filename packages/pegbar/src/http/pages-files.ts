/**
 * The built pages as they go over the wire: held in memory, each as it is, by gzip and by brotli. Names that
 * carry the digest of their content are kept for ever by browsers; all others are asked for anew.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Refusal } from './failure.ts';

export interface PageFiles {
  /** The file of a path such as `/assets/x.js`; undefined where there is none. */
  answer(path: string, request: Request): Response | undefined;
  /** The shell of the page at a path. Refuses where the pages are not built. */
  shell(path: string, request: Request): Response;
}

interface File {
  readonly type: string;
  readonly etag: string;
  readonly cache: string;
  readonly bodies: Readonly<Partial<Record<Encoding, Uint8Array<ArrayBuffer>>>>;
}
type Encoding = 'br' | 'gzip' | 'identity';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const PACKED: Readonly<Record<string, Encoding>> = { '.br': 'br', '.gz': 'gzip' };
/** `name-D1gest42.js` */
const DIGEST = /^\/assets\/.+-[\w-]{8}\.\w+$/;
const FOR_EVER = 'public, max-age=31536000, immutable';
const ASKED_ANEW = 'no-cache';
/**
 * What React Aria writes into the head for elements that can be pressed and for open dialogs: two texts, allowed by
 * their digests. The browser tests fail where a version of it writes others.
 */
const STYLE_TEXTS = [
  '@layer {\n  [data-react-aria-pressable] {\n    touch-action: pan-x pan-y pinch-zoom;\n  }\n}',
  '@layer {\n  * {\n    overscroll-behavior: contain;\n  }\n}',
] as const;
const STYLES = STYLE_TEXTS.map(
  (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
).join(' ');
/** Files of ours only; styles set by scripts through the object model are not inline styles. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' ${STYLES}`,
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Beside the built server, or beside its sources. */
const FOLDERS = ['../web/', '../../dist/web/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

const foundFolder = (): string | undefined => FOLDERS.find((one) => existsSync(join(one, 'index.html')));

export function createPageFiles(given?: string): PageFiles {
  let known: Built | undefined;
  // Where they were not built yet when the server started, they are looked for again.
  let folder = given;
  /** Read again when they were built anew, so that whoever works on them need not restart the server. */
  const all = (): Built => {
    folder ??= foundFolder();
    const built = folder === undefined ? undefined : builtAt(folder);
    if (folder === undefined || built === undefined) return known ?? NOT_BUILT;
    if (known?.built !== built) known = { built, files: readFiles(folder), shells: readShells(folder) };
    return known;
  };
  return {
    answer(path, request) {
      const file = path.endsWith('.html') ? undefined : all().files.get(path);
      return file && answerOf(file, request);
    },
    shell(path, request) {
      const { files, shells } = all();
      const own = shells.find(({ pattern }) => pattern.test(path));
      const file = files.get(own?.file ?? SHELL);
      const asks = own && asksOf(own, path, request);
      const early = asks === undefined ? {} : { link: `<${asks}>; rel=preload; as=fetch; crossorigin` };
      if (file) return answerOf(file, request, { 'content-security-policy': POLICY, ...early });
      throw new Refusal('not_found', 'the pages are not built', {
        hint: 'Run `npm run build` in the clone; the published package brings them along.',
      });
    },
  };
}

/** The shell of a page that has none of its own: nothing of the page is named in it. */
const SHELL = '/index.html';
interface Shell {
  readonly pattern: RegExp;
  readonly file: string;
  /** What the page asks first, with names of the path in it: `/api/v1/traces/:id/outline`. */
  readonly asks: string | undefined;
}
interface Built {
  /** Changes when they are built anew. */
  readonly built: string;
  readonly files: ReadonlyMap<string, File>;
  /** By path; the first that fits. */
  readonly shells: readonly Shell[];
}
const NOT_BUILT: Built = { built: '', files: new Map(), shells: [] };

/** When the pages were built, undefined where they were not; the stamp is written last, and not published. */
function builtAt(folder: string): string | undefined {
  const times = ['index.html', 'shells.json', '.stamp'].map(
    (name) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs,
  );
  return times[0] === undefined ? undefined : times.join(' ');
}

/** Which page has which shell, as the build wrote it down. */
function readShells(folder: string): Shell[] {
  const path = join(folder, 'shells.json');
  if (!existsSync(path)) return [];
  const shells = JSON.parse(readFileSync(path, 'utf8')) as { path: string; file: string; asks?: string }[];
  return shells.map((shell) => ({
    pattern: new RegExp(`^${shell.path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}/?$`),
    file: shell.file,
    asks: shell.asks,
  }));
}

/** Ids that stand in an address as they are. */
const PLAIN = /^[\w.-]+$/;

/** The address that the page will ask first, exactly as it will: another would be fetched for nothing. */
function asksOf({ pattern, asks }: Shell, path: string, request: Request): string | undefined {
  const parts = Object.entries(pattern.exec(path)?.groups ?? {});
  if (asks === undefined || parts.some(([, value]) => !PLAIN.test(value))) return undefined;
  // Where a tenant is chosen, it is asked for by name.
  if (new URL(request.url).searchParams.has('tenant')) return undefined;
  return parts.reduce((address, [name, value]) => address.replace(`:${name}`, value), asks);
}

function readFiles(folder: string): ReadonlyMap<string, File> {
  const files = new Map<string, File>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    const type = TYPES[extname(name)];
    if (type === undefined || !statSync(path).isFile()) continue;
    const plain = new Uint8Array(readFileSync(path));
    const bodies: Partial<Record<Encoding, Uint8Array<ArrayBuffer>>> = { identity: plain };
    for (const [ending, encoding] of Object.entries(PACKED))
      if (existsSync(path + ending)) bodies[encoding] = new Uint8Array(readFileSync(path + ending));
    const address = `/${relative(folder, path).split(sep).join('/')}`;
    files.set(address, {
      type,
      etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
      cache: DIGEST.test(address) ? FOR_EVER : ASKED_ANEW,
      bodies,
    });
  }
  return files;
}

function answerOf(file: File, request: Request, more: Record<string, string> = {}): Response {
  const headers: Record<string, string> = {
    ...more,
    'content-type': file.type,
    'cache-control': file.cache,
    etag: file.etag,
    vary: 'accept-encoding',
  };
  if (request.headers.get('if-none-match') === file.etag) return new Response(null, { status: 304, headers });
  const accepted = request.headers.get('accept-encoding') ?? '';
  const wanted = (['br', 'gzip'] as const).find((one) => file.bodies[one] && accepted.includes(one));
  const body = file.bodies[wanted ?? 'identity']!;
  if (wanted !== undefined) headers['content-encoding'] = wanted;
  return new Response(body, { headers: { ...headers, 'content-length': String(body.byteLength) } });
}
