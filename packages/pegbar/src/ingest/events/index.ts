export {
  createEventIntake,
  type EventContext,
  type EventIntakeOptions,
  type EventVerdict,
} from './accept.ts';
