/** One picture with everything that is known of it, how it came about and where it went. */
import { type ReactNode, useState } from 'react';
import {
  type ImageRow,
  type RequestDetail,
  useImage,
  useRequest,
  useSamePromptAndSeed,
} from '../../api/index.ts';
import type { PageProps } from '../../app/routes.ts';
import { formatCount, formatDuration, formatTime } from '../../format/index.ts';
import { Attributes } from '../../parts/attributes.tsx';
import { Button, ButtonLink } from '../../parts/button.tsx';
import { Outcome } from '../../parts/chip.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { PictureTile } from '../../parts/picture.tsx';
import {
  FeedbackButtons,
  flagWords,
  PromptText,
  pictureItems,
  promptsOf,
  Scores,
  scoresOf,
  stagesOf,
  type ToldImage,
} from '../../parts/picture-facts.tsx';
import { nextZoom, PictureFigure, type Zoom, zoomWords } from '../../parts/picture-figure.tsx';
import { type WayStep, wayOf } from '../../parts/picture-way.ts';
import { shortId } from '../../parts/picture-words.ts';
import { Cell, Cells, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading } from '../../parts/states.tsx';
import { useContextState, useGo, useNow } from '../../url/index.ts';
import css from './image.module.css';

export function Page({ params }: PageProps) {
  const id = params.id ?? '';
  const detail = useImage(id);
  const image = detail.data?.image as ToldImage | undefined;
  const request = useRequest(image?.request_id ?? null).data;
  const [zoom, setZoom] = useState<Zoom>('fit');
  const { link } = useGo();
  const [{ zone }] = useContextState();
  const now_ms = useNow();
  if (detail.error)
    return (
      <>
        <PageHead title="Picture" timeless />
        <Sheet label="Picture">
          <Failed error={detail.error} onRetry={() => void detail.refetch()} />
        </Sheet>
      </>
    );
  if (!image)
    return (
      <>
        <PageHead title="Picture" timeless />
        <Sheet label="Picture">
          <Loading height={480} label="Picture" />
        </Sheet>
      </>
    );
  const stages = stagesOf(id, request);
  const scores = scoresOf(detail.data, stages);
  const feedback = detail.data?.feedback ?? [];
  return (
    <>
      <PageHead
        title={
          <span className="mono" title={id}>
            {shortId(id)}
          </span>
        }
        sentence={sentenceOf(image, request, formatTime(Date.parse(image.timestamp), now_ms, zone))}
        actions={
          <>
            {image.request_id && (
              <ButtonLink href={link(`/requests/${encodeURIComponent(image.request_id)}`)}>
                Request
              </ButtonLink>
            )}
            {image.trace_id && <ButtonLink href={link(`/traces/${image.trace_id}`)}>Trace</ButtonLink>}
            <ButtonLink href={link('/images', { open: `${image.tenant}/${id}` })}>In the gallery</ButtonLink>
          </>
        }
      />
      <Sheet label="Picture">
        <Cells columns="minmax(0, 1fr) 396px">
          <div>
            <PictureFigure image={image} flag={flagWords(scores)} zoom={zoom} />
            <Cell>
              <div className={css.acts}>
                <FeedbackButtons image={image} given={feedback.map((one) => one.action)} />
                <Button kind="quiet" onClick={() => setZoom(nextZoom(zoom))}>
                  {zoomWords(zoom)}
                </Button>
              </div>
            </Cell>
          </div>
          <div>
            <Cell>
              <Head title="Prompt" level={2} />
              <PromptText {...promptsOf(image, stages)} />
            </Cell>
            <Cell ruled>
              <Head title="Scores" level={2} />
              <Scores scores={scores} />
            </Cell>
            <Cell ruled>
              <Attributes items={pictureItems(image, request, zone, now_ms)} />
            </Cell>
          </div>
        </Cells>
      </Sheet>
      <Sheet label="How it came about">
        <Cell>
          <Head title="How it came about" unit="from the prompt to what was delivered" />
          <Way steps={wayOf(image, request, stages)} />
        </Cell>
      </Sheet>
      <SamePrompt image={image} prompt_hash={request?.request.prompt_hash} />
      <Sheet label="Everything that was told">
        <Head alone title="Everything that was told" unit="columns and free attributes" />
        <div className={css.told}>
          {halves(toldItems(image)).map((items, at) => (
            <Attributes key={at === 0 ? 'first' : 'second'} items={items} />
          ))}
        </div>
      </Sheet>
      {feedback.length > 0 && (
        <Sheet label="Feedback">
          <Cell>
            <Head title="Feedback" />
            <Attributes
              items={feedback.map(({ action, timestamp }) => [
                formatTime(Date.parse(timestamp), now_ms, zone),
                action === 'reroll' ? 're-roll' : action,
              ])}
            />
          </Cell>
        </Sheet>
      )}
    </>
  );
}

