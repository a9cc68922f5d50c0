/** Buttons, the controls of the context bar, and the row of alternatives. */
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { Link } from 'wouter';
import { classes } from '../base/classes.ts';
import css from './button.module.css';

type Native = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'>;

export interface ButtonProps extends Native {
  /** solid: the advised one, at most one of a page. danger: red words, and a confirm that names the effect. */
  readonly kind?: 'solid' | 'plain' | 'quiet' | 'danger';
  /** Its work is under way: the words stay, a ring turns. */
  readonly busy?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

export const Button = ({ kind = 'plain', busy = false, children, disabled, ...rest }: ButtonProps) => (
  <button
    type="button"
    className={classes(css.button, css[kind])}
    disabled={disabled === true || busy}
    aria-busy={busy || undefined}
    {...rest}
  >
    {busy && <span className={css.ring} aria-hidden="true" />}
    {children}
  </button>
);

/** A link that looks like a button: it leads somewhere, and can be opened in another tab. */
export const ButtonLink = (props: { href: string; kind?: ButtonProps['kind']; children: ReactNode }) => (
  <Link href={props.href} className={classes(css.button, css[props.kind ?? 'plain'])}>
    {props.children}
  </Link>
);

export interface ControlProps extends Native {
  /** The grey word before the value. */
  readonly name?: string;
  /** Differs from what the page starts with: an ink border. */
  readonly changed?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

export const Control = ({ name, changed = false, children, ...rest }: ControlProps) => (
  <button type="button" className={classes(css.control, changed && css.changed)} {...rest}>
    {name !== undefined && <span className={css.name}>{name}</span>}
    {typeof children === 'string' ? <span>{children}</span> : children}
  </button>
);

interface SegmentedProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly choices: readonly (readonly [Value, string])[];
  readonly onChange: (value: Value) => void;
}

export const Segmented = <Value extends string>({
  label,
  value,
  choices,
  onChange,
}: SegmentedProps<Value>) => (
  // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out in a line everywhere
  <div className={css.segmented} role="group" aria-label={label}>
    {choices.map(([choice, words]) => (
      <button key={choice} type="button" aria-pressed={choice === value} onClick={() => onChange(choice)}>
        {words}
      </button>
    ))}
  </div>
);
