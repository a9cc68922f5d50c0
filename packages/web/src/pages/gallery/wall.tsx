/** All pictures of the range, newest first: only the rows in sight exist, and more are fetched as the end comes near. */
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { ImageRow } from '../../api/index.ts';
import { now } from '../../base/browser.ts';
import { inTurn } from '../../base/in-turn.ts';
import { useWidth } from '../../charts/use-width.ts';
import { PictureTile } from '../../parts/picture.tsx';
import { useGo } from '../../url/index.ts';
import { columnsIn, gapIn } from './columns.ts';
import css from './wall.module.css';

interface WallProps {
  readonly images: readonly ImageRow[];
  /** Place of the open one; -1 where none is. */
  readonly at: number;
  readonly onOpen: (image: ImageRow) => void;
  readonly onEnd: () => void;
  readonly more: boolean;
}
const AHEAD_ROWS = 4;
/** More is fetched when so little is left: as much as a hand scrolls while it comes. */
const FETCH_ROWS = 40;
const THUMB_PX = 320;
/** Pixels per millisecond: faster than this a screen is gone before its pictures could be seen. */
const FLYING = 6;

export function Wall({ images, at, onOpen, onEnd, more }: WallProps) {
  const host = useRef<HTMLUListElement>(null);
  const width = useWidth(host);
  const [top, setTop] = useState(0);
  const columns = columnsIn(width);
  const gap = gapIn(width);
  const side = width === 0 ? 120 : (width - gap * (columns - 1)) / columns;
  const rows = Math.ceil(images.length / columns);
  useLayoutEffect(() => {
    if (host.current) setTop(host.current.getBoundingClientRect().top + scrollY);
  }, []);
  const windowed = useWindowVirtualizer({
    count: rows,
    estimateSize: () => side + gap,
    overscan: AHEAD_ROWS,
    scrollMargin: top,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another width is another height of every row
  useEffect(() => windowed.measure(), [side, gap]);
  const items = windowed.getVirtualItems();
  // Rows that come take the places of those that go: what is scrolled away leaves nothing behind for the collector.
  const most = useRef(1);
  most.current = Math.max(most.current, items.length);
  const places = most.current;
  const flying = useFlying(windowed.scrollOffset ?? 0, windowed.isScrolling);
  const last = items.at(-1)?.index ?? 0;
  const near = width > 0 && last >= rows - FETCH_ROWS;
  const ended = useRef(onEnd);
  ended.current = onEnd;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once for every length of the list
  useEffect(() => {
    if (near) ended.current();
  }, [near, images.length]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another open picture scrolls
  useEffect(() => {
    if (at >= 0 && width > 0) windowed.scrollToIndex(Math.floor(at / columns), { align: 'auto' });
  }, [at, columns]);
  const context = useContextText();
  return (
    <>
      <ul ref={host} className={css.wall} style={{ height: rows * (side + gap) }} aria-label="Pictures">
        {width > 0 &&
          items.map(({ index, start }) => (
            <Row
              key={index % places}
              images={images}
              first={index * columns}
              columns={columns}
              side={side}
              gap={gap}
              y={start - top}
              at={at >= index * columns && at < (index + 1) * columns ? at : -1}
              context={context}
              still={!windowed.isScrolling}
              flying={flying}
              onOpen={onOpen}
            />
          ))}
      </ul>
      <p className={css.end} role="status">
        {more ? 'More pictures are coming' : ''}
      </p>
    </>
  );
}

/** Whether the wall is scrolled so fast that nobody sees its pictures. */
function useFlying(offset: number, scrolling: boolean): boolean {
  const seen = useRef({ offset, at: 0, flying: false });
  const { current } = seen;
  if (!scrolling) current.flying = false;
  else if (offset !== current.offset) {
    const at = now();
    current.flying = Math.abs(offset - current.offset) > FLYING * (at - current.at);
    current.at = at;
  }
  current.offset = offset;
  return current.flying;
}

/** What links of this page take along; the same text as long as the context is the same. */
export function useContextText(): string {
  const { link } = useGo();
  return link('/').slice(1);
}

interface RowProps {
  readonly images: readonly ImageRow[];
  readonly first: number;
  readonly columns: number;
  readonly side: number;
  readonly gap: number;
  readonly y: number;
  readonly at: number;
  readonly context: string;
  readonly still: boolean;
  readonly flying: boolean;
  readonly onOpen: (image: ImageRow) => void;
}

/** A row of tiles. While the wall is scrolled its places come first and its pictures in their turn. */
const Row = memo(
  function Row(props: RowProps) {
    const { images, first, columns, side, gap, y, flying } = props;
    const [filled, fill] = useState(props.still ? first : -1);
    // The row may stand where another stood before.
    const full = filled === first;
    useEffect(() => (full || flying ? undefined : inTurn(() => fill(first))), [full, flying, first]);
    return images.slice(first, first + columns).map((image, column) => (
      <li
        // biome-ignore lint/suspicious/noArrayIndexKey: the place stays, its picture has a key of its own
        key={column}
        style={{
          width: side,
          height: side,
          transform: `translate(${(side + gap) * column}px, ${y}px)`,
        }}
      >
        {full && (
          <Tile
            key={`${image.tenant} ${image.image_id}`}
            image={image}
            context={props.context}
            selected={first + column === props.at}
            onOpen={props.onOpen}
          />
        )}
      </li>
    ));
  },
  // Pages that come at the end change no row before them but the one that they fill up.
  ({ images: before, still: _, flying: flew, ...one }, { images, still: __, flying, ...other }) =>
    flew === flying &&
    (Object.keys(one) as (keyof typeof one)[]).every((name) => one[name] === other[name]) &&
    before[one.first] === images[one.first] &&
    before[one.first + one.columns - 1] === images[one.first + one.columns - 1],
);

interface TileProps {
  readonly image: ImageRow;
  readonly selected: boolean;
  readonly onOpen: (image: ImageRow) => void;
  /** The context as the end of an address. */
  readonly context: string;
}
/** A tile that opens beside the list on a click, and as a page in another tab. */
export const Tile = memo(function Tile({ image, selected, onOpen, context }: TileProps) {
  return (
    <PictureTile
      image={image}
      href={`/images/${encodeURIComponent(image.image_id)}${context}`}
      selected={selected}
      size={THUMB_PX}
      flag={image.nsfw_score === undefined ? 'nsfw' : `nsfw ${image.nsfw_score.toFixed(2)}`}
      badge={image.reaction === 'reject' ? 'rejected' : undefined}
      onOpen={() => onOpen(image)}
    />
  );
});
