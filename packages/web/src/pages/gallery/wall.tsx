/** All pictures of the range, newest first: only the rows in sight exist, and more are fetched as the end comes near. */
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { ImageRow } from '../../api/index.ts';
import { useWidth } from '../../charts/use-width.ts';
import { PictureTile } from '../../parts/picture.tsx';
import { useGo } from '../../url/index.ts';
import { columnsIn, gapIn } from './columns.ts';
import css from './wall.module.css';

interface WallProps {
  readonly images: readonly ImageRow[];
  /** `tenant/image_id` of the open one. */
  readonly open: string | null;
  readonly onOpen: (image: ImageRow) => void;
  readonly onEnd: () => void;
  readonly more: boolean;
}
const AHEAD_ROWS = 4;
const THUMB_PX = 320;

export function Wall({ images, open, onOpen, onEnd, more }: WallProps) {
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
  const last = items.at(-1)?.index ?? 0;
  const near = width > 0 && last >= rows - AHEAD_ROWS * 2;
  const ended = useRef(onEnd);
  ended.current = onEnd;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once for every length of the list
  useEffect(() => {
    if (near) ended.current();
  }, [near, images.length]);
  const at = open === null ? -1 : images.findIndex((one) => `${one.tenant}/${one.image_id}` === open);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another open picture scrolls
  useEffect(() => {
    if (at >= 0 && width > 0) windowed.scrollToIndex(Math.floor(at / columns), { align: 'auto' });
  }, [at, columns]);
  return (
    <>
      <ul ref={host} className={css.wall} style={{ height: rows * (side + gap) }} aria-label="Pictures">
        {width > 0 &&
          items.map((row) =>
            images.slice(row.index * columns, (row.index + 1) * columns).map((image, column) => (
              <li
                key={`${image.tenant} ${image.image_id}`}
                style={{
                  width: side,
                  height: side,
                  transform: `translate(${(side + gap) * column}px, ${row.start - top}px)`,
                }}
              >
                <Tile image={image} selected={row.index * columns + column === at} onOpen={onOpen} />
              </li>
            )),
          )}
      </ul>
      <p className={css.end} role="status">
        {more ? 'More pictures are coming' : ''}
      </p>
    </>
  );
}

/** A tile that opens beside the list on a click, and as a page in another tab. */
export const Tile = memo(function Tile(props: {
  image: ImageRow;
  selected: boolean;
  onOpen: (image: ImageRow) => void;
  badge?: string;
}) {
  const { image, selected, onOpen, badge } = props;
  const { link } = useGo();
  return (
    <PictureTile
      image={image}
      href={link(`/images/${encodeURIComponent(image.image_id)}`)}
      selected={selected}
      size={THUMB_PX}
      flag="nsfw"
      badge={badge}
      onOpen={() => onOpen(image)}
    />
  );
});
