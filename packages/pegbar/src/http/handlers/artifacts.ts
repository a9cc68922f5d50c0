/** Pictures in and out. */
import { DEFAULT_TENANT, requireScope } from '../../access/index.ts';
import { type Artifacts, createWanted, type Kept } from '../../artifacts/index.ts';
import { type FoundPicture, findPicture } from '../../explore/index.ts';
import { readJson } from '../body.ts';
import { bytesAnswer } from '../byte-range.ts';
import type { ApiDeps, Call, Handlers } from '../deps.ts';
import { orRefuse, Refusal } from '../failure.ts';
import { checkPressure } from '../pressure.ts';
import { json } from '../wire.ts';

const ID_LENGTH = 256;
const NAME_LENGTH = 512;
const SIZE_MOST_PX = 4_096;
/** Pictures of one question, and its bytes: ids and names at their longest, ten times over. */
const ASKED_MOST = 1_000;
const ASKED_BYTES = 1024 * 1024;
const STORED = 'pegbar://artifacts/';

export function artifactHandlers(deps: ApiDeps, artifacts: Artifacts): Handlers {
  const { access, events, intake } = deps;
  const wanted = createWanted({
    clock: deps.clock,
    // Without secrets every hash is the same, and all is wanted.
    hashOf: (tenant, text) => deps.userHash?.(tenant, text) ?? '0',
  });

  async function tenantForWrite(call: Call): Promise<string> {
    const tenant = call.scope.tenant ?? DEFAULT_TENANT;
    orRefuse(await access.ensureTenant(tenant));
    return tenant;
  }

  /** Tells the store of the picture, so that lists and pages know its size and where it lies. */
  async function register(tenant: string, image_id: string, kept: Kept): Promise<void> {
    const { width, height, bytes, sha256 } = kept;
    const record = {
      type: 'artifact',
      event_id: `artifact:${image_id}:${sha256}`,
      timestamp: deps.clock.now(),
      image_id,
      uri: STORED + encodeURIComponent(image_id),
      width,
      height,
      bytes,
      sha256,
    };
    const verdict = await events.accept(JSON.stringify(record), { tenant });
    const wrong = verdict.rejected[0];
    if (wrong) throw new Refusal('invalid_request', wrong.message, { field: wrong.field });
  }

  async function show(call: Call, thumbnail: boolean): Promise<Response> {
    const image_id = idOf(call, deps);
    const asked = call.url.searchParams.get('unblur') === 'true';
    if (asked) orRefuse(requireScope(call.caller!, 'unblur'));
    const found = orRefuse(await findPicture(deps, { scope: call.scope, signal: call.signal }, image_id));
    const picture: FoundPicture = found ?? {
      tenant: call.scope.tenant ?? DEFAULT_TENANT,
      uri: '',
      flagged: false,
    };
    const { tenant, uri, flagged } = picture;
    const shown = orRefuse(
      await artifacts.show({
        tenant,
        image_id,
        uri,
        roots: access.tenantSpec(tenant).artifact_roots,
        thumbnail,
        size: sizeOf(call),
        blurred: flagged && !asked,
      }),
    );
    if (flagged && asked)
      await access.audit({
        actor: call.caller!,
        action: 'image.unblur',
        object: image_id,
        tenant,
        detail: { thumbnail },
      });
    return bytesAnswer(call.request, shown.bytes, {
      'content-type': shown.content_type,
      // Whether it is flagged may change, so nobody keeps it without asking again.
      'cache-control': 'private, no-cache',
      'content-security-policy': "default-src 'none'; sandbox",
      ...(flagged ? { 'x-pegbar-flagged': asked ? 'shown' : 'blurred' } : {}),
    });
  }

  return {
    async wantedArtifacts(call) {
      const tenant = call.scope.tenant ?? DEFAULT_TENANT;
      const pictures = picturesOf(await readJson(call.request, ASKED_BYTES));
      const share = access.tenantSpec(tenant).sampling.artifacts;
      return json({ wanted: wanted(tenant, share, pictures), share });
    },
    async putArtifact(call) {
      checkPressure(intake);
      const tenant = await tenantForWrite(call);
      const image_id = idOf(call, deps);
      const declared = call.request.headers.get('content-type')!.split(';', 1)[0]!.trim().toLowerCase();
      const keepMetadata = access.tenantSpec(tenant).prompts === 'keep';
      const kept = orRefuse(await artifacts.put(tenant, image_id, bodyOf(call), { declared, keepMetadata }));
      await register(tenant, image_id, kept);
      return json({ image_id, ...kept });
    },
    async putThumbnail(call) {
      checkPressure(intake);
      const tenant = await tenantForWrite(call);
      const image_id = idOf(call, deps);
      return json({ image_id, ...orRefuse(await artifacts.putThumbnail(tenant, image_id, bodyOf(call))) });
    },
    getArtifact: (call) => show(call, false),
    getThumbnail: (call) => show(call, true),
  };
}

const refuse = (field: string, message: string): never => {
  throw new Refusal('invalid_request', message, { field });
};

function picturesOf({ images }: Record<string, unknown>) {
  if (!Array.isArray(images) || images.length > ASKED_MOST)
    return refuse('images', `images is not a list of at most ${ASKED_MOST} pictures`);
  return images.map((one: unknown, at) => {
    const { image_id, model_version = '', always = false } = (one ?? {}) as Record<string, unknown>;
    const where = `images.${at}`;
    if (typeof image_id !== 'string' || image_id === '' || image_id.length > ID_LENGTH)
      return refuse(`${where}.image_id`, `image_id is not a text of 1 to ${ID_LENGTH} characters`);
    if (typeof model_version !== 'string' || model_version.length > NAME_LENGTH)
      return refuse(
        `${where}.model_version`,
        `model_version is not a text of at most ${NAME_LENGTH} characters`,
      );
    if (typeof always !== 'boolean') return refuse(`${where}.always`, 'always is not true or false');
    return { image_id, model_version, always };
  });
}

/** The picture's id as rows about it have it. */
function idOf({ params, scope }: Call, { storedId }: ApiDeps): string {
  const id = params.image_id!;
  if (id.length <= ID_LENGTH) return storedId?.(scope.tenant ?? DEFAULT_TENANT, id) ?? id;
  throw new Refusal('invalid_request', `image_id is longer than ${ID_LENGTH} characters`, {
    field: 'image_id',
  });
}

function sizeOf({ url }: Call): number | undefined {
  const text = url.searchParams.get('size');
  if (text === null || text === '') return undefined;
  const size = Number(text);
  if (Number.isInteger(size) && size >= 1 && size <= SIZE_MOST_PX) return size;
  throw new Refusal('invalid_request', `size is not a whole number from 1 to ${SIZE_MOST_PX}`, {
    field: 'size',
  });
}

async function* bodyOf({ request }: Call): AsyncIterable<Uint8Array> {
  const coding = request.headers.get('content-encoding')?.toLowerCase() ?? 'identity';
  if (coding !== 'identity')
    throw new Refusal('unsupported_media_type', 'pictures are compressed already: send them as they are', {
      field: 'Content-Encoding',
    });
  const reader = request.body?.getReader();
  if (!reader) return;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
