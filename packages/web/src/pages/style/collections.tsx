/** A row per collection: its median now and then, its line with the middle 90 %, both distributions, its models. */
import { useRef } from 'react';
import { type Parting, type StyleCollection, type StyleHealth, useDeployments } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { Distribution } from '../../charts/index.ts';
import { useWidth } from '../../charts/use-width.ts';
import { FEW, formatCount, formatN } from '../../format/index.ts';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { DAY, HOUR } from '../../url/index.ts';
import { axisEnd, curve, distanceText, isLeaving, nameOf, wasWords } from './judge.ts';
import { keyOf } from './key.ts';
import { PaletteStrips } from './palette.tsx';
import css from './style.module.css';

interface CollectionsProps {
  readonly all: readonly StyleCollection[];
  readonly health: StyleHealth;
  readonly parting: Parting;
  /** Names now: `of the last 7 d`; undefined where nothing is compared. */
  readonly recent: string | undefined;
  readonly chosen: string;
  readonly onChoose: (key: string) => void;
}

export function Collections({ all, health, parting, recent, chosen, onChoose }: CollectionsProps) {
  const most = axisEnd(all);
  const painted = all.some(({ palette }) => palette !== null);
  const highest = Math.max(0.1, ...all.flatMap(({ points }) => points.map(({ p95 }) => p95 ?? 0))) * 1.06;
  return (
    <Sheet label="Collections">
      <Head alone title="Collections" unit="distance of each picture to the centroid" />
      <div className={css.heads} aria-hidden="true">
        <span>Collection</span>
        <span>Median{recent ? ` ${shortWords(recent)}` : ''}</span>
        <span>Median and middle 90 %, in steps of {stepWords(health.step_s)}</span>
        <span>{recent ? 'Distances: then outlined, now filled' : 'Distances'}</span>
        <span>{painted ? 'Palette' : 'By model'}</span>
      </div>
      {all.map((one, at) => (
        <button
          type="button"
          key={keyOf(one)}
          className={classes(css.row, keyOf(one) === chosen && css.chosen)}
          aria-pressed={keyOf(one) === chosen}
          onClick={() => onChoose(keyOf(one))}
        >
          <Row {...{ one, health, parting, most, highest, painted }} last={at === all.length - 1} />
        </button>
      ))}
    </Sheet>
  );
}

interface RowProps {
  readonly one: StyleCollection;
  readonly health: StyleHealth;
  readonly parting: Parting;
  readonly most: number;
  readonly highest: number;
  /** Palettes are known of some: they stand where the models would. */
  readonly painted: boolean;
  readonly last: boolean;
}

function Row({ one, health, parting, most, highest, painted, last }: RowProps) {
  const status = isLeaving(one) ? 'crit' : undefined;
  const few = one.now.n < FEW;
  const { bin_width } = health;
  return (
    <>
      <span className={css.name}>
        <b>{nameOf(one.collection)}</b>
        <span>
          {one.tenant}, {formatCount(one.now.n + (one.before?.n ?? 0))} pictures
        </span>
      </span>
      <span className={classes(css.median, few ? 'dimmer' : status)}>
        {distanceText(one.now.p50)}
        <small>{few ? formatN(one.now.n) : wasWords(one)}</small>
      </span>
      <span className={css.line}>
        <Line one={one} times={health.times} parting={parting} highest={highest} status={status} />
      </span>
      <span className={css.curve}>
        <Distribution
          label={`Distances of ${nameOf(one.collection)}`}
          now={curve(one.now.bins, bin_width, most)}
          then={one.before ? curve(one.before.bins, bin_width, most) : curve([], bin_width, most)}
          status={status}
          ticks={last ? ticksOf(most) : []}
        />
      </span>
      {painted ? <PaletteStrips palette={one.palette} /> : <Models one={one} />}
    </>
  );
}

/** The newest median of those that paint most. */
function Models({ one }: { one: StyleCollection }) {
  return (
    <span className={css.models}>
      {one.models.slice(0, 3).map(({ model_version, p50, n }) => {
        const known = p50.filter((value) => value !== null);
        return (
          <span key={model_version} className={classes(n < FEW && 'dimmer')}>
            <span>{model_version || 'not told'}</span>
            <b>{distanceText(known.at(-1) ?? null)}</b>
          </span>
        );
      })}
    </span>
  );
}

