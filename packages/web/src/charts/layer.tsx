/** Above the canvas: pins, pegs, diamonds, crosshair. DOM, so that it can be clicked, focused and read. */
import { useState } from 'react';
import { Link } from 'wouter';
import { classes } from '../base/classes.ts';
import { cssColour } from './colours.ts';
import type { Scene } from './draw.ts';
import type { Frame } from './frame.ts';
import { type PlacedMark, placePins } from './geometry.ts';
import { useBucket } from './hover.ts';
import type { Plan } from './plan.ts';
import css from './time-chart.module.css';
import type { Exemplar } from './types.ts';

/** Into the padding of its cell a name may reach before it is cut. */
const PIN_OVER_PX = 12;

/** The right gutter: key, name and last whole value; while something is hovered, its values. */
export function Pins({ plan, frame }: { plan: Plan; frame: Frame }) {
  const at = useBucket(plan.times, plan.step_ms);
  const lines = plan.lines.filter((line) => line.series.pin !== false && line.last >= 0);
  const wished = lines.map(({ tops, values, last, series }) =>
    frame.yOf(series.bars ? tops[last]! - values[last]! / 2 : values[last]!),
  );
  const sides = hasSides(plan);
  const places = placePins(sides ? middlesOf(plan, frame) : wished, frame.top, frame.top + frame.plotHeight);
  const left = frame.left + frame.plotWidth + (sides ? SIDES_PX : 0) + (lines.length > 1 ? 6 : 8);
  return lines.map(({ series, values, last }, index) => {
    const value = at === null ? (series.sides?.now ?? values[last]) : values[at];
    return (
      <span
        key={series.name}
        className={css.pin}
        style={{ left, top: places[index], maxWidth: frame.width - left + PIN_OVER_PX }}
        aria-hidden="true"
      >
        {lines.length > 1 && <i style={{ background: cssColour(series.colour) }} />}
        {lines.length > 1 && <span className={css.pinName}>{series.name}</span>}
        <b>{value === null || value === undefined ? '–' : plan.format(value)}</b>
        {series.sides && <span className={css.was}>{plan.format(series.sides.before)}</span>}
      </span>
    );
  });
}

const SIDE_PX = 18;
const SIDES_LEAD_PX = 12;
const SIDES_GAP_PX = 9;
/** Their names stand in the row of the pegs, above them: below are times. */
const NAME_PX = 18;
/** Right of the plot, before the pins. */
export const SIDES_PX = SIDES_LEAD_PX + 2 * SIDE_PX + SIDES_GAP_PX;
const hasSides = (plan: Plan): boolean => plan.lines.some(({ series }) => series.sides);

/** Then and now as a column each, on the scale of the bars. */
export function Sides({ plan, frame }: { plan: Plan; frame: Frame }) {
  if (!hasSides(plan)) return null;
  const bottom = frame.top + frame.plotHeight;
  return (['before', 'now'] as const).map((side, at) => {
    const left = frame.left + frame.plotWidth + SIDES_LEAD_PX + at * (SIDE_PX + SIDES_GAP_PX);
    let sum = 0;
    return (
      <span key={side} className={classes(css.side, css[side])} aria-hidden="true">
        {plan.lines.map(({ series: { name, colour, sides } }) => {
          const under = frame.yOf(sum);
          sum += sides?.[side] ?? 0;
          const top = frame.yOf(sum);
          const style = { left, top, width: SIDE_PX, height: under - top, background: cssColour(colour) };
          return <i key={name} style={style} />;
        })}
        <span style={{ left, top: bottom, width: SIDE_PX }} />
        <span style={{ left: left + SIDE_PX / 2, top: frame.top - NAME_PX }}>
          {side === 'now' ? 'now' : 'then'}
        </span>
      </span>
    );
  });
}

/** Of the parts of the column of now. */
function middlesOf(plan: Plan, frame: Frame): number[] {
  let sum = 0;
  return plan.lines.map(({ series: { sides } }) => {
    const part = sides?.now ?? 0;
    sum += part;
    return frame.yOf(sum - part / 2);
  });
}

