import { homedir } from 'node:os';
import { join } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import type { ConfigError, Environment, FlagValues } from './load.ts';

export interface ClientConfig {
  /** Base of the API without a slash at the end. */
  url: string;
  key: string | null;
}

const DEFAULT_URL = 'http://127.0.0.1:4300';

/** Where a client finds its server: flag, else environment, else loopback. */
export function loadClientConfig(flags: FlagValues, env: Environment): Result<ClientConfig, ConfigError> {
  const flag = typeof flags.url === 'string' ? flags.url : undefined;
  const text = flag ?? (env.PEGBAR_URL || DEFAULT_URL);
  const field = flag === undefined ? 'PEGBAR_URL' : '--url';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return fail({ field, value: text, cure: `write a URL such as ${DEFAULT_URL}` });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return fail({ field, value: text, cure: `write a URL that begins with http:// or https://` });
  }
  const key = typeof flags.key === 'string' ? flags.key : env.PEGBAR_KEY;
  return ok({ url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, key: key || null });
}

/** Folder for what a client remembers between runs, such as how far an import came (XDG base directories). */
export function stateDirectory(env: Environment): string {
  const base = env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local', 'state');
  return join(base, 'pegbar');
}

/** True where colour was declined (https://no-color.org) or the terminal cannot show it. */
export const declinesColour = (env: Environment): boolean => Boolean(env.NO_COLOR) || env.TERM === 'dumb';
