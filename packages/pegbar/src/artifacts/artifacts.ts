/** Pictures and clips that were sent: kept with their thumbnails, checked for what they are and how large. */
import { createHash } from 'node:crypto';
import type { Log } from '../base/log.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { blur, isShrunk, measure, shrink, THUMBNAIL_PX, withoutMetadata } from './pictures.ts';
import type { ArtifactFiles, Stored } from './port.ts';
import { createWorkQueue } from './queue.ts';
import { type Raster, rasterOf } from './raster.ts';
import { readReference } from './reference.ts';
import { HEAD_BYTES, isPicture, type MediaType, sniff } from './sniff.ts';

export interface ArtifactError {
  code: 'too_large' | 'unsupported_media_type' | 'overloaded' | 'disk_full' | 'not_found' | 'forbidden';
  message: string;
}

export interface Kept extends Stored {
  content_type: MediaType;
  /** Of pictures. */
  width?: number;
  height?: number;
}

export interface Shown {
  bytes: Uint8Array;
  content_type: string;
}

export interface PictureQuestion {
  tenant: string;
  image_id: string;
  /** Where it lies, if it was only registered. */
  uri: string;
  roots: readonly string[];
  thumbnail: boolean;
  /** Longest side in pixels; as it is where not said. */
  size?: number | undefined;
  blurred: boolean;
}

/** Whoever is told of every thumbnail that is kept, with its pixels; what it does is done before the next in turn. */
export interface Onlooker {
  /** Longest side of the pixels that it wants. */
  px: number;
  saw(tenant: string, image_id: string, raster: Raster): Promise<void>;
}

export interface Artifacts {
  /** `keepMetadata`: false where the tenant's prompts may not be stored, which generators write into pictures. */
  put(
    tenant: string,
    image_id: string,
    source: AsyncIterable<Uint8Array>,
    options: { declared: string; keepMetadata: boolean },
  ): Promise<Result<Kept, ArtifactError>>;
  putThumbnail(
    tenant: string,
    image_id: string,
    source: AsyncIterable<Uint8Array>,
  ): Promise<Result<Kept, ArtifactError>>;
  show(question: PictureQuestion): Promise<Result<Shown, ArtifactError>>;
  /** Whether something of the picture is kept here; what is read by reference is not. */
  has(tenant: string, image_id: string): Promise<boolean>;
  /** Shows the kept thumbnail to who looks at thumbnails, once more; false where none is kept. */
  lookAgain(tenant: string, image_id: string): Promise<boolean>;
  delete(tenant: string, imageIds: readonly string[]): Promise<void>;
  /** Deletes what was sent before a time; the number of files. */
  expire(tenant: string, before_ms: number): Promise<number>;
}

/** The largest pictures of an upscaler and clips of a preview are below it. */
export const ARTIFACT_BYTES = 64 * 1024 * 1024;
/** A thumbnail that somebody made already. */
export const THUMBNAIL_BYTES = 4 * 1024 * 1024;
/** Two at once of at most 100 megapixels each bound memory and leave a core for ingest. */
const WORK = { running: 2, waiting: 64 };

type Kind = 'original' | 'thumbnail';

