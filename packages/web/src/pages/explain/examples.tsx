/** Pictures with the value, from both sides: what the difference looks like. */
import { Link } from 'wouter';
import type { Difference, ExplainedRow } from '../../api/index.ts';
import { PictureTile } from '../../parts/picture.tsx';
import { useGo } from '../../url/index.ts';
import css from './explain.module.css';
import { nameWords } from './words.ts';

export function Examples({ one }: { one: Difference }) {
  const { selection, rest } = one.examples;
  if (selection.length + rest.length === 0) return null;
  return (
    <div className={css.examples}>
      <Side words={`Selected, with ${nameWords(one)}`} rows={selection} />
      <Side words={`The rest, with ${nameWords(one)}`} rows={rest} />
    </div>
  );
}

function Side({ words, rows }: { words: string; rows: readonly ExplainedRow[] }) {
  const { link } = useGo();
  return (
    <div>
      <h3>{words}</h3>
      {rows.length === 0 && <p className="small dimmer">none</p>}
      <div className={css.tiles}>
        {rows.map((row) => {
          const href = link(`/requests/${encodeURIComponent(row.id)}`, { tenant: row.tenant });
          return row.image_id === '' ? (
            <Link key={row.id} className={css.noPicture} href={href}>
              {row.id}
            </Link>
          ) : (
            <PictureTile
              key={row.id}
              image={{ image_id: row.image_id, tenant: row.tenant, timestamp: '' }}
              href={href}
              cropped
              size={160}
            />
          );
        })}
      </div>
    </div>
  );
}
