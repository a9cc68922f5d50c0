/**
 * Counts documents (prompts, pictures) by what stands in them, clustered by session: prompts of one session are no
 * independent draws, so beside the documents of a cell stand the sessions and the sums of squares and products that a
 * test clustered by session needs (Rao and Scott 1984). Pure.
 */

/** What stands in documents: a kind has cells of its own. */
export const CONTENT_KINDS = [
  /** Words of prompts, in 4,096 hashed bins. */
  'token',
  /** The same of tenants whose text may not be stored: bins that only their key can read. */
  'keyed_token',
  'tag',
  'character',
  'language',
  'script',
  /** Colours of pictures, by name. */
  'colour',
] as const;
export type ContentKind = (typeof CONTENT_KINDS)[number];

/** Segments that content is kept by, beside the tenant. */
export const CONTENT_DIMS = ['region', 'model_version', 'workload', 'collection'] as const;
export type ContentDim = (typeof CONTENT_DIMS)[number];

/** One document: its segment and the cells of each kind that it has. */
export interface ContentDocument {
  readonly session: string;
  /** In the order of `CONTENT_DIMS`; '' is not told. */
  readonly values: readonly string[];
  readonly kinds: readonly {
    readonly kind: ContentKind;
    readonly cells: Iterable<number>;
    /** Names of the cells, where they may be known; read only while the document is counted. */
    readonly names?: ReadonlyMap<number, string>;
  }[];
}

/** Sums of one kind in one segment and hour, as they are stored. Lists run over the cells. */
export interface ContentSums {
  readonly kind: ContentKind;
  /** `all`, or one of `CONTENT_DIMS`. */
  readonly dim: string;
  readonly value: string;
  readonly documents: number;
  readonly sessions: number;
  /** Σ over sessions of n². */
  readonly session_squares: number;
  readonly cells: Uint16Array;
  /** Documents with the cell, sessions with it, Σ x², Σ x·n. */
  readonly counts: Uint32Array;
  readonly cell_sessions: Uint32Array;
  readonly squares: Uint32Array;
  readonly crosses: Uint32Array;
  /** '' where a name is not known, or not yet by enough sessions. */
  readonly names: readonly string[];
}

/** A word is named once so many sessions of what is counted together (a day) have it: what one person writes stays a number. */
const NAMED_SESSIONS = 3;
/** Kinds whose names are no one's words. */
const ALWAYS_NAMED: ReadonlySet<ContentKind> = new Set(['language', 'script', 'colour']);

/** Places of a cell's sums. */
const [COUNT, SESSIONS, SQUARES, CROSSES] = [0, 1, 2, 3];

interface Sums {
  documents: number;
  sessions: number;
  session_squares: number;
  cells: Map<number, [number, number, number, number]>;
}

/** How many sessions have a name of a cell, by kind. */
export class CellNameCounter {
  readonly #names = new Map<ContentKind, Map<number, Map<string, number>>>();

  add(kind: ContentKind, cell: number, name: string): void {
    const cells = this.#names.get(kind) ?? new Map<number, Map<string, number>>();
    this.#names.set(kind, cells);
    const known = cells.get(cell) ?? new Map<string, number>();
    cells.set(cell, known);
    known.set(name, (known.get(name) ?? 0) + 1);
  }

  /** The commonest name, '' where too few sessions have it. */
  nameOf(kind: ContentKind, cell: number, least = NAMED_SESSIONS): string {
    let best = '';
    let most = ALWAYS_NAMED.has(kind) ? 0 : least - 1;
    for (const [name, sessions] of this.#names.get(kind)?.get(cell) ?? [])
      if (sessions > most || (sessions === most && best !== '' && name < best))
        [best, most] = [name, sessions];
    return best;
  }

  *cells(): Generator<readonly [ContentKind, number]> {
    for (const [kind, cells] of this.#names) for (const cell of cells.keys()) yield [kind, cell];
  }
}

/** Documents of one hour, those of a session one after the other; hours that are counted together share their names. */
export class ContentCounter {
  readonly #sums = new Map<string, Sums>();
  readonly #names: CellNameCounter;
  #session: ContentDocument[] = [];

  constructor(names = new CellNameCounter()) {
    this.#names = names;
  }

  add(document: ContentDocument): void {
    if (this.#session.length > 0 && this.#session[0]!.session !== document.session) this.#close();
    this.#session.push(document);
  }

  /** No more documents come: names are known when all hours that share them have been closed. */
  close(): void {
    this.#close();
  }

  end(): ContentSums[] {
    this.#close();
    return [...this.#sums].map(([key, sums]) => {
      const [kind, dim, value] = key.split('\n') as [ContentKind, string, string];
      const cells = [...sums.cells].sort(([a], [b]) => a - b);
      const { documents, sessions, session_squares } = sums;
      const column = (place: number): Uint32Array => Uint32Array.from(cells, ([, own]) => own[place]!);
      return {
        kind,
        dim,
        value,
        documents,
        sessions,
        session_squares,
        cells: Uint16Array.from(cells, ([cell]) => cell),
        counts: column(COUNT),
        cell_sessions: column(SESSIONS),
        squares: column(SQUARES),
        crosses: column(CROSSES),
        names: cells.map(([cell]) => (dim === 'all' ? this.#names.nameOf(kind, cell) : '')),
      };
    });
  }

  #close(): void {
    const session = this.#session;
    this.#session = [];
    if (session.length === 0) return;
    this.#count(session, 'all', '');
    CONTENT_DIMS.forEach((dim, place) => {
      const values = new Map<string, ContentDocument[]>();
      for (const document of session) {
        const value = document.values[place] ?? '';
        if (value !== '') values.set(value, [...(values.get(value) ?? []), document]);
      }
      for (const [value, documents] of values) this.#count(documents, dim, value);
    });
    this.#note(session);
  }

  #count(documents: readonly ContentDocument[], dim: string, value: string): void {
    const kinds = new Map<ContentKind, { n: number; cells: Map<number, number> }>();
    for (const { kinds: own } of documents)
      for (const { kind, cells } of own) {
        const known = kinds.get(kind) ?? { n: 0, cells: new Map<number, number>() };
        kinds.set(kind, known);
        known.n++;
        for (const cell of cells) known.cells.set(cell, (known.cells.get(cell) ?? 0) + 1);
      }
    for (const [kind, { n, cells }] of kinds) {
      const key = `${kind}\n${dim}\n${value}`;
      const sums = this.#sums.get(key) ?? { documents: 0, sessions: 0, session_squares: 0, cells: new Map() };
      this.#sums.set(key, sums);
      sums.documents += n;
      sums.sessions++;
      sums.session_squares += n * n;
      for (const [cell, x] of cells) {
        const own = sums.cells.get(cell) ?? [0, 0, 0, 0];
        sums.cells.set(cell, own);
        own[COUNT]! += x;
        own[SESSIONS]!++;
        own[SQUARES]! += x * x;
        own[CROSSES]! += x * n;
      }
    }
  }

  #note(session: readonly ContentDocument[]): void {
    const seen = new Set<string>();
    for (const { kinds } of session)
      for (const { kind, names } of kinds)
        for (const [cell, name] of names ?? []) {
          const key = `${kind} ${cell} ${name}`;
          if (seen.has(key)) continue;
          seen.add(key);
          this.#names.add(kind, cell, name);
        }
  }
}
