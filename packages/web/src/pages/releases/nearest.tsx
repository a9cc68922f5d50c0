/** Pictures of both versions whose prompts share most of their words. */
import { useState } from 'react';
import { Link } from 'wouter';
import { type NearPair, type PairSide, thumbnailAddress } from '../../api/index.ts';
import { classes } from '../../base/classes.ts';
import { formatPercent } from '../../format/index.ts';
import { useGo } from '../../url/index.ts';
import css from './pictures.module.css';

export function Nearest({
  pairs,
  version,
  against,
}: {
  pairs: readonly NearPair[];
  version: string;
  against: string;
}) {
  const { link } = useGo();
  if (pairs.length === 0) return null;
  const side = (name: string, one: PairSide, tenant: string) => (
    <Link href={link(`/images/${encodeURIComponent(one.image_id)}`)} className={css.near}>
      <Thumb side={one} tenant={tenant} alt={`${name}: ${(one.prompt ?? one.image_id).slice(0, 80)}`} />
      <span className="micro dimmer">{name}</span>
      <span className={css.prompt} dir="auto">
        {one.prompt?.slice(0, 120)}
      </span>
    </Link>
  );
  return (
    <>
      <h3>Nearest prompts</h3>
      <ul className={css.nearest}>
        {pairs.map((pair) => (
          <li key={`${pair.now.image_id} ${pair.before.image_id}`}>
            {side(against, pair.before, pair.tenant)}
            {side(version, pair.now, pair.tenant)}
            <span className="small dimmer">{formatPercent(pair.alike)} of their words are the same</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Flagged ones come blurred from the server. */
export function Thumb({
  side,
  tenant,
  alt,
  size = 320,
}: {
  side: PairSide;
  tenant: string;
  alt: string;
  size?: number;
}) {
  const [missing, setMissing] = useState(false);
  if (missing) return <span className={classes(css.thumb, css.missing)}>not kept</span>;
  return (
    <span className={css.thumb}>
      <img
        src={thumbnailAddress(side.image_id, tenant, size)}
        alt={side.nsfw_flag ? 'flagged picture, hidden' : alt}
        width={side.width}
        height={side.height}
        loading="lazy"
        decoding="async"
        onError={() => setMissing(true)}
      />
      {side.nsfw_flag && <span className={css.flag}>nsfw</span>}
    </span>
  );
}
