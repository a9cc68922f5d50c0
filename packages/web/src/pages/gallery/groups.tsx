/** Pictures in groups: what the group is, how many there are, and its newest; the rest opens as a filter. */
import type { UseQueryResult } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { Gallery, ImageRow, PictureGroup } from '../../api/index.ts';
import { useWidth } from '../../charts/use-width.ts';
import { formatCount } from '../../format/index.ts';
import { Button } from '../../parts/button.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { replaced, useContextState, useParameter } from '../../url/index.ts';
import { columnsIn } from './columns.ts';
import css from './gallery.module.css';
import { Tile, useContextText } from './wall.tsx';

interface GroupsProps {
  readonly gallery: UseQueryResult<Gallery>;
  readonly field: string;
  readonly open: string | null;
  readonly onOpen: (image: ImageRow) => void;
  /** The pictures in the order in which they stand, for j and k. */
  readonly onPictures: (images: readonly ImageRow[]) => void;
}
const ROWS = 2;
const isNone = ({ values }: PictureGroup): boolean => values.length === 0;

export function Groups({ gallery, field, open, onOpen, onPictures }: GroupsProps) {
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host);
  const columns = columnsIn(width);
  const context = useContextText();
  const answered = gallery.data?.groups;
  // What has no value at all is no group of its own making: it stands last, as its row of the facets does.
  const groups = (answered ?? []).toSorted((a, b) => Number(isNone(a)) - Number(isNone(b)));
  const shown = groups.map((group) => ({ group, images: group.newest.slice(0, columns * ROWS) }));
  const order = shown.flatMap(({ images }) => images);
  const told = useRef(onPictures);
  told.current = onPictures;
  const names = order.map((one) => one.image_id).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same pictures are the same list
  useEffect(() => told.current(order), [names]);
  if (gallery.error && !gallery.data)
    return <Failed error={gallery.error} onRetry={() => void gallery.refetch()} />;
  return (
    <div ref={host}>
      {gallery.isPending && <Loading height={480} label="Groups" />}
      {width > 0 &&
        shown.map(({ group, images }) => (
          <section key={group.values.join('\n')} className={css.group}>
            <Heading group={group} field={field} shown={images.length} />
            <div className={css.thumbs} style={{ '--columns': columns } as React.CSSProperties}>
              {images.map((image) => (
                <Tile
                  key={`${image.tenant} ${image.image_id}`}
                  image={image}
                  context={context}
                  selected={`${image.tenant}/${image.image_id}` === open}
                  onOpen={onOpen}
                />
              ))}
            </div>
          </section>
        ))}
    </div>
  );
}

function Heading({ group, field, shown }: { group: PictureGroup; field: string; shown: number }) {
  const [{ filters }, change] = useContextState();
  const [, setGroup] = useParameter('group');
  const conditions = isNone(group) ? [`${field}=`] : group.values.map((value) => `${field}=${value}`);
  const openAll = (): void => {
    change({ filters: [...replaced(filters, field, ['=', 'in'], null), ...conditions] });
    setGroup(null);
  };
  return (
    <div className={css.heading}>
      <h2>{isNone(group) ? 'none' : group.values.join(' + ')}</h2>
      <span>
        {formatCount(group.n)} {group.n === 1 ? 'picture' : 'pictures'}
      </span>
      {group.style_distance !== null && (
        <span className="hide-s">style distance {group.style_distance.toFixed(2)}</span>
      )}
      {group.n > shown && (
        <Button kind="quiet" onClick={openAll}>
          Show all
        </Button>
      )}
    </div>
  );
}
