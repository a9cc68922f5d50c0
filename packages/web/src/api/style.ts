/** How far pictures lie from the centroids of their collections. */
import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { DAY, stepAtLeast, useContextState, useWindow, type Window } from '../url/index.ts';
import { get } from './client.ts';
import type { ImageRow } from './types.ts';

export interface StyleSide {
  readonly n: number;
  readonly p50: number | null;
  readonly p95: number | null;
  /** Number of the bin, pictures in it. */
  readonly bins: readonly (readonly [number, number])[];
}
/** Shares of the tones of a palette, in their order; null where no picture has a palette. */
export type Shares = readonly number[] | null;
export interface StylePalette {
  /** `#rrggbb`, commonest first. */
  readonly tones: readonly string[];
  readonly now: Shares;
  readonly before: Shares;
  readonly points: readonly Shares[];
}
export interface StyleCollection {
  readonly tenant: string;
  readonly collection: string;
  readonly now: StyleSide;
  readonly before: StyleSide | null;
  /** Share of the pictures of now that lie beyond 95 % of those of before. */
  readonly over: number | null;
  /** null: no picture of it has been looked at. */
  readonly palette: StylePalette | null;
  readonly points: readonly {
    readonly n: number;
    readonly p5: number | null;
    readonly p50: number | null;
    readonly p95: number | null;
  }[];
  readonly models: readonly {
    readonly model_version: string;
    readonly n: number;
    readonly p50: readonly (number | null)[];
    /** By point, of the tones of the collection. */
    readonly palette: readonly Shares[] | null;
  }[];
}
export interface StyleHealth {
  readonly step_s: number;
  readonly times: readonly string[];
  readonly bin_width: number;
  readonly collections: readonly StyleCollection[];
}

export interface StylePicture extends ImageRow {
  readonly style_distance: number;
  /** How the colours of an outlier differ from those of the nearest pictures. */
  readonly apart?: { readonly lightness: number; readonly chroma: number; readonly hue: number | null };
}
export interface Moved {
  readonly name: string;
  readonly now: { readonly mean: number; readonly n: number } | null;
  readonly before: { readonly mean: number; readonly n: number } | null;
}
export interface StylePictures {
  readonly over: number;
  readonly outside: number;
  readonly of: number;
  readonly outliers: readonly StylePicture[];
  readonly nearest: readonly StylePicture[];
  readonly moved: readonly Moved[];
}

/** What is now and what was before, in one stretch of time. */
export interface Parting extends Window {
  /** From here on it is now; null where all is now or a release parts them. */
  readonly split_ms: number | null;
  readonly release: string | null;
  readonly step_ms: number;
  /** How many points before a point its baseline lies; null where none is on the axis: nothing is compared, or a release is. */
  readonly points_back: number | null;
}

/** A day each over four weeks. */
const POINTS = 30;

/**
 * The week or day before is compared within the range where it is longer; a range of that length and the previous range
 * are compared with what lies before them.
 */
export function useParting(): Parting {
  const [{ compare }] = useContextState();
  const { from_ms, to_ms, step_ms: least_ms } = useWindow();
  return useMemo(() => {
    const length = to_ms - from_ms;
    const apart =
      compare === 'day' ? DAY : compare === 'week' ? 7 * DAY : compare === 'previous' ? length : 0;
    // The last day begins on a step, a little before a day ago.
    const split_ms = apart === 0 ? null : apart >= length - least_ms ? from_ms : to_ms - apart;
    const start = split_ms === from_ms ? from_ms - length : from_ms;
    const release = compare.startsWith('release:') ? compare.slice('release:'.length) : null;
    const step_ms = stepAtLeast((to_ms - start) / POINTS);
    const points_back = apart === 0 ? null : Math.max(1, Math.round(apart / step_ms));
    return { from_ms: start, to_ms, split_ms, release, step_ms, points_back };
  }, [compare, from_ms, to_ms, least_ms]);
}

const asked = ({ from_ms, to_ms, split_ms, release }: Parting) => ({
  from: from_ms,
  to: to_ms,
  split: split_ms,
  release,
});

export function useStyleHealth(parting: Parting): UseQueryResult<StyleHealth> {
  const [{ filters, tenant }] = useContextState();
  const params = { ...asked(parting), step: parting.step_ms / 1000, filter: filters, tenant };
  return useQuery({
    queryKey: ['style-health', params],
    queryFn: ({ signal }) => get<StyleHealth>('style-health', params, signal),
    placeholderData: keepPreviousData,
  });
}

/** Of one collection of one tenant; nothing is asked before there is one. */
export function useStylePictures(
  parting: Parting,
  chosen: { readonly tenant: string; readonly collection: string; readonly over: number } | null,
): UseQueryResult<StylePictures> {
  const [{ filters }] = useContextState();
  const params = { ...asked(parting), filter: filters, ...chosen };
  return useQuery({
    queryKey: ['style-pictures', params],
    queryFn: ({ signal }) => get<StylePictures>('style-health/pictures', params, signal),
    enabled: chosen !== null,
  });
}
