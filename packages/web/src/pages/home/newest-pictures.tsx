/** The newest pictures of the window, flagged ones veiled. */
import { Link } from 'wouter';
import { totalOf, useImages, useKpis } from '../../api/index.ts';
import { formatAgo, formatCount } from '../../format/index.ts';
import { useNear } from '../../parts/near.ts';
import { PictureTile } from '../../parts/picture.tsx';
import { Cell, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { lastOf, useContextState, useGo, useNow } from '../../url/index.ts';
import css from './home.module.css';

const PICTURES = 10;

export function NewestPictures({ enabled }: { enabled: boolean }) {
  const [anchor, seen] = useNear();
  const near = seen && enabled;
  const images = useImages({ limit: PICTURES, enabled: near });
  const [{ zone, range }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  const all = useKpis({ metrics: ['images'], as: 'total', compared: false, enabled: near });
  const { value: made } = totalOf(all.now, 'images');
  const last = lastOf(range)?.replace(/^Last /, 'in ') ?? 'in this range';
  return (
    <Sheet label="Newest pictures">
      <Head
        alone
        title="Newest pictures"
        {...(made ? { unit: `${formatCount(made)} ${last}` } : {})}
        end={<Link href={link('/images')}>Open gallery</Link>}
      />
      {images.isPending && (
        <Cell>
          <Loading height={110} label="Newest pictures" />
        </Cell>
      )}
      {images.error && !images.rows && <Failed error={images.error} onRetry={() => void images.refetch()} />}
      {images.rows?.length === 0 && <Note title="No pictures in this range" />}
      <div ref={anchor} className={css.pictures}>
        {images.rows?.slice(0, PICTURES).map((image) => (
          <PictureTile
            key={`${image.tenant} ${image.image_id}`}
            image={image}
            href={link(`/images/${encodeURIComponent(image.image_id)}`)}
            cropped
            size={160}
            caption={image.model_version ?? ''}
            when={formatAgo(Date.parse(image.timestamp), now_ms, zone)}
          />
        ))}
      </div>
    </Sheet>
  );
}
