/** Deletes what is stored of a user. */
export { createErasures, type Erased, type Erasures } from './erasure.ts';
export { createOptOuts, type OptOuts } from './opt-outs.ts';
