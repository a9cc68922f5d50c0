export { binOf, type Grid, quantileOf, valueOfBin } from './grid.ts';
