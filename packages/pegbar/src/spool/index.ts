export { BLOCK_FRAME, type Frame, IDS_FRAME } from './format.ts';
export {
  type ClosedLog,
  type DeadLetter,
  openSpool,
  type Place,
  type Segments,
  type Spool,
  type SpoolOptions,
} from './spool.ts';
