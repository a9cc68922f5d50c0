/** The listener: a grey ring, then green with the first picture; amber where lines were refused. */
import { formatCount } from '../../format/index.ts';
import { ButtonLink } from '../../parts/button.tsx';
import { Chip } from '../../parts/chip.tsx';
import { Listener } from '../../parts/listener.tsx';
import { PictureTile } from '../../parts/picture.tsx';
import { Sheet } from '../../parts/sheet.tsx';
import { useContextState, useGo } from '../../url/index.ts';
import css from './start.module.css';
import type { Arrival } from './use-arrival.ts';

export function Listening({ arrival }: { arrival: Arrival }) {
  const { link } = useGo();
  const { picture } = arrival;
  const page = picture ? link(`/images/${encodeURIComponent(picture.image_id)}`) : link('/');
  const [title, sentence] = wordsOf(arrival);
  return (
    <Sheet label="Listener">
      <Listener
        state={arrival.state}
        title={title}
        sentence={sentence}
        {...(arrival.state === 'arrived' || picture
          ? {
              action: (
                <ButtonLink href={page} kind={arrival.state === 'arrived' ? 'solid' : 'plain'}>
                  {picture ? 'Open it' : 'Open Home'}
                </ButtonLink>
              ),
            }
          : {})}
      />
      {picture && (
        <div className={css.first}>
          <PictureTile image={picture} href={page} size={384} />
          <p className={css.chips}>
            {picture.model_version && <Chip>{picture.model_version}</Chip>}
            {picture.seed && <Chip name="seed ">{picture.seed}</Chip>}
            {picture.width && picture.height && <Chip>{`${picture.width} × ${picture.height}`}</Chip>}
          </p>
        </div>
      )}
      <Log heard={arrival.heard} />
    </Sheet>
  );
}

function wordsOf({ state, rows, stored, refused, picture }: Arrival): [title: string, sentence: string] {
  if (state === 'refused' && refused)
    return [
      `Arriving, but ${formatCount(refused.count)} ${refused.count === 1 ? 'line was' : 'lines were'} rejected`,
      `Most of them: ${refused.reason}. What a line lacked stands in the answer that its sender got.`,
    ];
  if (state === 'arrived')
    return [
      picture ? 'Your first picture is here' : 'Your first data is here',
      rows > 0
        ? `${formatCount(rows)} rows since you opened this page.`
        : 'It came before you opened this page; the listening goes on.',
    ];
  return [
    'Listening',
    stored > 0 ? `${formatCount(stored)} rows are stored; nothing new yet.` : 'Nothing has arrived yet.',
  ];
}

function Log({ heard }: Pick<Arrival, 'heard'>) {
  const [{ zone }] = useContextState();
  if (heard.length === 0) return null;
  return (
    <div className={css.log} role="log" aria-label="What was heard">
      {heard.map(({ at_ms, text, status }) => (
        <div key={text}>
          <span>{secondOf(at_ms, zone)}</span>
          <span className={status === 'none' ? '' : status}>{text}</span>
        </div>
      ))}
    </div>
  );
}

const secondOf = (ms: number, zone: 'utc' | 'local'): string => {
  const date = new Date(ms);
  return zone === 'utc' ? date.toISOString().slice(11, 19) : date.toTimeString().slice(0, 8);
};
