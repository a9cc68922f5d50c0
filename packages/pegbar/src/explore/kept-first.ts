/** Examples that can be seen: of most pictures the files are not kept. */

export interface Shown {
  readonly tenant: string;
  readonly image_id: string;
}

/**
 * The first `limit` whose files are kept, in their order; where there are fewer, the first of the others fill up. Without
 * `kept`, the first ones.
 */
export async function keptFirst<Picture extends Shown>(
  pictures: readonly Picture[],
  limit: number,
  kept: ((tenant: string, image_id: string) => Promise<boolean>) | undefined,
): Promise<Picture[]> {
  if (!kept) return pictures.slice(0, limit);
  const found: Picture[] = [];
  for (const picture of pictures) {
    if (found.length === limit) break;
    if (picture.image_id !== '' && (await kept(picture.tenant, picture.image_id))) found.push(picture);
  }
  const others = pictures.filter((one) => !found.includes(one));
  const chosen = new Set([...found, ...others].slice(0, limit));
  return pictures.filter((one) => chosen.has(one));
}
