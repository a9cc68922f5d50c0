/**
 * Two pictures that should differ by the version alone: side by side with their onion skin, wiped, blinked, subtracted.
 * Zoom, pan and loupe are one for both, so that the same point stands on both.
 */
import { useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { Pair, PairSide } from '../../api/index.ts';
import { every } from '../../base/browser.ts';
import { classes } from '../../base/classes.ts';
import { Button, Segmented } from '../../parts/button.tsx';
import { Cell, Head } from '../../parts/sheet.tsx';
import { useGo, useParameter } from '../../url/index.ts';
import { GRID, gridOf, offsetOf } from './offset.ts';
import css from './pictures.module.css';
import { FITTED, Stage, type StageProps, type View, wholeOf } from './stage.tsx';

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
/** As DESIGN.md has it: what moved jumps. Two turns a second and no more: three flashes would harm. */
const BLINK_MS = 240;

interface Acts extends Pick<CompareProps, 'at' | 'count' | 'onStep'> {
  readonly mode: Mode;
  readonly choose: (mode: Mode) => void;
  /** Fitted, or one pixel of the picture on one of the screen. */
  readonly whole: () => void;
}
/** The arrows lead to other pairs, letters to ways of comparing; each is also a button. */
function useKeys(acts: Acts): void {
  const latest = useRef(acts);
  latest.current = acts;
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      const now = latest.current;
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
      // A chart has keys of its own; the pictures let through what they do not take themselves.
      const other = (event.target as Element).closest?.(
        'input,textarea,select,figure:not([data-pair]),[role="dialog"],[role="menu"],[role="slider"]',
      );
      if (other) return;
      if (event.key === 'ArrowRight' && now.at < now.count - 1) now.onStep(now.at + 1);
      else if (event.key === 'ArrowLeft' && now.at > 0) now.onStep(now.at - 1);
      else if (event.key === '1') now.whole();
      else {
        const next = KEYS[event.key.toLowerCase()];
        if (next) now.choose(now.mode === next ? 'side' : next);
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

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
  const frames = useRef<HTMLDivElement>(null);
  const whole = (): void => {
    const width = frames.current?.querySelector('[role="group"]')?.clientWidth ?? 0;
    const zoom = wholeOf(pair, width);
    setView(view.zoom === 1 && zoom > 1 ? { ...FITTED, zoom } : FITTED);
  };
  useKeys({ mode, at, count, onStep, choose, whole });
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
              <Button kind="quiet" onClick={() => setView(FITTED)} title="1 fits, and shows every pixel">
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
      <div ref={frames}>
        {mode === 'side' ? (
          <SideBySide stage={stage} {...{ version, against }} />
        ) : (
          <div className={css.one}>
            <figure data-pair="">
              <Over
                stage={stage}
                {...{ mode, version, against, still, blinked }}
                onBlink={() => setBlinked(!blinked)}
              />
            </figure>
          </div>
        )}
      </div>
    </Cell>
  );
}

function SideBySide({ stage, version, against }: { stage: StageProps; version: string; against: string }) {
  const { pair } = stage;
  return (
    <div className={css.three}>
      <figure data-pair="">
        <Stage {...stage} layers={[[pair.before, against, 'plain']]} />
        <Caption name={against} side={pair.before} other={pair.now} />
      </figure>
      <figure data-pair="">
        <Onion {...stage} {...{ version, against }} />
      </figure>
      <figure data-pair="">
        <Stage {...stage} layers={[[pair.now, version, 'plain']]} />
        <Caption name={version} side={pair.now} other={pair.before} />
      </figure>
    </div>
  );
}

interface OverProps {
  readonly stage: StageProps;
  readonly mode: Mode;
  readonly version: string;
  readonly against: string;
  /** No motion is wanted: blinking is then done by hand. */
  readonly still: boolean;
  readonly blinked: boolean;
  readonly onBlink: () => void;
}
/** One over the other in a single frame. */
function Over({ stage, mode, version, against, still, blinked, onBlink }: OverProps) {
  const { pair } = stage;
  return (
    <>
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
              <Button kind="quiet" onClick={() => onBlink()}>
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
            <b>Difference</b> black is equal; what differs is drawn twice as bright
          </figcaption>
        </>
      )}
      {mode === 'onion' && <Onion {...stage} {...{ version, against }} />}
    </>
  );
}

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
      >
        <Pegs />
      </Stage>
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

/** The strip that holds both sheets in register. */
const Pegs = () => (
  <svg className={css.pegs} width="166" height="13" viewBox="0 0 166 13" aria-hidden="true">
    <g fill="#fff" stroke="#12181b" strokeWidth="1.5">
      <rect x="1" y="2.500" width="26" height="8" rx="4" />
      <circle cx="83" cy="6.500" r="5" />
      <rect x="139" y="2.500" width="26" height="8" rx="4" />
    </g>
  </svg>
);

function Wipe({ version, against, ...stage }: StageProps & { version: string; against: string }) {
  const { pair } = stage;
  const [cut, setCut] = useState(0.5);
  return (
    <>
      <Stage
        {...stage}
        cut={cut}
        onCut={setCut}
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