export function createArtifacts(deps: {
  files: ArtifactFiles;
  log: Log;
  onlooker?: Onlooker | undefined;
}): Artifacts {
  const { files, log, onlooker } = deps;
  const queue = createWorkQueue(WORK);

  async function inTurn<T>(work: () => Promise<T>): Promise<Result<T, ArtifactError>> {
    const turn = queue.run(work);
    if (!turn) return refuse('overloaded', 'too many pictures are being worked on');
    return ok(await turn);
  }

  async function read(key: string): Promise<Buffer | null> {
    const found = await files.open(key);
    if (!found) return null;
    const parts: Buffer[] = [];
    for await (const part of found.stream) parts.push(part as Buffer);
    return Buffer.concat(parts);
  }

  const save = (key: string, bytes: Uint8Array) => files.put(key, one(bytes), ARTIFACT_BYTES);

  /** A picture is kept whether or not somebody could look at it. */
  async function lookAt(tenant: string, image_id: string, thumbnail: Uint8Array): Promise<void> {
    if (!onlooker) return;
    try {
      await onlooker.saw(tenant, image_id, await rasterOf(thumbnail, onlooker.px));
    } catch (error) {
      log.warn({ error: String(error) }, 'a picture could not be looked at');
    }
  }

  /** Off the way of the sender: where there is no room now, the first look makes it. */
  function makeThumbnail(tenant: string, image_id: string, bytes: Buffer): void {
    const work = queue.run(async () => {
      const small = await shrink(bytes, THUMBNAIL_PX);
      const stored = await save(keyOf(tenant, image_id, 'thumbnail'), small);
      if (typeof stored === 'string') log.warn({ reason: stored }, 'a thumbnail could not be kept');
      await lookAt(tenant, image_id, small);
    });
    work?.catch((error: unknown) => {
      log.warn({ error: String(error) }, 'a thumbnail could not be made');
    });
  }

  async function put(
    ...[tenant, image_id, source, options]: Parameters<Artifacts['put']>
  ): Promise<Result<Kept, ArtifactError>> {
    const key = keyOf(tenant, image_id, 'original');
    const { head, whole } = await headOf(source);
    const type = sniff(head);
    const wrong = type ? whyNot(type, options) : refuse('unsupported_media_type', TAKEN);
    if (wrong || !type) return wrong ?? refuse('unsupported_media_type', TAKEN);
    if (!isPicture(type)) return kept(await files.put(key, whole, ARTIFACT_BYTES), { content_type: type });
    // Checked before anything of it is kept: a file that is refused never replaces a good one.
    const bytes = await collect(whole, ARTIFACT_BYTES);
    if (bytes === null) return refuse('too_large', `a picture is at most ${ARTIFACT_BYTES} bytes`);
    const worked = await inTurn(async () => {
      const measured = await measure(bytes);
      if (measured === null || measured === 'too_large' || options.keepMetadata)
        return { measured, clean: bytes };
      return { measured, clean: await withoutMetadata(bytes, type).catch(() => null) };
    });
    if (!worked.ok) return worked;
    const { measured, clean } = worked.value;
    if (measured === 'too_large') return refuse('too_large', 'a picture has at most 100 megapixels');
    if (measured === null || clean === null)
      return refuse('unsupported_media_type', `the bytes begin like ${type} and cannot be read as it`);
    const result = kept(await save(key, clean), { content_type: type, ...measured });
    if (result.ok) makeThumbnail(tenant, image_id, clean);
    return result;
  }

  async function original({ tenant, image_id, uri, roots }: PictureQuestion): Promise<Buffer | null> {
    return (
      (await read(keyOf(tenant, image_id, 'original'))) ?? (await readReference(uri, roots, ARTIFACT_BYTES))
    );
  }

  return {
    put,
    async putThumbnail(tenant, image_id, source) {
      const bytes = await collect(source, THUMBNAIL_BYTES);
      if (bytes === null) return refuse('too_large', `a thumbnail is at most ${THUMBNAIL_BYTES} bytes`);
      const type = sniff(bytes.subarray(0, HEAD_BYTES));
      if (!type || !isPicture(type))
        return refuse('unsupported_media_type', 'a thumbnail is png, jpeg, webp or gif');
      const worked = await inTurn(async () => {
        const measured = await measure(bytes);
        if (measured === null || measured === 'too_large') return null;
        // Importers send thousands that are made already; making each once more would cost the most of their way.
        const isMade = await isShrunk(bytes, THUMBNAIL_PX);
        const small = isMade ? bytes : await shrink(bytes, THUMBNAIL_PX).catch(() => null);
        if (small) await lookAt(tenant, image_id, small);
        return small && { small, measured: await measure(small) };
      });
      if (!worked.ok) return worked;
      if (!worked.value)
        return refuse('unsupported_media_type', `the bytes begin like ${type} and cannot be read as it`);
      const { small, measured } = worked.value;
      const size = typeof measured === 'object' ? measured : null;
      return kept(await save(keyOf(tenant, image_id, 'thumbnail'), small), {
        content_type: 'image/webp',
        ...size,
      });
    },
    async show(question) {
      const { tenant, image_id, thumbnail, size, blurred } = question;
      const small = thumbnail ? await read(keyOf(tenant, image_id, 'thumbnail')) : null;
      const bytes = small ?? (await original(question));
      const type = bytes && sniff(bytes.subarray(0, HEAD_BYTES));
      if (!bytes || !type) return refuse('not_found', 'there are no bytes of this picture here');
      if (!isPicture(type)) {
        if (blurred)
          return refuse('forbidden', 'a flagged clip is shown to those who ask with unblur=true only');
        return thumbnail
          ? refuse('not_found', 'there is no thumbnail of this clip')
          : ok({ bytes, content_type: type });
      }
      if (!blurred && size === undefined && (small || !thumbnail)) return ok({ bytes, content_type: type });
      const worked = await inTurn(async () => {
        const work = blurred ? blur(bytes, size) : shrink(bytes, size ?? THUMBNAIL_PX);
        // A picture whose head is good and whose rest is cut shows only when it is worked on.
        return work.catch(() => null);
      });
      if (!worked.ok) return worked;
      if (!worked.value) return refuse('not_found', 'the bytes of this picture are damaged');
      if (thumbnail && !small && !blurred && size === undefined) {
        await save(keyOf(tenant, image_id, 'thumbnail'), worked.value);
        void lookAt(tenant, image_id, worked.value);
      }
      return ok({ bytes: worked.value, content_type: 'image/webp' });
    },
    async has(tenant, image_id) {
      for (const kind of ['thumbnail', 'original'] as const)
        if (await files.stat(keyOf(tenant, image_id, kind))) return true;
      return false;
    },
    async lookAgain(tenant, image_id) {
      const bytes = await read(keyOf(tenant, image_id, 'thumbnail'));
      if (bytes === null) return false;
      return (await inTurn(() => lookAt(tenant, image_id, bytes))).ok;
    },
    async delete(tenant, imageIds) {
      for (const image_id of imageIds)
        for (const kind of ['original', 'thumbnail'] as const)
          await files.delete(keyOf(tenant, image_id, kind));
    },
    expire: (tenant, before_ms) => files.deleteOlder(folderOf(tenant), before_ms),
  };
}

