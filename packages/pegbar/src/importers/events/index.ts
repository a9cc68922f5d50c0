export { eventItems } from './items.ts';
