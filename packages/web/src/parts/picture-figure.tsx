/**
 * One picture, large: fitted, or as large as it is and larger, then with its pixels. What is flagged arrives blurred;
 * it is shown when somebody who may asks for it, that is written to the audit log, and it is blurred again on leaving.
 */
import { useState } from 'react';
import { addressOf, type ImageRow, pictureAddress, useMay } from '../api/index.ts';
import { classes } from '../base/classes.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';
import { altOf } from './picture.tsx';
import css from './picture-figure.module.css';

/** `fit`, or how many pixels of the screen one of the picture takes. */
export type Zoom = 'fit' | 1 | 2 | 4 | 8;
const ZOOMS: readonly Zoom[] = ['fit', 1, 2, 4, 8];
export const nextZoom = (zoom: Zoom): Zoom => ZOOMS[(ZOOMS.indexOf(zoom) + 1) % ZOOMS.length]!;
export const zoomWords = (zoom: Zoom): string => (zoom === 'fit' ? 'Fit' : `${zoom * 100} %`);
/** From here on pixels are to be seen as they are. */
const PIXELS_FROM = 2;

interface PictureFigureProps {
  readonly image: ImageRow;
  /** `nsfw 0.91`. */
  readonly flag?: string | undefined;
  readonly zoom?: Zoom;
}

/** Longest side of what is shown while the picture is fitted, px: as sharp as a dense screen shows it. */
const FITTED_PX = 1024;

export function PictureFigure({ image, flag, zoom = 'fit' }: PictureFigureProps) {
  const [shown, setShown] = useState('');
  const [missing, setMissing] = useState('');
  const may = useMay('unblur');
  const key = `${image.tenant} ${image.image_id}`;
  const flagged = image.nsfw_flag === true;
  const unblurred = flagged && shown === key;
  // Only who looks closer needs every pixel; of many pictures no more is kept than what fits.
  const whole = zoom !== 'fit' && missing !== `${key} whole`;
  const gone = missing === `${key} fitted`;
  // Never larger than it is unless asked.
  const own = image.width ? { maxWidth: `min(100%, ${image.width}px)` } : {};
  const size = zoom === 'fit' || !image.width ? own : { width: image.width * zoom, maxWidth: 'none' };
  const fitted = addressOf(`thumbnails/${encodeURIComponent(image.image_id)}`, {
    tenant: image.tenant,
    size: FITTED_PX,
    unblur: unblurred ? true : null,
  });
  return (
    <div className={classes(css.frame, zoom !== 'fit' && css.zoomed)}>
      {gone ? (
        <p className={css.missing}>The picture is not kept; what was told of it is.</p>
      ) : (
        <img
          key={`${key} ${unblurred}`}
          src={whole ? pictureAddress(image.image_id, image.tenant, unblurred) : fitted}
          alt={unblurred ? `flagged picture ${image.image_id}` : altOf(image)}
          width={image.width}
          height={image.height}
          className={classes(zoom !== 'fit' && zoom >= PIXELS_FROM && css.pixels)}
          style={size}
          onError={() => setMissing(`${key} ${whole ? 'whole' : 'fitted'}`)}
        />
      )}
      {zoom !== 'fit' && missing === `${key} whole` && (
        <p className={css.note}>Only a smaller copy is kept.</p>
      )}
      {flagged && !gone && (
        <div className={classes(css.veil, unblurred && css.lifted)}>
          {!unblurred && <span className={css.flag}>{flag ?? 'Flagged'}</span>}
          {may ? (
            <Button onClick={() => setShown(unblurred ? '' : key)} title="Asking is written to the audit log">
              <Icon name="eye" /> {unblurred ? 'Blur again' : 'Show, audited'}
            </Button>
          ) : (
            <span className={css.flag}>Showing it needs the scope unblur</span>
          )}
        </div>
      )}
    </div>
  );
}
