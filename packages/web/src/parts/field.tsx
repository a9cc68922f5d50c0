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
      <p
        id={below}
        className={classes(css.below, wrong !== undefined && 'crit')}
        role={wrong === undefined ? undefined : 'alert'}
      >
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

/** Names of the API: whoever fills in a form does not know them. */
const OF_THE_API = /`field`|`[a-z_]+` names/;
const cure = ({ hint }: ApiError): string => (hint === undefined || OF_THE_API.test(hint) ? '' : ` ${hint}`);

/** What the server said of the field of that name, to be shown under it; undefined where it is about another. */
export function wrongOf(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiError) || error.field !== field) return undefined;
  const text = error.message.replace(new RegExp(`^${field}(?:: | is )`), '');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.${cure(error)}`;
}

/** What the server said to a form, in the form; what is about a field of `at` stands under that. */
export const Refused = ({ error, at = [] }: { error: unknown; at?: readonly string[] }) =>
  error === null ||
  error === undefined ||
  (error instanceof ApiError && error.field !== undefined && at.includes(error.field)) ? null : (
    <p className={classes(css.refused, 'crit')} role="alert">
      {error instanceof ApiError ? `${error.message}.${cure(error)} (${error.code})` : String(error)}
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
