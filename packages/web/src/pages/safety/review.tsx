/**
 * The review queue: flagged pictures, newest first, as the server blurs them. One is shown at a time and only to who
 * may; the server writes each look to the audit log, and the picture is blurred again on leaving.
 */
import { useState } from 'react';
import { Link } from 'wouter';
import { addressOf, type ImageRow, useAudit, useImages, useMay, useMe } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { formatAgo, formatCount, formatTime, iso } from '../../format/index.ts';
import { Button, Segmented } from '../../parts/button.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Cell, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { useContextState, useGo, useNow, useParameter } from '../../url/index.ts';
import css from './safety.module.css';

const QUEUES = [
  ['nsfw', 'NSFW'],
  ['people', 'Flagged by people'],
] as const;
const FILTERS = { nsfw: ['nsfw_flag=true'], people: ['feedback=flag'] } as const;
const PAGE = 12;
const THUMB_PX = 320;

export function ReviewQueue() {
  const [asked, choose] = useParameter('queue');
  const queue = asked === 'people' ? 'people' : 'nsfw';
  const images = useImages({ filters: FILTERS[queue], limit: PAGE });
  const may = useMay('unblur');
  const me = useMe().data;
  const [shown, show] = useState<string | null>(null);
  const rows = images.rows ?? [];
  return (
    <Sheet label="Review queue">
      <Head
        alone
        title="Review queue"
        unit={
          <span className="hide-s">
            {may ? 'each look is written to the audit log' : 'blurred by the server'}
          </span>
        }
        end={<QueueChoice queue={queue} onChoose={choose} />}
      />
      {me && !may && (
        <Cell>
          <p className="small dim">
            You see blurred pictures: showing one needs the scope <b>unblur</b>. Whoever administers this
            server can give it to you.
          </p>
        </Cell>
      )}
      {images.isPending && <Loading height={260} label="Review queue" />}
      {images.error && !images.rows && <Failed error={images.error} onRetry={() => void images.refetch()} />}
      {images.rows?.length === 0 && (
        <Note
          title={
            queue === 'nsfw' ? 'No flagged pictures in this range' : 'Nobody flagged a picture in this range'
          }
        />
      )}
      {rows.length > 0 && (
        <Cell>
          <div className={css.queue}>
            {rows.map((image) => {
              const key = `${image.tenant} ${image.image_id}`;
              return (
                <ReviewTile
                  key={key}
                  image={image}
                  veiled={image.nsfw_flag === true}
                  shown={shown === key}
                  {...(may ? { onShow: () => show(shown === key ? null : key) } : {})}
                />
              );
            })}
          </div>
          {images.hasNextPage && (
            <div className={css.more}>
              <Button busy={images.isFetchingNextPage} onClick={() => void images.fetchNextPage()}>
                Load older pictures
              </Button>
              <span className="small dimmer">{formatCount(rows.length)} shown</span>
            </div>
          )}
        </Cell>
      )}
      <Looks />
    </Sheet>
  );
}

interface QueueChoiceProps {
  readonly queue: keyof typeof FILTERS;
  readonly onChoose: (queue: string | null) => void;
}

/** Which pictures to review, and the way to the same ones in the gallery. */
function QueueChoice({ queue, onChoose }: QueueChoiceProps) {
  const { link } = useGo();
  return (
    <>
      <Segmented
        label="Queue"
        value={queue}
        choices={QUEUES}
        onChange={(one) => onChoose(one === 'nsfw' ? null : one)}
      />
      <Link className="hide-s" href={link('/images', { filter: FILTERS[queue] as unknown as string[] })}>
        Open gallery
      </Link>
    </>
  );
}

interface ReviewTileProps {
  readonly image: ImageRow;
  readonly veiled: boolean;
  readonly shown: boolean;
  readonly onShow?: () => void;
}

function ReviewTile({ image, veiled, shown, onShow }: ReviewTileProps) {
  const [missing, setMissing] = useState(false);
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  const at_ms = Date.parse(image.timestamp);
  const address = addressOf(`thumbnails/${encodeURIComponent(image.image_id)}`, {
    tenant: image.tenant,
    size: THUMB_PX,
    unblur: veiled && shown ? true : null,
  });
  return (
    <figure className={css.tile}>
      <div className={css.picture}>
        {missing ? (
          <span className={css.missing}>not kept</span>
        ) : (
          <img
            key={String(shown)}
            src={address}
            alt={veiled && !shown ? 'flagged picture, hidden' : `flagged picture ${image.image_id}`}
            loading="lazy"
            decoding="async"
            onError={() => setMissing(true)}
          />
        )}
        {veiled && !missing && onShow && (
          <div className={classes(css.veil, shown && css.lifted)}>
            <Button onClick={onShow} aria-label={`${shown ? 'Blur' : 'Show'} ${image.image_id}`}>
              <Icon name="eye" /> {shown ? 'Blur' : 'Show'}
            </Button>
          </div>
        )}
      </div>
      <figcaption className={css.caption}>
        <Link className="mono" href={link(`/images/${encodeURIComponent(image.image_id)}`)}>
          {image.image_id}
        </Link>
        <span title={iso(at_ms)}>
          {[image.model_version, image.tenant, formatAgo(at_ms, now_ms, zone)].filter(Boolean).join(', ')}
        </span>
      </figcaption>
    </figure>
  );
}

const LOOKS = 5;
/** Who looked last: for administrators, who may read the audit log. */
function Looks() {
  const admin = useMay('admin');
  const audit = useAudit(admin);
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  if (!admin || !audit.rows) return null;
  const looks = audit.rows.filter(({ action }) => action === 'image.unblur').slice(0, LOOKS);
  return (
    <Cell ruled>
      <Head
        level={3}
        title="Last looks"
        end={<Link href={link('/admin', { section: 'audit', acts: 'looks' })}>Audit log</Link>}
      />
      {looks.length === 0 ? (
        <p className="small dimmer">Nobody has looked at a flagged picture.</p>
      ) : (
        <ul className={css.looks}>
          {looks.map((row) => (
            <li key={row.id}>
              <b>{row.actor}</b> looked at <span className="mono">{row.object}</span>
              {row.tenant === null ? '' : ` of ${row.tenant}`},{' '}
              <span title={iso(Date.parse(row.at))}>{formatTime(Date.parse(row.at), now_ms, zone)}</span>
            </li>
          ))}
        </ul>
      )}
    </Cell>
  );
}
