/** Compares two files: reads them into exact counts, hands these to `stats`, and puts the answer into words. */
export { type ColumnResult, type CompareSettings, compareSketches } from './compare.ts';
export { openTable } from './open.ts';
export { type CompareRequest, readSketches, type Sketches } from './read.ts';
export { type ColumnReport, columnReport, wordsOf } from './report.ts';
export type { Kind } from './sketch.ts';
export type { Table } from './table.ts';
