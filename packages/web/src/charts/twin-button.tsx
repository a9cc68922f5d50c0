/** Shows a chart as a table, and back. Beside the words of its head, so that the note at the end stands at the edge. */
import type { RefObject } from 'react';
import { Icon } from '../parts/icon.tsx';
import css from './chart-cell.module.css';

interface TwinButtonProps {
  readonly title: string;
  readonly pressed: boolean;
  readonly onClick: () => void;
  readonly anchor?: RefObject<HTMLButtonElement | null>;
}
export const TwinButton = ({ title, pressed, onClick, anchor }: TwinButtonProps) => (
  <button
    type="button"
    ref={anchor}
    className={css.twin}
    onClick={onClick}
    aria-pressed={pressed}
    aria-label={`${title} as a table`}
    title="As a table (T)"
  >
    <Icon name="table" />
  </button>
);
