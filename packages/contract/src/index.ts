export { type Column, RAW_TABLES, TABLES, type Table, tableOf } from './tables.ts';
