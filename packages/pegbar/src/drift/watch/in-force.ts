/** Which monitors there are: the declared ones, and the built-in ones that nobody declared otherwise. */
import { isDeepStrictEqual } from 'node:util';
import { readInstant } from '@pegbar/contract';
import { ok, type Result } from '../../base/result.ts';
import { readPlainly } from '../../base/schema-words.ts';
import type { Queries } from '../../state/index.ts';
import { DECLARED_MONITORS } from '../queries.ts';
import { BUILT_IN, type DriftMonitor, driftMonitorSchema } from './monitors.ts';

export interface Monitor {
  readonly name: string;
  /** Owner; '' is the installation. */
  readonly tenant: string;
  readonly origin: 'declared' | 'built_in';
  /** A declared one that stands in the place of a built-in one. */
  readonly replaces: boolean;
  /** As it was declared; of built-in ones what it is. */
  readonly written: unknown;
  /** What is wrong with a document that an earlier version took. */
  readonly spec: Result<DriftMonitor, string>;
}

export const nameOf = ({ name, tenant }: Pick<Monitor, 'name' | 'tenant'>): string =>
  JSON.stringify([name, tenant]);

export async function allMonitors(state: Queries): Promise<Monitor[]> {
  const rows = await state.all<{ tenant: string; name: string; spec: string }>(DECLARED_MONITORS);
  const declared = rows.map(({ tenant, name, spec }): Monitor => {
    const written: unknown = JSON.parse(spec);
    const read = readPlainly(driftMonitorSchema, written);
    const issue = read.error?.issues[0];
    return {
      name,
      tenant,
      origin: 'declared',
      written,
      replaces: tenant === '' && name in BUILT_IN,
      spec: read.success
        ? ok(read.data)
        : { ok: false, error: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'cannot be read'}` },
    };
  });
  const own = new Set(declared.filter(({ tenant }) => tenant === '').map(({ name }) => name));
  const builtIn = Object.entries(BUILT_IN)
    .filter(([name]) => !own.has(name))
    .map(
      ([name, spec]): Monitor => ({
        name,
        tenant: '',
        origin: 'built_in',
        replaces: false,
        written: written(spec),
        spec: ok(spec),
      }),
    );
  return [...declared, ...builtIn];
}

/** Without what holds anyway, so that a document that replaces it is short. */
function written(spec: DriftMonitor): unknown {
  const usual: Record<string, unknown> = driftMonitorSchema.parse({ metric: spec.metric });
  const said = Object.entries(spec).filter(
    ([name, value]) => name === 'metric' || !isDeepStrictEqual(value, usual[name]),
  );
  return Object.fromEntries(said);
}

export const isMuted = ({ muted_until: until }: DriftMonitor, now_ms: number): boolean =>
  until !== undefined && (readInstant(until)?.ms ?? 0) > now_ms;
