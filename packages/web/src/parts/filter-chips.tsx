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

interface FilterChip {
  readonly of: readonly string[];
  readonly name: string;
  readonly value: string;
}
/** A chip per condition; the two ends of a stretch are one: `style distance 0.2 – 0.5`. */
export function chipsOf(filters: readonly string[]): FilterChip[] {
  const endOf = (field: string, ops: readonly string[]) => {
    const own = filters.filter((one) => filterParts(one)?.field === field);
    const ends = own.filter((one) => ops.includes(filterParts(one)?.op ?? ''));
    return ends.length === 1 ? ends[0] : undefined;
  };
  const out: FilterChip[] = [];
  for (const filter of filters) {
    if (out.some(({ of }) => of.includes(filter))) continue;
    const field = filterParts(filter)?.field ?? '';
    const [low, high] = [endOf(field, LOWER), endOf(field, UPPER)];
    const isEnd = filter === low || filter === high;
    if (!isEnd || low === undefined || high === undefined) {
      out.push({ of: [filter], ...filterWords(filter) });
      continue;
    }
    const bare = (one: string): string => filterWords(one).value.replace(/^[≥≤<>] /, '');
    out.push({ of: [low, high], name: filterWords(low).name, value: `${bare(low)} – ${bare(high)}` });
  }
  return out;
}
const LOWER = ['>=', '>'];
const UPPER = ['<', '<='];

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
      {chipsOf(filters).map(({ of, name, value }) => (
        <Chip
          key={of.join(' ')}
          name={name}
          onRemove={() => change({ filters: filters.filter((one) => !of.includes(one)) })}
        >
          {value}
        </Chip>
      ))}
      <Button kind="quiet" onClick={() => change({ filters: [], tenant: null })}>
        Clear
      </Button>
    </section>
  );
}
