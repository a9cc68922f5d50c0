export { EXIT } from './command.ts';
export type { CliIo, Writer } from './io.ts';
export { run } from './run.ts';
export type { DemoOptions, ServerCommands } from './server-commands.ts';