function sentenceOf(image: ImageRow, request: RequestDetail | undefined, made: string): ReactNode {
  const took = request?.request.latency_ms;
  return (
    <>
      Made {made} by {image.model_version ?? 'a model that was not told'} for {image.tenant}
      {took ? `, in a request of ${formatDuration(took)}` : ''}.{' '}
      {request && <Outcome outcome={request.request.outcome} />}
    </>
  );
}

/** Prompt → model and LoRA → picture → upscale → delivery, with what each took. */
const Way = ({ steps }: { steps: readonly WayStep[] }) => (
  <ol className={css.way}>
    {steps.map(({ name, words, more, mono }) => (
      <li key={name}>
        <b>{name}</b>
        <span>{words}</span>
        {more !== undefined && <span className={mono ? 'dimmer mono' : 'dimmer'}>{more}</span>}
      </li>
    ))}
  </ol>
);

/** Two rows of them; all of them are in the gallery. */
const SAME_MOST = 14;

function SamePrompt({ image, prompt_hash }: { image: ImageRow; prompt_hash: string | undefined }) {
  const same = useSamePromptAndSeed(image, prompt_hash);
  const more = (same.data?.length ?? 0) - SAME_MOST;
  const { link } = useGo();
  return (
    <Sheet label="Same prompt and seed">
      <Cell>
        <Head
          title="Same prompt and seed on other versions"
          unit={[image.seed && `seed ${image.seed}`, more > 0 && `${formatCount(more)} more`]
            .filter(Boolean)
            .join(', ')}
        />
        {same.isPending && image.seed !== undefined && prompt_hash !== undefined && <Loading height={120} />}
        {same.error && <Failed error={same.error} onRetry={() => void same.refetch()} />}
        {same.data && same.data.length > 0 && (
          <div className={css.same}>
            {same.data.slice(0, SAME_MOST).map((one) => (
              <PictureTile
                key={one.image_id}
                image={one}
                href={link(`/images/${encodeURIComponent(one.image_id)}`)}
                caption={one.model_version ?? one.image_id}
                size={320}
              />
            ))}
          </div>
        )}
        {(same.data?.length === 0 || image.seed === undefined || prompt_hash === undefined) && (
          <p className="small dimmer">
            {image.seed === undefined || prompt_hash === undefined
              ? 'Its seed or the hash of its prompt was not told.'
              : 'Within four weeks no other picture has this prompt, seed and size.'}
          </p>
        )}
      </Cell>
    </Sheet>
  );
}

const halves = <Item,>(items: readonly Item[]): readonly (readonly Item[])[] => {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
};

const TEXT_MOST = 500;
/** Columns that stand above already, or mean nothing to people. */
const ELSEWHERE = new Set(['attributes', 'prompt', 'negative_prompt', 'loras', 'lora_weights', 'nsfw_flag']);
function toldItems(image: ToldImage): readonly (readonly [string, ReactNode])[] {
  const columns = Object.entries(image).filter(
    ([name, value]) => !ELSEWHERE.has(name) && typeof value !== 'object',
  );
  return [...columns, ...Object.entries(image.attributes ?? {})].map(([name, value]) => [
    name,
    <span key={name} className="mono" dir="auto">
      {String(value).slice(0, TEXT_MOST)}
    </span>,
  ]);
}