const ticksOf = (most: number): { at: number; text: string }[] =>
  [0, 1, 2, 3].map((at) => ({ at: at / 3, text: String(Number(((most * at) / 3).toFixed(2))) }));
const stepWords = (step_s: number): string => {
  const ms = step_s * 1000;
  return ms >= DAY
    ? `${Math.round(ms / DAY)} d`
    : ms >= HOUR
      ? `${Math.round(ms / HOUR)} h`
      : `${Math.round(ms / 60_000)} min`;
};
const shortWords = (recent: string): string => recent.replace(/^(of the|that are)\s*/, '');

const LINE_PX = 60;
const ROOM_PX = 34;

interface LineProps {
  readonly one: StyleCollection;
  readonly times: readonly string[];
  readonly parting: Parting;
  readonly highest: number;
  readonly status: 'crit' | undefined;
}
/** The median in ink over the band of the middle 90 %, what was before dashed, releases as pegs. */
function Line({ one, times, parting, highest, status }: LineProps) {
  const host = useRef<HTMLSpanElement>(null);
  const width = useWidth(host);
  const releases = useReleases(one);
  const x = (ms: number): number =>
    ((ms - parting.from_ms) / (parting.to_ms - parting.from_ms)) * (width - ROOM_PX);
  const y = (value: number): number => LINE_PX - 3 - (value / highest) * (LINE_PX - 12);
  const at = (index: number): number =>
    Math.min(width - ROOM_PX, Math.max(0, x(Date.parse(times[index]!) + parting.step_ms / 2)));
  const known = one.points
    .map((point, index) => ({ ...point, index }))
    .filter(({ p50, n }) => p50 !== null && n > 0);
  const path = (pick: (point: (typeof known)[number]) => number | null): string[] =>
    known.map((point) => `${at(point.index).toFixed(1)} ${y(pick(point) ?? 0).toFixed(1)}`);
  const then = one.before?.p50 ?? null;
  const colour = status === 'crit' ? 'crit' : 'ink';
  return (
    <span
      ref={host}
      role="img"
      aria-label={`Median of ${nameOf(one.collection)} ${distanceText(one.now.p50)}, ${wasWords(one)}`}
    >
      {width > 0 && known.length > 0 && (
        <svg width={width} height={LINE_PX} aria-hidden="true">
          {then !== null && (
            <line
              x1="0"
              x2={width - ROOM_PX}
              y1={y(then)}
              y2={y(then)}
              stroke="var(--pencil-line)"
              strokeDasharray="3 3"
            />
          )}
          <path
            d={`M${path(({ p5 }) => p5).join('L')}L${path(({ p95 }) => p95)
              .reverse()
              .join('L')}Z`}
            fill="var(--band)"
            opacity=".18"
          />
          <Pegs releases={releases} x={x} />
          <path
            d={`M${path(({ p50 }) => p50).join('L')}`}
            fill="none"
            stroke="var(--ink)"
            strokeWidth="1.6"
            strokeLinejoin="round"
          />
          <text
            x={width - ROOM_PX + 6}
            y={y(known.at(-1)!.p50!) + 4}
            fontSize="11"
            fontWeight="600"
            fill={`var(--${colour})`}
          >
            {distanceText(known.at(-1)!.p50)}
          </text>
        </svg>
      )}
    </span>
  );
}

interface Release {
  readonly at_ms: number;
  readonly label: string;
}

/** The starts of the models that this collection is made with. */
function useReleases(one: StyleCollection): Release[] {
  const deployments = useDeployments().data ?? [];
  return deployments
    .filter(
      ({ tenant, status, version }) =>
        tenant === one.tenant &&
        status === 'start' &&
        one.models.some(({ model_version }) => model_version === version),
    )
    .map(({ timestamp, id }) => ({ at_ms: Date.parse(timestamp), label: id }));
}

/** A peg at each release, `x` px from the left. */
function Pegs({ releases, x }: { releases: readonly Release[]; x: (ms: number) => number }) {
  return (
    <>
      {releases.map((release) => (
        <g key={`${release.at_ms} ${release.label}`}>
          <line
            x1={x(release.at_ms)}
            x2={x(release.at_ms)}
            y1="8"
            y2={LINE_PX - 2}
            stroke="var(--deploy)"
            opacity=".35"
          />
          <circle cx={x(release.at_ms)} cy="5" r="3" fill="var(--deploy)" />
        </g>
      ))}
    </>
  );
}
