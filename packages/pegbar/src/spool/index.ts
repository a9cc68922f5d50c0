export { BLOCK_FRAME, type Frame, IDS_FRAME } from './format.ts';
export { IDS_KEPT_MS, type IdFile } from './ids.ts';
export { type ClosedLog, type DeadLetter, openShelf, type Segments, type Shelf } from './shelf.ts';
export { openSpool, type Place, type Spool, type SpoolOptions } from './spool.ts';
