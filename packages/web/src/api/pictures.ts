/** Pictures beyond their list: what they have in common, how one came about, others of the same prompt and seed. */
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { now } from '../base/browser.ts';
import { DAY, useContextState, useWindow } from '../url/index.ts';
import { get, send } from './client.ts';
import type { ImageRow, Page, RequestRow } from './types.ts';

export interface ScoreBins {
  readonly name: string;
  readonly n: number;
  readonly mean: number | null;
  readonly bins: readonly { readonly from: number; readonly to: number; readonly n: number }[];
}
export interface PictureGroup {
  /** Values that its pictures share; none where nothing was told. */
  readonly values: readonly string[];
  readonly n: number;
  readonly flagged: number;
  readonly style_distance: number | null;
  /** Newest first, as far as a tile needs them. */
  readonly newest: readonly ImageRow[];
}
export interface Gallery {
  readonly sample: { readonly rows: number; readonly of: number; readonly how: string };
  readonly total: number;
  readonly pictures: number;
  readonly flagged: number;
  readonly scores: readonly ScoreBins[];
  readonly feedback: readonly { readonly value: string; readonly n: number }[];
  readonly groups: readonly PictureGroup[];
}

/** What the pictures of the context have in common, by the values of `group` where it is one. */
export function useGallery(group: string | null): UseQueryResult<Gallery> {
  const [{ filters, tenant }] = useContextState();
  const { from_ms, to_ms } = useWindow();
  const params = { from: from_ms, to: to_ms, filter: filters, tenant, group };
  return useQuery({
    queryKey: ['gallery', params],
    queryFn: ({ signal }) => get<Gallery>('gallery', params, signal),
    placeholderData: keepPreviousData,
  });
}

const SAME_MOST = 100;
/** Pictures of the same prompt, seed and size within four weeks of it, itself left out; newest first. */
export function useSamePromptAndSeed(
  image: ImageRow | undefined,
  prompt_hash: string | undefined,
): UseQueryResult<readonly ImageRow[]> {
  const at_ms = image ? Date.parse(image.timestamp) : 0;
  return useQuery({
    queryKey: ['same', image?.tenant, image?.image_id, prompt_hash],
    queryFn: async ({ signal }) => {
      const { seed, width, height, tenant, image_id } = image!;
      const filter = [`seed=${seed}`];
      const params = { from: at_ms - 28 * DAY, to: at_ms + 28 * DAY, filter, limit: SAME_MOST, tenant };
      const [images, requests] = await Promise.all([
        get<Page<ImageRow>>('images', params, signal),
        get<Page<RequestRow & { prompt_hash?: string }>>('requests', params, signal),
      ]);
      const same = new Set(
        requests.items.filter((one) => one.prompt_hash === prompt_hash).map((one) => one.request_id),
      );
      return images.items.filter(
        (one) =>
          one.image_id !== image_id &&
          one.width === width &&
          one.height === height &&
          same.has(one.request_id ?? ''),
      );
    },
    enabled: image?.seed !== undefined && prompt_hash !== undefined,
  });
}

export type Reaction = 'accept' | 'edit' | 'reroll' | 'reject';
interface Verdict {
  readonly rejected: readonly { readonly message: string }[];
}
/** Tells what somebody did with a picture; throws where it was not taken. */
export async function react({ tenant, image_id, request_id }: ImageRow, action: Reaction): Promise<void> {
  const about = { tenant, image_id, ...(request_id ? { request_id } : {}) };
  const record = { type: 'feedback', timestamp: now(), ...about, action };
  const verdict = await send<Verdict>('POST', 'events', record, { params: { tenant } });
  const [wrong] = verdict.rejected;
  if (wrong) throw new Error(wrong.message);
}
