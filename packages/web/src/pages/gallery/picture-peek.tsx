/** One picture beside the others: itself, what people do with it, its prompt, how it came about, scores, parameters. */
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { type ImageRow, useImage, useRequest, useSamePromptAndSeed } from '../../api/index.ts';
import { Attributes } from '../../parts/attributes.tsx';
import { Button } from '../../parts/button.tsx';
import { Peek, PeekSection } from '../../parts/peek.tsx';
import {
  FeedbackButtons,
  flagWords,
  PromptText,
  pictureItems,
  promptsOf,
  Scores,
  scoresOf,
  stagesOf,
} from '../../parts/picture-facts.tsx';
import { nextZoom, PictureFigure, type Zoom, zoomWords } from '../../parts/picture-figure.tsx';
import { Lineage } from '../../parts/picture-lineage.tsx';
import { shortId } from '../../parts/picture-words.ts';
import { Failed, Loading } from '../../parts/states.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import css from './gallery.module.css';

interface PicturePeekProps {
  readonly id: string;
  readonly tenant: string;
  /** What the list knows already: shown until the rest has come. */
  readonly row: ImageRow | undefined;
  readonly onClose: () => void;
  readonly onPrevious?: (() => void) | undefined;
  readonly onNext?: (() => void) | undefined;
}

export function PicturePeek({ id, row, ...peek }: PicturePeekProps) {
  const detail = useImage(id);
  const image = detail.data?.image ?? row;
  const request = useRequest(image?.request_id ?? null).data;
  const [zoom, setZoom] = useState<Zoom>('fit');
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  const { link } = useGo();
  const same = useSamePromptAndSeed(image, promptHashOf(request)).data ?? [];
  const others = same.filter((one) => one.model_version !== image?.model_version);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another picture begins fitted
  useEffect(() => setZoom('fit'), [id]);
  useZoomKey(setZoom);
  if (!image)
    return (
      <Peek title={<span className="mono">{id}</span>} label="Picture" {...peek}>
        {detail.error ? (
          <Failed error={detail.error} onRetry={() => void detail.refetch()} />
        ) : (
          <Loading height={320} />
        )}
      </Peek>
    );
  const stages = stagesOf(image.image_id, request);
  const scores = scoresOf(detail.data, stages);
  const page = link(`/images/${encodeURIComponent(image.image_id)}`);
  return (
    <Peek
      title={
        <Link href={page} className="mono" title={image.image_id}>
          {shortId(image.image_id)}
        </Link>
      }
      label="Picture"
      {...peek}
    >
      <PictureFigure image={image} flag={flagWords(scores)} zoom={zoom} />
      <div className={css.section}>
        <div className={css.acts}>
          <FeedbackButtons image={image} given={detail.data?.feedback?.map((one) => one.action) ?? []} />
          <Button kind="quiet" onClick={() => setZoom(nextZoom(zoom))} title="Zoom (1 is 100 %)">
            {zoomWords(zoom)}
          </Button>
        </div>
        <PromptText {...promptsOf(image, stages)} />
      </div>
      <PeekSection title="How it came about">
        <Lineage {...{ image, request, stages }} />
        <p className={css.links}>
          {image.request_id && (
            <Link href={link(`/requests/${encodeURIComponent(image.request_id)}`)}>
              Request {shortId(image.request_id)}
            </Link>
          )}
          {image.trace_id && <Link href={link(`/traces/${image.trace_id}`)}>Trace</Link>}
          {others[0] && (
            <Link href={link(`/images/${encodeURIComponent(others[0].image_id)}`)}>
              Same prompt and seed on {others[0].model_version}
            </Link>
          )}
        </p>
      </PeekSection>
      <PeekSection title="Scores">
        <Scores scores={scores} />
      </PeekSection>
      <PeekSection>
        <Attributes items={pictureItems(image, request, zone, now_ms)} />
      </PeekSection>
    </Peek>
  );
}

const promptHashOf = (
  request: { request: { readonly prompt_hash?: string } } | undefined,
): string | undefined => request?.request.prompt_hash;

function useZoomKey(setZoom: (zoom: Zoom) => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === '1' && !(event.target as Element).closest?.('input,textarea')) setZoom(1);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [setZoom]);
}
