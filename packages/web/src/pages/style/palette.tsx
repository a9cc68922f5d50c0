/** The tones of a collection: as strips before and now, and over time, of all its models or of one. */
import { useMemo } from 'react';
import type { Parting, Shares, StyleCollection, StyleHealth, StylePalette } from '../../api/style.ts';
import { ChartCell, type Series, SIDES_PX, useMarks, useZoom } from '../../charts/index.ts';
import { formatPercent, significant } from '../../format/index.ts';
import { Segmented } from '../../parts/button.tsx';
import { DAY, HOUR, useNow, useParameter } from '../../url/index.ts';
import { nameOf, thenOf } from './judge.ts';
import css from './style.module.css';
import { meanOf, mostMoved, toneNames } from './tones.ts';

const STRIP = { width: 100, height: 16 };

/** Before and now, one over the other; only now where nothing is compared. */
export function PaletteStrips({ palette }: { palette: StylePalette | null }) {
  if (palette?.now == null)
    return <span className={css.palette}>{palette === null ? 'not looked at' : 'none now'}</span>;
  const { tones, now, before } = palette;
  return (
    <span className={css.palette}>
      {before && (
        <>
          <span>before</span>
          <Strip tones={tones} shares={before} />
        </>
      )}
      <span>now</span>
      <Strip tones={tones} shares={now} />
    </span>
  );
}

function Strip({ tones, shares }: { tones: readonly string[]; shares: readonly number[] }) {
  const names = toneNames(tones);
  const words = shares
    .map((share, at) => ({ share, name: names[at] }))
    .filter(({ share }) => share >= 0.005)
    .map(({ share, name }) => `${name} ${formatPercent(share)}`)
    .join(', ');
  let x = 0;
  return (
    <svg
      viewBox={`0 0 ${STRIP.width} ${STRIP.height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={words}
    >
      <title>{words}</title>
      {shares.map((share, at) => {
        const from = x;
        x += share * STRIP.width;
        return (
          <rect key={tones[at]} x={from} y="0" width={x - from} height={STRIP.height} fill={tones[at]} />
        );
      })}
    </svg>
  );
}

interface OverTimeProps {
  readonly one: StyleCollection;
  readonly palette: StylePalette;
  readonly health: StyleHealth;
  readonly parting: Parting;
}

/** Shares of the six tones by step, of all models or of the one chosen. */
export function PaletteOverTime({ one, palette, health, parting }: OverTimeProps) {
  const [asked, choose] = useParameter('palette');
  const marks = useMarks();
  const zoom = useZoom();
  const now_ms = useNow();
  const painted = one.models.filter((model) => model.palette !== null);
  const model = painted.find(({ model_version }) => model_version === asked);
  const points = model?.palette ?? palette.points;
  const times = useMemo(() => health.times.map((time) => Date.parse(time)), [health.times]);
  const release = painted.find(({ model_version }) => model_version === parting.release);
  const { split_ms, points_back } = parting;
  const series = useMemo(() => {
    const since = times.findIndex((time) => time >= (split_ms ?? 0));
    const sides = { before: palette.before, now: model ? meanOf(points.slice(since)) : palette.now };
    return seriesOf(palette.tones, points, release?.palette ?? thenOf(points, points_back), sides);
  }, [palette, points, model, release, split_ms, points_back, times]);
  const moved = mostMoved(palette.tones, palette.now, palette.before);
  const compared = series.some(({ sides }) => sides);
  return (
    <ChartCell
      {...zoom}
      title={`${nameOf(one.collection)}, palette by ${stepName(parting.step_ms)}`}
      unit={`share of ${palette.tones.length} tones, %${moved && !model ? `; ${moved.name} ${movedWords(moved.points)}` : ''}`}
      level={2}
      scale={{ min: 0, max: 100 }}
      format={(share) => significant(share, 2)}
      {...{ series, times, marks, now_ms }}
      step_ms={parting.step_ms}
      {...(split_ms !== null && compared && { split_ms })}
      gutter={compared ? GUTTER_PX + SIDES_PX : GUTTER_PX}
      height={186}
      {...(painted.length > 1 && {
        end: (
          <Segmented
            label="Palette of"
            value={model?.model_version ?? ''}
            choices={[
              ['', 'All'] as const,
              ...painted
                .slice(0, MODELS_MOST)
                .map(({ model_version }) => [model_version, model_version || 'not told'] as const),
            ]}
            onChange={(value: string) => choose(value === '' ? null : value)}
          />
        ),
      })}
    />
  );
}

/** A long name of a tone with its figures. */
const GUTTER_PX = 150;
/** More names than this do not stand beside a title. */
const MODELS_MOST = 3;
const movedWords = (points: number): string =>
  `${significant(Math.abs(points), 2)} points ${points > 0 ? 'more' : 'less'}`;
const stepName = (step_ms: number): string =>
  step_ms === DAY
    ? 'day'
    : step_ms >= DAY
      ? `${Math.round(step_ms / DAY)} days`
      : step_ms === HOUR
        ? 'hour'
        : step_ms > HOUR
          ? `${Math.round(step_ms / HOUR)} hours`
          : `${Math.round(step_ms / 60_000)} minutes`;

/** The commonest lies at the bottom; what stands on another is drawn in its order. */
function seriesOf(
  tones: readonly string[],
  points: readonly Shares[],
  then: readonly Shares[] | undefined,
  sides: { readonly before: Shares; readonly now: Shares },
): Series[] {
  const names = toneNames(tones);
  const side = (shares: readonly number[], at: number): number => (shares[at] ?? 0) * 100;
  return tones.map((colour, at) => ({
    name: names[at]!,
    colour,
    bars: true,
    values: shareOf(points, at),
    ...(then && { earlier: shareOf(then, at) }),
    ...(sides.before && sides.now && { sides: { before: side(sides.before, at), now: side(sides.now, at) } }),
  }));
}
const shareOf = (points: readonly Shares[], at: number): (number | null)[] =>
  points.map((shares) => (shares ? (shares[at] ?? 0) * 100 : null));
