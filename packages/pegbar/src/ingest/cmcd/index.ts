export { parseCmcd } from './parse.ts';
export { createCmcdSessions } from './sessions.ts';
