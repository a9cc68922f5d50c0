/** Models, hosts and settings that fail most, with how often all do. */
import { Link } from 'wouter';
import type { Failures } from '../../api/index.ts';
import { FEW, formatCount, formatPercent } from '../../format/index.ts';
import { Head } from '../../parts/sheet.tsx';
import { Note } from '../../parts/states.tsx';
import { fieldWords, useGo } from '../../url/index.ts';
import css from './errors.module.css';
import { codeWords, type Suspect, suspectsOf } from './words.ts';

const SHOWN = 10;

export function Settings({ failures }: { failures: Failures }) {
  const suspects = suspectsOf(failures).slice(0, SHOWN);
  const most = Math.max(1e-9, ...suspects.filter((one) => one.of >= FEW).map((one) => one.rate));
  const note = failures.one_in > 1 ? 'shares from a sample' : 'most above the usual first';
  return (
    <>
      <Head alone title="What failing requests have in common" end={<span className="hide-s">{note}</span>} />
      {suspects.length === 0 && (
        <Note
          title={
            failures.settings.length === 0
              ? 'Failing requests tell nothing of their settings'
              : 'Nothing fails more often than the rest'
          }
          height={96}
        />
      )}
      {suspects.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col" className="hide-s">
                Mostly
              </th>
              <th scope="col" className="r">
                Failed
              </th>
              <th scope="col" className="r hide-s">
                of
              </th>
              <th scope="col" className="r">
                Share
              </th>
            </tr>
          </thead>
          <tbody>
            {suspects.map((one) => (
              <SettingRow key={`${one.field} ${one.value}`} one={one} most={most} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** Its requests as filters; null where the value is made of several columns. */
function conditionsOf({ field, value }: Suspect): string[] | null {
  if (field === 'host') return [`attributes.host=${value}`];
  if (field !== 'size') return [`${field}=${value}`];
  const [width, height] = value.split(' × ');
  return [`width=${width}`, `height=${height}`];
}

function SettingRow({ one, most }: { one: Suspect; most: number }) {
  const { link } = useGo();
  const filter = [...(conditionsOf(one) ?? []), 'outcome in failed,timed_out'];
  return (
    <tr>
      <td className={css.setting}>
        <Link href={link('/requests', { filter })}>
          <span className="dimmer">{fieldWords(one.field)}</span> {one.value}
        </Link>
      </td>
      <td className="dim hide-s">{codeWords(one.code)}</td>
      <td className="r">{formatCount(one.failed)}</td>
      <td className="r dimmer hide-s">{formatCount(one.of)}</td>
      <td className="r">
        <span className={css.share}>
          <i
            className="hide-s"
            style={{ width: `${Math.min(72, (one.rate / most) * 72).toFixed(1)}px` }}
            aria-hidden="true"
          />
          <span className={one.of < FEW ? 'dimmer' : undefined}>{formatPercent(one.rate)}</span>
        </span>
      </td>
    </tr>
  );
}
