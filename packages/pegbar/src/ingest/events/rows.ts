import type { PegbarRecord } from '@pegbar/contract';
import type { Blocks, RowContext } from './common.ts';
import { writeSample } from './samples.ts';
import { writeBoundary, writeStage } from './stages.ts';

/** Writes the rows that a record becomes, protected. A stage with a boundary is a stage and a boundary. */
export function writeRows(record: PegbarRecord, context: RowContext, blocks: Blocks): void {
  if (record.type === 'stage') writeStage(record, context, blocks('spans'));
  else if (record.type === 'boundary') writeBoundary(record, record.boundary, context, blocks('spans'));
  else writeSample(record, context, blocks);
}
