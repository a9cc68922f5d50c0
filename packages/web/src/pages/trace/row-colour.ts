/** Which colour a row of a waterfall has: that of the stage that it is part of. */
import { REST, STAGE_COLOURS } from '../../charts/colours.ts';
import type { Row } from './model.ts';

export const rowColour = (row: Row): string =>
  row.kind === 'root' ? 'ink' : (STAGE_COLOURS[row.within] ?? REST);
