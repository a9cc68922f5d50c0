/**
 * What a simulated picture shows, small enough to travel in its `artifacts.image_uri`. The URI is the whole
 * truth about the picture: whoever holds it can render it, now or later, on any machine, to the same bytes.
 */
export interface PictureSpec {
  image_id: string;
  collection: string;
  grade: string;
  model_version: string;
  /** 64-bit unsigned, decimal: composition follows it, so equal prompt and seed give equal framing. */
  seed: string;
  background: string;
  outfit: string;
  face: string;
  /** Pixels of the picture the request asked for. */
  width: number;
  height: number;
  /** Planted state, each 0 to 1: washed-out palette, spoilt face, wobbly lines, drift of tone. */
  wash: number;
  smear: number;
  wobble: number;
  shift: number;
  /** Index of the picture within its request: 0 but for panels. */
  panel: number;
}

const SCHEME = 'pegbar-sim:';

/** `pegbar-sim:img_…?collection&grade&…`, fields in fixed order, without names: this runs once per picture. */
export function pictureUri(spec: PictureSpec): string {
  return `${SCHEME}${spec.image_id}?${spec.collection}&${spec.grade}&${spec.model_version}&${grouped(spec.seed)}&${spec.background}&${spec.outfit}&${spec.face}&${spec.width}x${spec.height}&${Math.round(spec.wash * 100)}&${Math.round(spec.smear * 100)}&${Math.round(spec.wobble * 100)}&${Math.round(spec.shift * 100)}&${spec.panel}`;
}

/** In groups: a long number in a text looks like that of a card, and a policy would take it out. */
function grouped(seed: string): string {
  return `x${seed.slice(0, 7)}x${seed.slice(7, 14)}x${seed.slice(14)}`;
}

const URI =
  /^pegbar-sim:([\w-]{1,64})\?([^&]{1,200})&(\w{1,16})&([^&]{1,200})&(x\d{1,7}x\d{0,7}x\d{0,6})&(\w{1,16})&(\w{1,16})&(\w{1,16})&(\d{2,5})x(\d{2,5})&(\d{1,3})&(\d{1,3})&(\d{1,3})&(\d{1,3})&(\d{1,2})$/;

/** The picture behind a URI, or null where it is not one of ours. */
export function parsePictureUri(uri: string): PictureSpec | null {
  const match = URI.exec(uri);
  if (!match) return null;
  const text = (i: number): string => match[i] as string;
  const percent = (i: number): number => Math.min(1, Number(match[i]) / 100);
  return {
    image_id: text(1),
    collection: text(2),
    grade: text(3),
    model_version: text(4),
    seed: text(5).replaceAll('x', ''),
    background: text(6),
    outfit: text(7),
    face: text(8),
    width: Number(match[9]),
    height: Number(match[10]),
    wash: percent(11),
    smear: percent(12),
    wobble: percent(13),
    shift: percent(14),
    panel: Number(match[15]),
  };
}
