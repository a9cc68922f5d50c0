/**
 * Two pictures that should differ by the version alone: side by side with their onion skin, wiped, blinked, subtracted.
 * Zoom, pan and loupe are one for both, so that the same point stands on both.
 */
import {
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  useEffect,
  useRef,
  useState,
} from 'react';
import { Link } from 'wouter';
import { addressOf, type Pair, type PairSide } from '../../api/index.ts';
import { every } from '../../base/browser.ts';
import { classes } from '../../base/classes.ts';
import { Button, Segmented } from '../../parts/button.tsx';
import { Cell, Head } from '../../parts/sheet.tsx';
import { useGo, useParameter } from '../../url/index.ts';
import { GRID, gridOf, offsetOf } from './offset.ts';
import css from './pictures.module.css';

const MODES = ['side', 'wipe', 'blink', 'difference', 'onion'] as const;
type Mode = (typeof MODES)[number];
const CHOICES: readonly (readonly [Mode, string])[] = [
  ['side', 'Side by side'],
  ['wipe', 'Wipe'],
  ['blink', 'Blink'],
  ['difference', 'Difference'],
  ['onion', 'Onion skin'],
];
const KEYS: Readonly<Record<string, Mode>> = {
  b: 'blink',
  w: 'wipe',
  x: 'difference',
  o: 'onion',
  s: 'side',
};
const SIZE_PX = 1024;
/** Long enough to see each, short enough that the eye carries the one into the other. */
const BLINK_MS = 900;
const ZOOM_MOST = 8;
const ZOOM_STEP = 1.25;
const PIXELS_FROM = 2;

interface View {
  /** 1 = fitted. */
  readonly zoom: number;
  /** Point of the picture in the middle, 0 to 1. */
  readonly x: number;
  readonly y: number;
}
const FITTED: View = { zoom: 1, x: 0.5, y: 0.5 };

interface CompareProps {
  readonly version: string;
  readonly against: string;
  readonly pair: Pair;
  readonly at: number;
  readonly count: number;
  readonly onStep: (at: number) => void;
}

