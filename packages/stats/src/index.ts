export { binOf, type Counts, type Grid, quantileOf, valueOfBin } from './grid.ts';
