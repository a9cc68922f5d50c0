/** Pictures as tiles. What is flagged arrives blurred from the server: no style sheet reveals it. */
import { type MouseEvent, useState } from 'react';
import { Link } from 'wouter';
import { type ImageRow, thumbnailAddress } from '../api/index.ts';
import { classes } from '../base/classes.ts';
import { Icon } from './icon.tsx';
import css from './picture.module.css';

export interface PictureTileProps {
  readonly image: ImageRow;
  readonly href: string;
  /** Square, cropped: in strips of equal size only. Else the natural ratio, letterboxed. */
  readonly cropped?: boolean;
  readonly selected?: boolean;
  readonly badge?: string | undefined;
  /** What the flag says: `nsfw 0.91`. */
  readonly flag?: string | undefined;
  readonly caption?: string;
  /** Beside the caption, which gives way to it. */
  readonly when?: string;
  /** In place of following the link, where no key asks for another tab. */
  readonly onOpen?: () => void;
  /** Longest side of the thumbnail in pixels. */
  readonly size?: number;
}

/** The prompt's beginning where it is known, else the id. */
export const altOf = ({ image_id, nsfw_flag, attributes }: ImageRow): string =>
  nsfw_flag ? 'flagged picture, hidden' : (attributes?.prompt?.slice(0, 80) ?? `picture ${image_id}`);

/** What is to be read on the tile is part of its name. */
function nameOf({ image, flag, badge }: PictureTileProps, missing: boolean): string {
  if (missing) return [`picture ${image.image_id}, not kept`, badge].filter(Boolean).join(', ');
  return [altOf(image), image.nsfw_flag ? flag : undefined, badge].filter(Boolean).join(', ');
}

const opening = (open: () => void) => (event: MouseEvent) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  open();
};

export function PictureTile(props: PictureTileProps) {
  const { image, cropped = false, size = 320 } = props;
  const [missing, setMissing] = useState(false);
  const flagged = image.nsfw_flag === true;
  // What opens beside its list needs no router, of which each link would watch the address.
  const Frame = props.onOpen ? 'a' : Link;
  return (
    <figure className={css.figure}>
      <Frame
        href={props.href}
        className={classes(
          css.picture,
          flagged && css.flagged,
          cropped && css.cropped,
          props.selected && css.selected,
        )}
        aria-current={props.selected || undefined}
        {...(props.onOpen ? { onClick: opening(props.onOpen) } : {})}
        aria-label={nameOf(props, missing)}
      >
        {!missing && (
          <img
            src={thumbnailAddress(image.image_id, image.tenant, size)}
            alt=""
            width={image.width}
            height={image.height}
            loading="lazy"
            decoding="async"
            onError={() => setMissing(true)}
          />
        )}
        {missing && <span className={css.missing}>not kept</span>}
        {flagged && !missing && (
          <span className={css.veil}>
            <span>{props.flag ?? 'Flagged'}</span>
            <Icon name="eye" />
          </span>
        )}
        {/* The space parts it from the flag for who hears both. */}
        {props.badge !== undefined && ' '}
        {props.badge !== undefined && <span className={css.badge}>{props.badge}</span>}
      </Frame>
      {(props.caption !== undefined || props.when !== undefined) && (
        <figcaption className={css.caption}>
          <span>{props.caption}</span>
          {props.when !== undefined && <time>{props.when}</time>}
        </figcaption>
      )}
    </figure>
  );
}
