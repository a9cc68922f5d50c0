export { createCmcdSessions, parseCmcd } from './cmcd/index.ts';
export { createEventIntake, type EventContext, type EventVerdict } from './events/index.ts';
export { createIntake, type Intake, type Pressure } from './intake.ts';
export { type OtlpServer, startOtlpGrpc, startOtlpHttp } from './otlp/index.ts';
export { createOtlpSink } from './sink.ts';