export function Compare({ version, against, pair, at, count, onStep }: CompareProps) {
  const [asked, setMode] = useParameter('mode');
  const mode: Mode = MODES.find((one) => one === asked) ?? 'side';
  const [view, setView] = useState<View>(FITTED);
  const [loupe, setLoupe] = useState<{ x: number; y: number } | null>(null);
  const choose = (next: Mode): void => setMode(next === 'side' ? null : next);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another pair begins fitted
  useEffect(() => setView(FITTED), [pair]);
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const [blinked, setBlinked] = useState(false);
  useEffect(
    () => (mode === 'blink' && !still ? every(BLINK_MS, () => setBlinked((now) => !now)) : undefined),
    [mode, still],
  );
  const latest = useRef({ mode, at, count, onStep, choose, setView });
  latest.current = { mode, at, count, onStep, choose, setView };
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      const now = latest.current;
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
      if (
        (event.target as Element).closest?.(
          'input,textarea,select,figure,[role="dialog"],[role="menu"],[role="slider"]',
        )
      )
        return;
      if (event.key === 'ArrowRight' && now.at < now.count - 1) now.onStep(now.at + 1);
      else if (event.key === 'ArrowLeft' && now.at > 0) now.onStep(now.at - 1);
      else if (event.key === '1') now.setView(FITTED);
      else {
        const next = KEYS[event.key.toLowerCase()];
        if (next) now.choose(now.mode === next ? 'side' : next);
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const stage = { pair, view, onView: setView, loupe, onLoupe: setLoupe };
  const flagged = pair.now.nsfw_flag || pair.before.nsfw_flag;
  return (
    <Cell>
      <Head
        title="Same prompt, same seed"
        unit={`pair ${at + 1} of ${count}, seed ${pair.seed}`}
        end={
          <span className={css.tools}>
            <Button
              kind="quiet"
              aria-label="Previous pair"
              disabled={at === 0}
              onClick={() => onStep(at - 1)}
            >
              ←
            </Button>
            <Button
              kind="quiet"
              aria-label="Next pair"
              disabled={at === count - 1}
              onClick={() => onStep(at + 1)}
            >
              →
            </Button>
            {view.zoom !== 1 && (
              <Button kind="quiet" onClick={() => setView(FITTED)} title="1">
                Fit
              </Button>
            )}
            <Segmented label="How they are compared" value={mode} choices={CHOICES} onChange={choose} />
          </span>
        }
      />
      {flagged && (
        <p className="small dimmer">A flagged picture is blurred here; it can be shown on its own page.</p>
      )}
      {mode === 'side' ? (
        <div className={css.three}>
          <figure>
            <Stage {...stage} layers={[[pair.before, against, 'plain']]} />
            <Caption name={against} side={pair.before} other={pair.now} />
          </figure>
          <figure>
            <Onion {...stage} {...{ version, against }} />
          </figure>
          <figure>
            <Stage {...stage} layers={[[pair.now, version, 'plain']]} />
            <Caption name={version} side={pair.now} other={pair.before} />
          </figure>
        </div>
      ) : (
        <div className={css.one}>
          <figure>
            {mode === 'wipe' && <Wipe {...stage} {...{ version, against }} />}
            {mode === 'blink' && (
              <>
                <Stage
                  {...stage}
                  layers={[
                    [pair.before, against, 'plain'],
                    [pair.now, version, blinked ? 'plain' : 'hidden'],
                  ]}
                />
                <figcaption className={css.caption}>
                  <b>{blinked ? version : against}</b>
                  {still && (
                    <Button kind="quiet" onClick={() => setBlinked(!blinked)}>
                      Show the other
                    </Button>
                  )}
                </figcaption>
              </>
            )}
            {mode === 'difference' && (
              <>
                <Stage
                  {...stage}
                  layers={[
                    [pair.before, against, 'plain'],
                    [pair.now, version, 'difference'],
                  ]}
                />
                <figcaption className={css.caption}>
                  <b>Difference</b> black is equal
                </figcaption>
              </>
            )}
            {mode === 'onion' && <Onion {...stage} {...{ version, against }} />}
          </figure>
        </div>
      )}
    </Cell>
  );
}

type How = 'plain' | 'hidden' | 'difference' | 'onionA' | 'onionB' | 'wiped';
interface StageProps {
  readonly pair: Pair;
  readonly view: View;
  readonly onView: (view: View) => void;
  readonly loupe: { x: number; y: number } | null;
  readonly onLoupe: (at: { x: number; y: number } | null) => void;
}

const sourceOf = (side: PairSide, tenant: string): string =>
  addressOf(`thumbnails/${encodeURIComponent(side.image_id)}`, { tenant, size: SIZE_PX });

/** Layers over each other in one frame; wheel zooms at the pointer, a drag pans, the pointer carries the loupe. */
function Stage(
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
          <img
            src={sourceOf(side, pair.tenant)}
            alt={
              side.nsfw_flag
                ? 'flagged picture, hidden'
                : `${name}: ${(pair.prompt ?? side.image_id).slice(0, 80)}`
            }
            draggable={false}
            style={moved}
            onLoad={(event) => props.onLoad?.(event.currentTarget, at)}
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

const inside = ({ zoom, x, y }: View): View => {
  const edge = 0.5 / zoom;
  const within = (value: number): number => Math.max(edge, Math.min(1 - edge, value));
  return { zoom, x: within(x), y: within(y) };
};

/** Both in grey, the older blue and the newer vermilion: what stands alone shows its colour. */
function Onion({ version, against, ...stage }: StageProps & { version: string; against: string }) {
  const { pair } = stage;
  const images = useRef<(HTMLImageElement | null)[]>([]);
  const [off, setOff] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: of this pair
  useEffect(() => {
    images.current = [];
    setOff(null);
  }, [pair]);
  const onLoad = (image: HTMLImageElement, at: number): void => {
    images.current[at] = image;
    const [a, b] = images.current;
    if (!a || !b) return;
    const [gridA, gridB] = [gridOf(a), gridOf(b)];
    const found = gridA && gridB ? offsetOf(gridA, gridB) : null;
    if (found === null) setOff('not in register');
    else {
      const size = Math.hypot((found.x / GRID) * pair.width, (found.y / GRID) * pair.height);
      setOff(size === 0 ? 'in register' : `${Math.round(size)} px off register`);
    }
  };
  return (
    <>
      <Stage
        {...stage}
        white
        onLoad={onLoad}
        layers={[
          [pair.before, against, 'onionA'],
          [pair.now, version, 'onionB'],
        ]}
      />
      <figcaption className={css.caption}>
        <b>Onion skin</b>
        <span>
          <i className={css.swatchA} /> {against} only
        </span>
        <span>
          <i className={css.swatchB} /> {version} only
        </span>
        {off !== null && <span className="nw">{off}</span>}
      </figcaption>
    </>
  );
}

function Wipe({ version, against, ...stage }: StageProps & { version: string; against: string }) {
  const { pair } = stage;
  const [cut, setCut] = useState(0.5);
  return (
    <>
      <Stage
        {...stage}
        cut={cut}
        layers={[
          [pair.before, against, 'plain'],
          [pair.now, version, 'wiped'],
        ]}
      />
      <figcaption className={css.caption}>
        <b>{against}</b>
        <input
          type="range"
          min="0"
          max="100"
          value={Math.round(cut * 100)}
          aria-label={`How much of ${against} is seen`}
          onChange={(event) => setCut(Number(event.currentTarget.value) / 100)}
        />
        <b>{version}</b>
      </figcaption>
    </>
  );
}

/** A change of the style distance as large as this is worth a red figure. */
const FAR = 0.05;
function Caption({ name, side, other }: { name: string; side: PairSide; other: PairSide }) {
  const { link } = useGo();
  const { aesthetic, style_distance } = side.scores;
  const worse = (style_distance ?? 0) - (other.scores.style_distance ?? style_distance ?? 0) > FAR;
  return (
    <figcaption className={css.caption}>
      <b>
        <Link href={link(`/images/${encodeURIComponent(side.image_id)}`)}>{name}</Link>
      </b>
      {aesthetic !== undefined && <span className="hide-s">aesthetic {aesthetic.toFixed(2)}</span>}
      {style_distance !== undefined && (
        <span className={classes(worse && 'crit')}>style distance {style_distance.toFixed(2)}</span>
      )}
    </figcaption>
  );
}
