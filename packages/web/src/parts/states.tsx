/** Why there is nothing to see, and what to do about it. Every page and every cell has these. */
import type { ReactNode } from 'react';
import { ApiError } from '../api/index.ts';
import { classes } from '../base/classes.ts';
import { fieldWords } from '../url/index.ts';
import { Button, ButtonLink } from './button.tsx';
import css from './states.module.css';

export { Loading } from './loading.tsx';

interface NoteProps {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  readonly crit?: boolean;
  /** Within a chart or table: the height that its content would have. */
  readonly height?: number;
}
/** Says what is so, why, and what to do. */
export const Note = ({ title, children, action, crit = false, height }: NoteProps) => (
  <div className={css.note} style={{ minHeight: height }} role={crit ? 'alert' : 'status'}>
    <b className={classes(crit && 'crit')}>{title}</b>
    {children !== undefined && <p>{children}</p>}
    {action !== undefined && <div className={css.action}>{action}</div>}
  </div>
);

interface FailedProps {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
  readonly height?: number;
}
/** What failed, in its own place; the rest of the page stays. */
export function Failed({ error, onRetry, height }: FailedProps) {
  const told = error instanceof ApiError ? error : null;
  const size = height === undefined ? {} : { height };
  if (told?.status === 403)
    return (
      <Note title="You may not see this" {...size}>
        {told.message}. Ask whoever runs this server for it.
      </Note>
    );
  // What is not there is not there a second time either.
  if (told?.status === 404)
    return (
      <Note title={sentence(told.message).slice(0, -1)} {...size}>
        {told.hint === undefined ? '' : sentence(told.hint)}
      </Note>
    );
  // What is told of has no such field: asking again changes nothing, another segment does.
  if (told?.code === 'invalid_request' && told.field === 'filter')
    return (
      <Note title="The segment does not fit here" {...size}>
        {unfitting(told.message)}
      </Note>
    );
  const title =
    told?.code === 'offline'
      ? 'The server does not answer'
      : told?.code === 'timeout' || told?.code === 'query_limit'
        ? 'The question was too large'
        : 'This could not be loaded';
  return (
    <Note
      title={title}
      crit
      {...size}
      {...(onRetry ? { action: <Button onClick={onRetry}>Try again</Button> } : {})}
    >
      {told && told.code !== 'offline' ? `${sentence(told.message)} ${told.hint ?? ''} (${told.code})` : ''}
      {told?.code === 'offline' ? 'It may be restarting; what you see is as old as the last answer.' : ''}
      {told === null ? String(error instanceof Error ? error.message : error) : ''}
    </Note>
  );
}

/** Messages of the API begin small and have no full stop; here they stand as sentences. */
const sentence = (text: string): string =>
  `${text.slice(0, 1).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;

/** `There is no field outcome here`, `delivered_fps cannot be filtered by outcome`: the field is what matters. */
function unfitting(message: string): string {
  const field = /no field (\S+)|filtered by (\S+)/.exec(message)?.slice(1).find(Boolean);
  return field === undefined ? sentence(message) : `This is not told by ${fieldWords(field)}.`;
}

/** Nothing has ever arrived. */
export const NothingEver = () => (
  <Note
    title="Nothing has ever arrived"
    action={<ButtonLink href="/start">Send your first picture</ButtonLink>}
  >
    The server listens; no request, picture or span has come yet.
  </Note>
);

/** There is data, but none in the range. */
export const NothingHere = (props: { range: string; newest: string; onJump: () => void }) => (
  <Note
    title={`Nothing in the ${props.range.replace(/^Last/, 'last')}`}
    action={<Button onClick={props.onJump}>Jump to your data</Button>}
  >
    Your newest data is of {props.newest}.
  </Note>
);

/** The filters leave nothing. */
export const FilteredOut = (props: {
  what: string;
  count: number;
  onClear: () => void;
  /** Ways that take one filter away, the best first. */
  less?: ReactNode;
}) => (
  <Note
    title={`No ${props.what} match the ${props.count === 1 ? 'filter' : `${props.count} filters`}`}
    action={
      <>
        {props.less}
        <Button onClick={props.onClear}>
          {props.count === 1 ? 'Remove the filter' : 'Remove all filters'}
        </Button>
      </>
    }
  />
);
