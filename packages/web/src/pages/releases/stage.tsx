/** One frame of pictures over each other: zoomed, moved, with a loupe, as all frames of a pair are. */
import {
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from 'react';
import { addressOf, type Pair, type PairSide } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import css from './pictures.module.css';

const SIZE_PX = 1024;
const ZOOM_MOST = 8;
const ZOOM_STEP = 1.25;
/** Times 100 %: from here on pixels are to be seen as they are. */
const PIXELS_FROM = 2;

export interface View {
  /** 1 = fitted. */
  readonly zoom: number;
  /** Point of the picture in the middle, 0 to 1. */
  readonly x: number;
  readonly y: number;
}
export const FITTED: View = { zoom: 1, x: 0.5, y: 0.5 };

export type How = 'plain' | 'hidden' | 'difference' | 'onionA' | 'onionB' | 'wiped';
/** One pixel of the picture on one of the screen; `frame_px` is how wide it is drawn when fitted. */
export const wholeOf = ({ width }: Pair, frame_px: number): number =>
  Math.max(1, Math.min(ZOOM_MOST, width > 0 && frame_px > 0 ? width / frame_px : 2));
export interface StageProps {
  readonly pair: Pair;
  readonly view: View;
  readonly onView: (view: View) => void;
  readonly loupe: { x: number; y: number } | null;
  readonly onLoupe: (at: { x: number; y: number } | null) => void;
}

const sourceOf = (side: PairSide, tenant: string): string =>
  addressOf(`thumbnails/${encodeURIComponent(side.image_id)}`, { tenant, size: SIZE_PX });

/**
 * Layers over each other in one frame. A double click zooms there and back, the wheel zooms where somebody has begun to,
 * a drag pans or moves the cut, the pointer carries the loupe.
 */
export function Stage(
  props: StageProps & {
    layers: readonly (readonly [PairSide, string, How])[];
    cut?: number;
    onCut?: (cut: number) => void;
    onLoad?: (image: HTMLImageElement, at: number) => void;
    white?: boolean;
    /** What lies over all layers. */
    children?: ReactNode;
  },
) {
  const { pair, view, onView, loupe, onLoupe, layers, cut = 0.5, onCut, white = false } = props;
  const frame = useRef<HTMLDivElement>(null);
  const now = useRef(view);
  now.current = view;
  const set = useRef(onView);
  set.current = onView;
  // React listens to wheels passively, and the page would scroll along.
  useEffect(() => {
    const element = frame.current!;
    const onWheel = (event: WheelEvent): void => {
      // Whoever scrolls past a picture scrolls: it is zoomed by who asked for it.
      if (!event.ctrlKey && !event.metaKey && now.current.zoom === 1) return;
      event.preventDefault();
      const zoom = now.current.zoom * (event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP);
      set.current(zoomedAt(now.current, zoom, event, element.getBoundingClientRect()));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, []);
  const onDoubleClick = (event: MouseEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    // What is shown whole already is looked at closer.
    const closer = Math.max(2, wholeOf(pair, box.width));
    onView(view.zoom > 1 ? FITTED : zoomedAt(view, closer, event, box));
  };
  const cutAt = (event: PointerEvent<HTMLDivElement>): boolean => {
    if (!onCut || view.zoom > 1) return false;
    const box = event.currentTarget.getBoundingClientRect();
    onCut(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)));
    return true;
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    if (event.buttons === 1 && cutAt(event)) return;
    if (event.buttons === 1 && view.zoom > 1) {
      onView(
        inside({
          ...view,
          x: view.x - event.movementX / box.width / view.zoom,
          y: view.y - event.movementY / box.height / view.zoom,
        }),
      );
      return;
    }
    if (event.pointerType === 'mouse')
      onLoupe({ x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = 0.1 / view.zoom;
    const moves: Readonly<Record<string, Partial<View>>> = {
      '+': { zoom: Math.min(ZOOM_MOST, view.zoom * ZOOM_STEP) },
      '=': { zoom: Math.min(ZOOM_MOST, view.zoom * ZOOM_STEP) },
      '-': { zoom: Math.max(1, view.zoom / ZOOM_STEP) },
      ...(view.zoom > 1 && {
        ArrowLeft: { x: view.x - step },
        ArrowRight: { x: view.x + step },
        ArrowUp: { y: view.y - step },
        ArrowDown: { y: view.y + step },
      }),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    onView(inside({ ...view, ...move }));
  };
  const moved: CSSProperties = {
    transform: `scale(${view.zoom}) translate(${((0.5 - view.x) * 100).toFixed(3)}%, ${((0.5 - view.y) * 100).toFixed(3)}%)`,
  };
  const only = layers.length === 1 ? layers[0] : undefined;
  const wholeAt = wholeOf(pair, frame.current?.clientWidth ?? 0);
  return (
    // biome-ignore lint/a11y/useSemanticElements: it holds pictures that can be moved about
    <div
      ref={frame}
      className={classes(
        css.stage,
        white && css.white,
        view.zoom > 1 && css.moved,
        onCut && view.zoom === 1 && css.cutting,
        view.zoom >= wholeAt * PIXELS_FROM && css.pixels,
      )}
      style={{ aspectRatio: `${pair.width || 1} / ${pair.height || 1}` }}
      role="group"
      aria-label={`${layers.map(([, name]) => name).join(' over ')}; plus and minus zoom, 1 shows every pixel, arrows move`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it can be zoomed and moved by keys
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        if (event.button === 0) cutAt(event);
      }}
      onDoubleClick={onDoubleClick}
      onPointerMove={onPointerMove}
      onPointerLeave={() => onLoupe(null)}
      onKeyDown={onKeyDown}
    >
      {layers.map(([side, name, how], at) => (
        <div
          key={`${side.image_id} ${how === 'hidden' ? 'plain' : how}`}
          className={classes(css.layer, how !== 'plain' && css[how])}
          style={how === 'wiped' ? { clipPath: `inset(0 0 0 ${(cut * 100).toFixed(2)}%)` } : undefined}
        >
          <LayerPicture
            source={sourceOf(side, pair.tenant)}
            words={
              side.nsfw_flag
                ? 'flagged picture, hidden'
                : `${name}: ${(pair.prompt ?? side.image_id).slice(0, 80)}`
            }
            moved={moved}
            onLoad={(element) => props.onLoad?.(element, at)}
          />
        </div>
      ))}
      {onCut && view.zoom === 1 && (
        <span className={css.seam} aria-hidden="true" style={{ left: `${(cut * 100).toFixed(2)}%` }} />
      )}
      {only && loupe && view.zoom === 1 && (
        <span className={css.loupe} aria-hidden="true" style={loupeOf(only[0], pair, loupe)} />
      )}
      {props.children}
    </div>
  );
}

const LOUPE_PX = 96;
/** How wide the whole picture is within the loupe. */
const LOUPE_PICTURE_PX = 1240;
/** The point under the pointer in the middle of the loupe. */
function loupeOf(side: PairSide, pair: Pair, { x, y }: { x: number; y: number }): CSSProperties {
  const height = (LOUPE_PICTURE_PX * (pair.height || 1)) / (pair.width || 1);
  const at = (share: number, size: number): string => `${(LOUPE_PX / 2 - share * size).toFixed(1)}px`;
  return {
    left: `${x * 100}%`,
    top: `${y * 100}%`,
    backgroundImage: `url("${sourceOf(side, pair.tenant)}")`,
    backgroundPosition: `${at(x, LOUPE_PICTURE_PX)} ${at(y, height)}`,
  };
}

/** Nearer or farther, with the point under the pointer where it is. */
function zoomedAt(
  { zoom: was, x, y }: View,
  asked: number,
  { clientX, clientY }: { readonly clientX: number; readonly clientY: number },
  box: DOMRect,
): View {
  const zoom = Math.max(1, Math.min(ZOOM_MOST, asked));
  const [px, py] = [(clientX - box.left) / box.width - 0.5, (clientY - box.top) / box.height - 0.5];
  return inside({ zoom, x: x + px / was - px / zoom, y: y + py / was - py / zoom });
}

interface LayerPictureProps {
  readonly source: string;
  readonly words: string;
  readonly moved: CSSProperties;
  readonly onLoad: (element: HTMLImageElement) => void;
}
/** The picture, or that it was not kept. */
function LayerPicture({ source, words, moved, onLoad }: LayerPictureProps) {
  const [missing, setMissing] = useState(false);
  if (missing) return <span>not kept</span>;
  return (
    <img
      src={source}
      alt={words}
      draggable={false}
      style={moved}
      onLoad={(event) => onLoad(event.currentTarget)}
      onError={() => setMissing(true)}
    />
  );
}

const inside = ({ zoom, x, y }: View): View => {
  const edge = 0.5 / zoom;
  const within = (value: number): number => Math.max(edge, Math.min(1 - edge, value));
  return { zoom, x: within(x), y: within(y) };
};
