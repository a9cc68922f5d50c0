/** The chosen collection: its models over time, what else moved, its newest outliers, and what it should look like. */
import { useMemo } from 'react';
import { Link } from 'wouter';
import {
  type Moved,
  type Parting,
  type StyleCollection,
  type StyleHealth,
  type StylePicture,
  type StylePictures,
  useStylePictures,
} from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { ChartCell, colourNames, REST, type Series, useMarks, useZoom } from '../../charts/index.ts';
import { FEW, formatAgo, formatCount, formatN, UNKNOWN } from '../../format/index.ts';
import { PictureTile } from '../../parts/picture.tsx';
import { Cell, Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import { apartWords, distanceText, nameOf, scoreText, thenOf } from './judge.ts';
import { PaletteOverTime } from './palette.tsx';
import css from './style.module.css';

interface ChosenProps {
  readonly one: StyleCollection;
  readonly health: StyleHealth;
  readonly parting: Parting;
  readonly recent: string | undefined;
}

export function Chosen({ one, health, parting, recent }: ChosenProps) {
  const over = one.before?.p95 ?? one.now.p95 ?? 0;
  const { tenant, collection } = one;
  const pictures = useStylePictures(parting, { tenant, collection, over });
  return (
    <>
      <Sheet label="Over time">
        <Cells columns="minmax(0, 2fr) minmax(0, 1fr)">
          {one.palette ? (
            <PaletteOverTime one={one} palette={one.palette} health={health} parting={parting} />
          ) : (
            <ByModel one={one} health={health} parting={parting} />
          )}
          <Cell flush>
            <Head alone title="What moved" {...(recent ? { unit: 'now against before' } : {})} />
            <WhatMoved answer={pictures.data} one={one} waiting={pictures.isPending} />
          </Cell>
        </Cells>
        {one.palette && (
          <Cells columns="minmax(0, 1fr)" ruled>
            <ByModel one={one} health={health} parting={parting} />
          </Cells>
        )}
      </Sheet>
      <Pictures
        one={one}
        over={over}
        answer={pictures.data}
        error={pictures.error}
        onRetry={() => void pictures.refetch()}
      />
    </>
  );
}

/** The median of each model that paints the collection. */
function ByModel({ one, health, parting }: Omit<ChosenProps, 'recent'>) {
  const marks = useMarks();
  const zoom = useZoom();
  const now_ms = useNow();
  const times = useMemo(() => health.times.map((time) => Date.parse(time)), [health.times]);
  const series = useMemo((): Series[] => {
    const colours = colourNames(one.models.map(({ model_version }) => model_version).sort());
    const release = one.models.find(({ model_version }) => model_version === parting.release);
    return one.models.map((model, at) => {
      const { model_version, p50 } = model;
      const then = release === undefined ? thenOf(p50, parting.points_back) : undefined;
      return {
        name: model_version || 'not told',
        values: p50,
        // The release that all is compared with is what was then.
        colour: model === release ? 'pencil-line' : (colours.get(model_version) ?? REST),
        weight: at === 0 ? 'subject' : 'usual',
        ...(then && (at === 0 ? { ghost: then } : { earlier: then })),
      };
    });
  }, [one, parting]);
  return (
    <ChartCell
      {...zoom}
      title={`${nameOf(one.collection)} by model`}
      unit="median distance"
      level={2}
      scale="free"
      format={distanceText}
      {...{ series, times, marks, now_ms }}
      step_ms={parting.step_ms}
      gutter={132}
      height={168}
    />
  );
}

const NAMES: Readonly<Record<string, string>> = {
  accepted: 'Accepted',
  aesthetic: 'Aesthetic score',
  clip_i: 'CLIP-I',
  clip_t: 'CLIP-T',
  face_ok: 'Faces well formed',
};
const scoreName = (name: string): string =>
  NAMES[name] ?? name.slice(0, 1).toUpperCase() + name.slice(1).replaceAll('_', ' ');

interface Line extends Moved {
  readonly title: string;
}
/** A change of so much of what was is told in red, where it is for the worse. */
const WORSE = 0.05;

function WhatMoved(props: { answer: StylePictures | undefined; one: StyleCollection; waiting: boolean }) {
  const { answer, one, waiting } = props;
  if (waiting) return <Loading height={168} label="What moved" />;
  const side = (value: number | null | undefined, n: number): Moved['now'] =>
    value === null || value === undefined ? null : { mean: value, n };
  const distances: Line[] = (['p50', 'p95'] as const).map((rank) => ({
    name: 'style_distance',
    title: rank === 'p50' ? 'Distance, median' : 'Distance, p95',
    now: side(one.now[rank], one.now.n),
    before: side(one.before?.[rank], one.before?.n ?? 0),
  }));
  const rows: Line[] = [
    ...distances,
    ...(answer?.moved ?? [])
      .filter(({ name }) => name !== 'style_distance')
      .map((moved) => ({ ...moved, title: scoreName(moved.name) })),
  ];
  return (
    <Table
      label="What moved"
      rows={rows}
      keyOf={({ title }) => title}
      columns={[
        { id: 'title', title: 'Score', cell: ({ title }) => title },
        {
          id: 'before',
          title: 'Before',
          right: true,
          cell: ({ name, before }) => (
            <span className="dim">{before ? scoreText(name, before.mean) : UNKNOWN}</span>
          ),
        },
        { id: 'now', title: 'Now', right: true, cell: (line) => <Now {...line} /> },
      ]}
    />
  );
}

function Now({ name, now, before }: Line) {
  if (!now) return <span className="dimmer">{UNKNOWN}</span>;
  if (now.n < FEW)
    return (
      <span className="dimmer" title={formatN(now.n)}>
        {scoreText(name, now.mean)}
      </span>
    );
  const change = before && before.mean !== 0 ? now.mean / before.mean - 1 : 0;
  const worse =
    name === 'style_distance' || name === 'nsfw' || name === 'watermark' ? change > WORSE : change < -WORSE;
  return <b className={worse ? 'crit' : ''}>{scoreText(name, now.mean)}</b>;
}

interface PicturesProps {
  readonly one: StyleCollection;
  readonly over: number;
  readonly answer: StylePictures | undefined;
  readonly error: unknown;
  readonly onRetry: () => void;
}

function Pictures({ one, over, answer, error, onRetry }: PicturesProps) {
  const { link } = useGo();
  const [{ filters }] = useContextState();
  const own = [...filters, `collection=${one.collection}`];
  const far = link('/images', { filter: [...own, `style_distance>${over}`], tenant: one.tenant });
  return (
    <Sheet label="Pictures">
      <Cell>
        <Head
          title="Newest outliers"
          unit={
            <span className="hide-s">
              {nameOf(one.collection)}, distance over {distanceText(over)}
            </span>
          }
          end={
            answer && answer.outside > 0 ? (
              <Link href={far}>All {formatCount(answer.outside)}</Link>
            ) : undefined
          }
        />
        {error !== null && !answer && <Failed error={error} onRetry={onRetry} height={180} />}
        {!answer && !error && <Loading height={230} label="Newest outliers" />}
        {answer && answer.outliers.length === 0 && (
          <p className="small dimmer">No picture of the range lies that far out.</p>
        )}
        {answer && <Strip pictures={answer.outliers} />}
      </Cell>
      <Cell ruled>
        <Head
          title="What it should look like"
          unit={
            <span className="hide-s">
              nearest to the centroid, of {formatCount(answer?.of ?? 0)} pictures
            </span>
          }
          end={<Link href={link('/images', { filter: own, tenant: one.tenant })}>Collection</Link>}
        />
        {!answer && !error && <Loading height={200} label="Nearest pictures" />}
        {answer && <Strip pictures={answer.nearest} small />}
      </Cell>
    </Sheet>
  );
}

function Strip({ pictures, small = false }: { pictures: readonly StylePicture[]; small?: boolean }) {
  const { link } = useGo();
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  return (
    <div className={classes(css.strip, small && css.small)}>
      {pictures.map((picture) => (
        <div key={picture.image_id} className={css.tile}>
          <PictureTile
            image={picture}
            href={link(`/images/${encodeURIComponent(picture.image_id)}`)}
            cropped
            size={320}
          />
          <p className={css.caption}>
            <b>{distanceText(picture.style_distance)}</b>
            <span>{picture.model_version}</span>
          </p>
          <p className={css.caption}>
            <span>
              {[apartWords(picture.apart), formatAgo(Date.parse(picture.timestamp), now_ms, zone)]
                .filter(Boolean)
                .join(', ')}
            </span>
          </p>
        </div>
      ))}
    </div>
  );
}
