export { type Loading, startLoading } from './loading.ts';
