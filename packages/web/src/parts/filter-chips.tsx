/** The conditions of the address as chips, each with its way out. */
import { formatDuration } from '../format/index.ts';
import { fieldWords, filterParts, useContextState, valueWords } from '../url/index.ts';
import { Button } from './button.tsx';
import { Chip } from './chip.tsx';
import css from './filter-chips.module.css';

const SIGNS: Readonly<Record<string, string>> = {
  '=': '',
  '!=': 'not ',
  '>=': '≥ ',
  '<=': '≤ ',
  '~': 'contains ',
};

/** `latency` and `≥ 5.00 s`, of `latency_ms>=5000`. */
export function filterWords(filter: string): { name: string; value: string } {
  const parts = filterParts(filter);
  if (!parts) return { name: '', value: filter };
  const { field, op, value } = parts;
  const many =
    op.toLowerCase() === 'in'
      ? value
          .split(',')
          .map((one) => valueWords(field, one.trim()))
          .join(' or ')
      : valueWords(field, value);
  const shown = field.endsWith('_ms') && value !== '' ? formatDuration(Number(value)) : many;
  const sign = op.toLowerCase() === 'in' ? '' : (SIGNS[op] ?? `${op} `);
  return { name: fieldWords(field), value: value === '' ? (op === '=' ? 'none' : 'any') : sign + shown };
}

export function FilterChips() {
  const [{ filters, tenant }, change] = useContextState();
  if (filters.length === 0 && tenant === null) return null;
  return (
    <section className={css.chips} aria-label="Filters in force">
      {tenant !== null && (
        <Chip name="tenant" onRemove={() => change({ tenant: null })}>
          {tenant}
        </Chip>
      )}
      {filters.map((filter) => {
        const { name, value } = filterWords(filter);
        return (
          <Chip
            key={filter}
            name={name}
            onRemove={() => change({ filters: filters.filter((one) => one !== filter) })}
          >
            {value}
          </Chip>
        );
      })}
      <Button kind="quiet" onClick={() => change({ filters: [], tenant: null })}>
        Clear
      </Button>
    </section>
  );
}