export function Crosshair({ plan, frame }: { plan: Plan; frame: Frame }) {
  const at = useBucket(plan.times, plan.step_ms);
  if (at === null) return null;
  const x = Math.round(frame.xOf(plan.times[at]!));
  return (
    <>
      <span className={css.cross} style={{ left: x, top: frame.top, height: frame.plotHeight }} />
      {plan.lines.map(({ series, values }) => {
        const value = values[at] ?? null;
        if (value === null || series.bars) return null;
        const style = { left: x + 0.5, top: frame.yOf(value), borderColor: cssColour(series.colour) };
        return <span key={series.name} className={css.dot} style={style} />;
      })}
    </>
  );
}

/** The peg of a deployment: round for a release, a slot for a change of configuration or data. */
export const Peg = ({ kind }: { kind: PlacedMark['kind'] }) => (
  <svg width="12" height="9" viewBox="0 0 12 9" aria-hidden="true">
    {kind === 'release' ? (
      <circle cx="6" cy="4.5" r="3.6" fill="var(--deploy)" />
    ) : (
      <rect
        x="1"
        y="2"
        width="10"
        height="5"
        rx="2.5"
        fill="var(--surface)"
        stroke="var(--deploy-soft)"
        strokeWidth="1.3"
      />
    )}
  </svg>
);

export const Diamond = () => (
  <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
    <path d="M5 .8 9.2 5 5 9.2.8 5z" fill="var(--surface)" stroke="var(--exemplar)" strokeWidth="1.3" />
  </svg>
);

export function Marks({ marks, labels }: { marks: readonly PlacedMark[]; labels: boolean }) {
  return marks.map((mark) => {
    const all = mark.marks.map((one) => one.label).join(', ');
    // What is seen is part of the name: `2 changes: a, b`.
    const title = all.includes(mark.label) ? all : `${mark.label}: ${all}`;
    const inside = (
      <>
        <Peg kind={mark.kind} />
        {labels && mark.side !== null && (
          <span
            className={classes(css.label, mark.side === 'left' ? css.left : css.right)}
            aria-hidden="true"
          >
            {mark.label}
          </span>
        )}
      </>
    );
    const style = { left: mark.x };
    return mark.href === undefined ? (
      <span key={mark.x} className={css.mark} style={style} role="img" aria-label={title} title={title}>
        {inside}
      </span>
    ) : (
      <Link key={mark.x} className={css.mark} style={style} href={mark.href} aria-label={title} title={title}>
        {inside}
      </Link>
    );
  });
}

export function Exemplars({ scene: { frame, props } }: { scene: Scene }) {
  const [shown, show] = useState<Exemplar | null>(null);
  return (
    <>
      {props.exemplars?.map((one) => (
        <Link
          key={one.href}
          href={one.href}
          className={css.exemplar}
          style={{ left: frame.xOf(one.at_ms), top: frame.yOf(one.value) }}
          aria-label={`Example: ${one.label}`}
          onMouseEnter={() => show(one)}
          onMouseLeave={() => show(null)}
          onFocus={() => show(one)}
          onBlur={() => show(null)}
        >
          <Diamond />
        </Link>
      ))}
      {shown && <Card exemplar={shown} frame={frame} />}
    </>
  );
}

const CARD_PX = 250;
/** In the free space: on the side with more room, and under or over the line. */
function Card({ exemplar, frame }: { exemplar: Exemplar; frame: Frame }) {
  const [x, y] = [frame.xOf(exemplar.at_ms), frame.yOf(exemplar.value)];
  const left = x > CARD_PX + frame.left ? x - CARD_PX - 12 : x + 14;
  const top = y < frame.top + frame.plotHeight / 2 ? y + 16 : y - 92;
  return (
    <span className={css.card} style={{ left, top }}>
      {exemplar.picture !== undefined && <img src={exemplar.picture} alt="" />}
      <span>{exemplar.label}</span>
    </span>
  );
}
