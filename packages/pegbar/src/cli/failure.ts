import type { ClientFailure } from './client.ts';
import { type Context, EXIT } from './command.ts';
import type { Output } from './terminal/output.ts';

/** Says why there is no answer, with the next step, and returns the exit status. */
export function failed(out: Output, failure: ClientFailure): number {
  const { code = failure.kind, message, field, hint } = failure;
  out.error({ code, message, ...(field && { field }), ...(hint && { hint }) });
  return failure.exit;
}

/** Says what was wrong with the command line and returns 2. */
export function wrongUsage(context: Pick<Context, 'out'>, message: string): number {
  context.out.error({ code: 'usage', message });
  return EXIT.usage;
}