const TAKEN = 'the bytes are not png, jpeg, webp, gif, mp4 or webm';

function whyNot(type: MediaType, { declared, keepMetadata }: { declared: string; keepMetadata: boolean }) {
  const generic = declared === 'application/octet-stream' || declared === 'image/*';
  if (!generic && declared !== type && !(declared === 'image/jpg' && type === 'image/jpeg'))
    return refuse('unsupported_media_type', `the bytes are ${type}, not ${declared.slice(0, 80)}`);
  if (!keepMetadata && !isPicture(type))
    return refuse(
      'unsupported_media_type',
      'clips can carry prompts, which this tenant does not let be stored',
    );
  return undefined;
}

function kept(
  stored: Stored | 'too_large' | 'disk_full',
  more: Omit<Kept, keyof Stored>,
): Result<Kept, ArtifactError> {
  if (stored === 'too_large') return refuse('too_large', `an artifact is at most ${ARTIFACT_BYTES} bytes`);
  if (stored === 'disk_full') return refuse('disk_full', 'the disk is full');
  return ok({ ...stored, ...more });
}

const refuse = (code: ArtifactError['code'], message: string): { ok: false; error: ArtifactError } =>
  fail({ code, message });

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const folderOf = (tenant: string): string => digest(tenant).slice(0, 16);

/** Ids are anything that a sender likes, so files are called after their digest. */
function keyOf(tenant: string, image_id: string, kind: Kind): string {
  const name = digest(image_id);
  return `${folderOf(tenant)}/${name.slice(0, 2)}/${name.slice(2)}.${kind}`;
}

async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** null beyond the limit. */
async function collect(source: AsyncIterable<Uint8Array>, limit: number): Promise<Buffer | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of source) {
    size += part.length;
    if (size > limit) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The first bytes, and all of them again. */
async function headOf(
  source: AsyncIterable<Uint8Array>,
): Promise<{ head: Uint8Array; whole: AsyncIterable<Uint8Array> }> {
  const parts = source[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let size = 0;
  while (size < HEAD_BYTES) {
    const next = await parts.next();
    if (next.done) break;
    first.push(next.value);
    size += next.value.length;
  }
  const start = Buffer.concat(first);
  async function* whole(): AsyncIterable<Uint8Array> {
    if (start.length > 0) yield start;
    for (let next = await parts.next(); !next.done; next = await parts.next()) yield next.value;
  }
  return { head: start.subarray(0, HEAD_BYTES), whole: whole() };
}
