/** Pictures on the way: each over the moment at which it came out. */
import { useRef } from 'react';
import type { ImageRow, TraceOutline } from '../../api/index.ts';
import { useWidth } from '../../charts/use-width.ts';
import { PictureTile } from '../../parts/picture.tsx';
import { useGo } from '../../url/index.ts';
import css from './journey.module.css';

interface Placed {
  readonly image: ImageRow;
  readonly at_ms: number;
  readonly words: string;
}
const MADE: Readonly<Record<string, string>> = {
  generate: 'decoded',
  upscale: 'upscaled',
  postprocess: 'scored',
  deliver: 'delivered',
};
/** Width of one with its air; of the smaller ones on a narrow strip. */
const PLACE_PX = 78;
const SMALL_PX = 54;
const NARROW_PX = 260;
/** A picture makes room for its neighbour as far as its line still comes from under it. */
const ASIDE = 0.45;
/** The last one may stand over the column of figures, so far. */
const EDGE_PX = 20;
const AIR_PX = 4;

/** A picture where the last stage that changed it ended, and where the model had decoded it. */
export function placedPictures(outline: TraceOutline, images: readonly ImageRow[]): Placed[] {
  const { spans, stages, start, duration_ms } = outline;
  const from_ms = Date.parse(start);
  const out: Placed[] = [];
  const ends = new Map<string, { at_ms: number; stage: string }[]>();
  for (const [at, image_id] of outline.pictures) {
    const stage = stages[spans.stage[at]!] ?? '';
    const list = ends.get(image_id) ?? [];
    if (stage === 'generate' || stage === 'upscale')
      list.push({ at_ms: spans.start_ms[at]! + spans.duration_ms[at]!, stage });
    ends.set(image_id, list);
  }
  // An upscale that names no picture changed the only one there is.
  const upscale = spans.stage.findLastIndex((stage) => stages[stage] === 'upscale');
  for (const image of images) {
    const told = ends.get(image.image_id) ?? [];
    for (const { at_ms, stage } of told) out.push({ image, at_ms, words: MADE[stage] ?? stage });
    if (told.length === 0) {
      const at_ms = Math.max(0, Math.min(duration_ms, Date.parse(image.timestamp) - from_ms));
      out.push({ image, at_ms, words: kindWords(image.kind) });
    } else if (images.length === 1 && upscale >= 0 && !told.some(({ stage }) => stage === 'upscale'))
      out.push({
        image,
        at_ms: spans.start_ms[upscale]! + spans.duration_ms[upscale]!,
        words: 'upscaled',
      });
  }
  return out.sort((a, b) => a.at_ms - b.at_ms);
}

const kindWords = (kind: string | undefined): string =>
  kind === undefined || kind === 'image' ? 'made' : kind.replaceAll('_', ' ');

export function OnTheWay({ outline, images }: { outline: TraceOutline; images: readonly ImageRow[] }) {
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host);
  const { link } = useGo();
  const placed = placedPictures(outline, images);
  const place = width < NARROW_PX ? SMALL_PX : PLACE_PX;
  const shown = apart(placed, outline.duration_ms, width, place);
  const left = placed.length - shown.length;
  return (
    <div className={css.strip} data-empty={placed.length === 0 || undefined}>
      <div className={css.stripName}>
        <h2>Pictures on the way</h2>
        <p className="small dimmer">
          {placed.length === 0 ? 'no picture came out' : 'where each one came out'}
          {left > 0 && `; ${left} more ${left === 1 ? 'has' : 'have'} no room`}
        </p>
      </div>
      <div ref={host} className={css.stripPlaces}>
        {width > 0 &&
          shown.map(({ image, at_ms, words, x }) => (
            <div key={`${image.image_id} ${words}`} className={css.placed} style={{ left: x }}>
              <PictureTile
                image={image}
                cropped
                size={160}
                href={link(`/images/${encodeURIComponent(image.image_id)}`, { tenant: image.tenant })}
                caption={words}
              />
              <i
                style={{ left: (at_ms / Math.max(1, outline.duration_ms)) * width - x + place / 2 - AIR_PX }}
                aria-hidden="true"
              />
            </div>
          ))}
      </div>
      <span />
    </div>
  );
}

/** Those that have room, each as near to its moment as the edges allow. */
function apart(
  placed: readonly Placed[],
  length_ms: number,
  width: number,
  place: number,
): (Placed & { x: number })[] {
  const out: (Placed & { x: number })[] = [];
  // From the last back: what was delivered counts most.
  let before = Number.POSITIVE_INFINITY;
  for (const one of [...placed].reverse()) {
    const wished = (one.at_ms / Math.max(1, length_ms)) * width;
    const x = Math.max(place / 2, Math.min(width - place / 2 + EDGE_PX, wished, before - place));
    if (before - x < place - 0.5 || Math.abs(wished - x) > place * ASIDE + EDGE_PX) continue;
    out.unshift({ ...one, x });
    before = x;
  }
  return out;
}
