/** The published list of what is collected: every field that is taken, every attribute that is read, every column. */
import { useDeferredValue, useMemo, useState } from 'react';
import { type Catalogue, useCatalogue } from '../../api/index.ts';
import { formatCount } from '../../format/index.ts';
import { Segmented } from '../../parts/button.tsx';
import { TextField } from '../../parts/field.tsx';
import { Cell, Head, Sheet } from '../../parts/sheet.tsx';
import { Failed, Loading, Note } from '../../parts/states.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { useParameter } from '../../url/index.ts';
import css from './admin.module.css';

interface Line {
  readonly of: string;
  readonly name: string;
  readonly form: string;
  readonly doc: string;
}
const KINDS = [
  ['records', 'Fields'],
  ['attributes', 'Attributes'],
  ['tables', 'Columns'],
] as const;
type Kind = (typeof KINDS)[number][0];

const HEADS: Readonly<Record<Kind, readonly [of: string, name: string, form: string, doc: string]>> = {
  records: ['Record', 'Field', 'Form', 'Meaning'],
  attributes: ['Fills column', 'Attribute', 'Stands on', 'Other names'],
  tables: ['Table', 'Column', 'Type', 'Meaning'],
};

/** One line for each thing that is collected. */
export function linesOf(catalogue: Catalogue, kind: Kind): Line[] {
  if (kind === 'records')
    return catalogue.records.flatMap(({ record, fields }) =>
      fields.map(({ name, form, unit, doc, required }) => ({
        of: record,
        name,
        doc,
        form: [form.replaceAll('_', ' '), unit, required ? 'required' : ''].filter(Boolean).join(', '),
      })),
    );
  if (kind === 'attributes')
    return catalogue.attributes.map(({ names, column, levels }) => ({
      of: column,
      name: names[0] ?? '',
      form: levels.join(', '),
      doc: names.slice(1).join(', '),
    }));
  return catalogue.tables.flatMap(({ table, columns }) =>
    columns.map(({ name, type, doc }) => ({ of: table, name, form: type, doc })),
  );
}

export function Part() {
  const { data, error, isPending, refetch } = useCatalogue();
  const [asked, choose] = useParameter('list');
  const kind: Kind = KINDS.find(([id]) => id === asked)?.[0] ?? 'records';
  const [words, setWords] = useState('');
  const sought = useDeferredValue(words.trim().toLowerCase());
  const all = useMemo(() => (data ? linesOf(data, kind) : []), [data, kind]);
  const rows = useMemo(
    () =>
      sought === ''
        ? all
        : all.filter((line) =>
            `${line.of} ${line.name} ${line.form} ${line.doc}`.toLowerCase().includes(sought),
          ),
    [all, sought],
  );
  const [of, name, form, doc] = HEADS[kind];
  const columns: Column<Line>[] = [
    { id: 'of', title: of, width: '160px', cell: (line) => <span className="dim">{line.of}</span> },
    {
      id: 'name',
      title: name,
      cell: (line) => (
        <span className={css.lines}>
          <span className="mono">{line.name}</span>
          <span className={`only-s small dim ${css.wrap}`}>
            <Doc text={line.doc} />
          </span>
        </span>
      ),
    },
    { id: 'form', title: form, wide: true, cell: (line) => <span className="dimmer">{line.form}</span> },
    { id: 'doc', title: doc, wide: true, cell: (line) => <Doc text={line.doc} /> },
  ];
  return (
    <Sheet label="What is collected">
      <Head
        alone
        title="What is collected"
        unit={data ? `${formatCount(rows.length)} of ${formatCount(all.length)}` : ''}
        end={<Segmented label="List" value={kind} choices={KINDS} onChange={choose} />}
      />
      <Cell>
        <TextField label="Find" value={words} onChange={setWords} placeholder="prompt, user, seed, GPU" />
      </Cell>
      {isPending && <Loading height={480} label="What is collected" />}
      {error && !data && <Failed error={error} onRetry={() => void refetch()} />}
      {data && rows.length === 0 && <Note title="Nothing of that name is collected" />}
      {rows.length > 0 && (
        <Table
          label="List: what is collected"
          rows={rows}
          keyOf={(line) => `${line.of} ${line.name}`}
          columns={columns}
          height={640}
        />
      )}
    </Sheet>
  );
}

/** What stands between backticks is a name. */
const Doc = ({ text }: { text: string }) => (
  <span className={css.doc}>
    {text
      .split('`')
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text have no other name
      .map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))}
  </span>
);
