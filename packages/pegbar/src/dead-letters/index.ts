/** What was acknowledged and could not be loaded: listed, and tried again. */
export { createDeadLetters, type DeadLetters, type Replayed } from './dead-letters.ts';
