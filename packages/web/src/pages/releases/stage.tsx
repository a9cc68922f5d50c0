/** One frame of pictures over each other: zoomed, moved, with a loupe, as all frames of a pair are. */
import {
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
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
export interface StageProps {
  readonly pair: Pair;
  readonly view: View;
  readonly onView: (view: View) => void;
  readonly loupe: { x: number; y: number } | null;
  readonly onLoupe: (at: { x: number; y: number } | null) => void;
}

const sourceOf = (side: PairSide, tenant: string): string =>
  addressOf(`thumbnails/${encodeURIComponent(side.image_id)}`, { tenant, size: SIZE_PX });

/** Layers over each other in one frame; wheel zooms at the pointer, a drag pans, the pointer carries the loupe. */
export function Stage(
  props: StageProps & {
    layers: readonly (readonly [PairSide, string, How])[];
    cut?: number;
    onLoad?: (image: HTMLImageElement, at: number) => void;
    white?: boolean;
  },
) {
  const { pair, view, onView, loupe, onLoupe, layers, cut = 0.5, white = false } = props;
  const frame = useRef<HTMLDivElement>(null);
  const now = useRef(view);
  now.current = view;
  const set = useRef(onView);
  set.current = onView;
  // React listens to wheels passively, and the page would scroll along.
  useEffect(() => {
    const element = frame.current!;
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey && now.current.zoom === 1 && event.deltaY > 0) return;
      event.preventDefault();
      const zoom = Math.max(
        1,
        Math.min(ZOOM_MOST, now.current.zoom * (event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP)),
      );
      const box = element.getBoundingClientRect();
      const [px, py] = [
        (event.clientX - box.left) / box.width - 0.5,
        (event.clientY - box.top) / box.height - 0.5,
      ];
      const { x, y, zoom: was } = now.current;
      set.current(inside({ zoom, x: x + px / was - px / zoom, y: y + py / was - py / zoom }));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, []);
  const onPointerMove = (event: PointerEvent<HTMLDivElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
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
  return (
    // biome-ignore lint/a11y/useSemanticElements: it holds pictures that can be moved about
    <div
      ref={frame}
      className={classes(css.stage, white && css.white, view.zoom >= PIXELS_FROM && css.pixels)}
      style={{ aspectRatio: `${pair.width || 1} / ${pair.height || 1}` }}
      role="group"
      aria-label={`${layers.map(([, name]) => name).join(' over ')}; plus and minus zoom, arrows move`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it can be zoomed and moved by keys
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
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
      {only && loupe && view.zoom === 1 && (
        <span
          className={css.loupe}
          aria-hidden="true"
          style={{
            left: `${loupe.x * 100}%`,
            top: `${loupe.y * 100}%`,
            backgroundImage: `url("${sourceOf(only[0], pair.tenant)}")`,
            backgroundPosition: `${(loupe.x * 100).toFixed(2)}% ${(loupe.y * 100).toFixed(2)}%`,
          }}
        />
      )}
    </div>
  );
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
