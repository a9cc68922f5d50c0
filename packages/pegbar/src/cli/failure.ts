import type { ClientFailure } from './client.ts';
import { type Context, EXIT } from './command.ts';
import type { Output } from './terminal/output.ts';
import { plain } from './terminal/table.ts';

/** Says why there is no answer, with the next step, and returns the exit status. */
export function failed(out: Output, failure: ClientFailure): number {
  const field = failure.field ? ` (${failure.field})` : '';
  out.say(`pegbar: ${plain(failure.message)}${plain(field)}`);
  if (failure.hint) out.say(plain(failure.hint));
  return failure.exit;
}

/** Says what was wrong with the command line and returns 2. */
export function wrongUsage(context: Pick<Context, 'out'>, message: string): number {
  context.out.say(`pegbar: ${message}`);
  return EXIT.usage;
}
