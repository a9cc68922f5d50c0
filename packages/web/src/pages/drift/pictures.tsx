/** Six pictures that are most new, six of what is lost: the same question has the same answer. */
import {
  type DriftAnswer,
  type DriftExample,
  type DriftSeries,
  useExamplePictures,
} from '../../api/index.ts';
import { formatTime } from '../../format/index.ts';
import { PictureTile } from '../../parts/picture.tsx';
import { Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import css from './finding.module.css';

export function ExamplePictures({ answer, series }: { answer: DriftAnswer; series: DriftSeries }) {
  const { most_new: fresh, most_lost: lost, new_words, lost_words } = series.examples!;
  const { from, to, baseline } = answer;
  // Of a release both versions serve in the same hours.
  const then = { from: baseline.from, to: series.against === null ? baseline.to : to };
  return (
    <Sheet label="Pictures">
      <Strip title="Most new" unit={new_words} examples={fresh} window={{ from, to }} />
      <Strip title="Most lost" unit={lost_words} examples={lost} window={then} />
    </Sheet>
  );
}

interface StripProps {
  readonly title: string;
  readonly unit: string;
  readonly examples: readonly DriftExample[];
  readonly window: { readonly from: string; readonly to: string };
}
const SIZE_PX = 240;
const LOADING_PX = 150;

function Strip({ title, unit, examples, window }: StripProps) {
  const pictures = useExamplePictures(examples, window);
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  const mixed = new Set(pictures.data?.map((image) => image.model_version)).size > 1;
  return (
    <>
      <Head alone title={title} unit={unit} />
      {examples.length === 0 && <Note title="None to show" />}
      {examples.length > 0 && pictures.isPending && <Loading height={LOADING_PX} label={title} />}
      {pictures.error && <Failed error={pictures.error} onRetry={() => void pictures.refetch()} />}
      {pictures.data?.length === 0 && <Note title="Its pictures are not stored any more" />}
      <div className={css.pictures}>
        {pictures.data?.map((image) => (
          <PictureTile
            key={`${image.tenant} ${image.image_id}`}
            image={image}
            href={link(`/images/${encodeURIComponent(image.image_id)}`, { tenant: image.tenant })}
            cropped
            size={SIZE_PX}
            {...captionOf(image, formatTime(Date.parse(image.timestamp), now_ms, zone), mixed)}
          />
        ))}
      </div>
    </>
  );
}

/** A clock has room beside the version, a date has not: where all are of one version, it is the date that tells. */
const CLOCK = /^\d\d:\d\d$/;
function captionOf(
  { model_version: version }: { readonly model_version?: string },
  time: string,
  mixed: boolean,
): { caption: string; when?: string } {
  if (version === undefined) return { caption: time };
  if (CLOCK.test(time)) return { caption: version, when: time };
  return { caption: mixed ? version : time };
}
