/** Fields of forms: a name above, what is wrong or what it means below. */
import { type ReactNode, useId } from 'react';
import { ApiError } from '../api/index.ts';
import { classes } from '../base/classes.ts';
import css from './field.module.css';

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly wrong?: string | undefined;
  /** Given the id that ties it to its name, and that of the words below. */
  readonly children: (ids: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => ReactNode;
}
export function Field({ label, hint, wrong, children }: FieldProps) {
  const id = useId();
  const below = `${id}-below`;
  return (
    <div className={css.field}>
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': below, 'aria-invalid': wrong !== undefined })}
      <p id={below} className={classes(css.below, wrong !== undefined && 'crit')}>
        {wrong ?? hint}
      </p>
    </div>
  );
}

interface TextFieldProps extends Omit<FieldProps, 'children'> {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly mono?: boolean;
  readonly lines?: number;
  /** Known values to choose from. */
  readonly known?: readonly string[];
}
export function TextField({ value, onChange, placeholder, mono, lines, known, ...rest }: TextFieldProps) {
  const list = useId();
  const shared = {
    value,
    placeholder,
    spellCheck: false,
    autoComplete: 'off',
    className: classes(css.input, mono === true && 'mono'),
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  return (
    <Field {...rest}>
      {(ids) =>
        lines === undefined ? (
          <>
            <input {...ids} {...shared} {...(known ? { list } : {})} />
            {known && (
              <datalist id={list}>
                {known.map((one) => (
                  <option key={one} value={one} />
                ))}
              </datalist>
            )}
          </>
        ) : (
          <textarea {...ids} {...shared} rows={lines} />
        )
      }
    </Field>
  );
}

interface ChoiceFieldProps<Value extends string> {
  readonly label: string;
  readonly values: readonly Value[];
  readonly choices: readonly (readonly [Value, string])[];
  readonly onChange: (values: readonly Value[]) => void;
}
/** Some of a few, each with a word on what it opens. */
export const Checks = <Value extends string>({
  label,
  values,
  choices,
  onChange,
}: ChoiceFieldProps<Value>) => (
  <fieldset className={css.checks}>
    <legend>{label}</legend>
    {choices.map(([value, words]) => (
      <label key={value}>
        <input
          type="checkbox"
          checked={values.includes(value)}
          onChange={(event) =>
            onChange(event.target.checked ? [...values, value] : values.filter((one) => one !== value))
          }
        />
        <span>
          <b>{value}</b> <span className="dimmer">{words}</span>
        </span>
      </label>
    ))}
  </fieldset>
);

interface SelectFieldProps<Value extends string> extends Omit<FieldProps, 'children'> {
  readonly value: Value;
  readonly choices: readonly (readonly [Value, string])[];
  readonly onChange: (value: Value) => void;
}
/** One of a few. */
export const SelectField = <Value extends string>({
  value,
  choices,
  onChange,
  ...rest
}: SelectFieldProps<Value>) => (
  <Field {...rest}>
    {(ids) => (
      <select
        {...ids}
        className={css.select}
        value={value}
        onChange={(event) => onChange(event.target.value as Value)}
      >
        {choices.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    )}
  </Field>
);

/** Fields beside each other; under each other on phones. */
export const Fields = ({ columns, children }: { columns: 2 | 3; children: ReactNode }) => (
  <div className={columns === 2 ? css.two : css.three}>{children}</div>
);

/** What the server said to a form, in the form. */
export const Refused = ({ error }: { error: unknown }) =>
  error === null || error === undefined ? null : (
    <p className={classes(css.refused, 'crit')} role="alert">
      {error instanceof ApiError ? `${error.message}. ${error.hint ?? ''} (${error.code})` : String(error)}
    </p>
  );

export const Form = ({ onSubmit, children }: { onSubmit: () => void; children: ReactNode }) => (
  <form
    className={css.form}
    onSubmit={(event) => {
      event.preventDefault();
      onSubmit();
    }}
  >
    {children}
  </form>
);
