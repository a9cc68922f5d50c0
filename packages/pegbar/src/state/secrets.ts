/**
 * The secret of an installation, in `<data>/secrets.json` (mode 0600), apart from the database so that a
 * copy of the database alone gives no user away.
 *
 * A tenant's secret is HKDF-SHA256 of the root: equal users and prompts of two tenants have different
 * hashes. A lost root cannot be made again: every hash would change, opt-outs would no longer match. So a
 * damaged file is an error, and the database remembers a fingerprint of the root it was written with.
 */
import { hkdfSync, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import { readSetting, writeSetting } from './settings.ts';
import type { State } from './state.ts';

const SECRET_BYTES = 32;
/** Tenant secrets kept in memory; deriving one again costs microseconds. */
const CACHE_LIMIT = 4_096;
const FINGERPRINT_KEY = 'state.root_secret_fingerprint';

export interface Secrets {
  /** 32 bytes that only this tenant's hashes use. The same after every start. */
  tenantSecret(tenant: string): Buffer;
  /** 32 bytes for one other use, such as signing; `purpose` is a constant of the caller. */
  derive(purpose: string): Buffer;
}

export interface SecretsError {
  code: 'secrets_damaged' | 'secrets_changed';
  message: string;
  hint: string;
}

/** Reads the secrets of a data directory, or makes them on its first start. */
export function loadSecrets(
  dataDir: string,
  random: (bytes: number) => Buffer = randomBytes,
): Result<Secrets, SecretsError> {
  const path = join(dataDir, 'secrets.json');
  let text = readIfThere(path);
  if (text === undefined) {
    create(path, `${JSON.stringify({ version: 1, root: random(SECRET_BYTES).toString('base64') })}\n`);
    text = readFileSync(path, 'utf8');
  }
  const root = parseRoot(text);
  if (!root) return fail(damaged(path));
  // A copy or an archive may have widened the mode. Windows has no such bits.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  return ok(secretsFrom(root));
}

/** Compares the secrets with those the database was written with; remembers them the first time. */
export async function checkSecrets(
  state: State,
  secrets: Secrets,
  now: number,
): Promise<Result<void, SecretsError>> {
  const fingerprint = secrets.derive('fingerprint').subarray(0, 8).toString('hex');
  const known = await readSetting(state, FINGERPRINT_KEY);
  if (known === undefined) await writeSetting(state, FINGERPRINT_KEY, fingerprint, now);
  else if (known !== fingerprint) {
    return fail({
      code: 'secrets_changed',
      message: 'secrets.json is not the one that the state database was written with',
      hint: 'Put secrets.json of the same backup beside state.db; with another one, hashed users no longer match.',
    });
  }
  return ok(undefined);
}

function secretsFrom(root: Buffer): Secrets {
  const tenants = new Map<string, Buffer>();
  const expand = (info: string): Buffer =>
    Buffer.from(hkdfSync('sha256', root, '', `pegbar/${info}`, SECRET_BYTES));
  return {
    tenantSecret(tenant) {
      let secret = tenants.get(tenant);
      if (!secret) {
        if (tenants.size >= CACHE_LIMIT) tenants.clear();
        secret = expand(`tenant/${tenant}`);
        tenants.set(tenant, secret);
      }
      return secret;
    },
    derive: (purpose) => expand(`purpose/${purpose}`),
  };
}

/** Complete or absent, never half: written aside, synced, then linked under its name unless one is there. */
function create(path: string, text: string): void {
  const aside = `${path}.${process.pid}.new`;
  const file = openSync(aside, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(aside, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Some file systems know no links.
    if (code === 'EPERM' || code === 'ENOTSUP') renameSync(aside, path);
    else if (code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
  if (process.platform !== 'win32') syncFolder(dirname(path));
}

/** Makes the new name itself survive power loss. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseRoot(text: string): Buffer | undefined {
  try {
    const { version, root } = JSON.parse(text) as { version?: unknown; root?: unknown };
    if (version !== 1 || typeof root !== 'string') return undefined;
    const bytes = Buffer.from(root, 'base64');
    return bytes.length === SECRET_BYTES ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function damaged(path: string): SecretsError {
  return {
    code: 'secrets_damaged',
    message: `${path} cannot be read as the secrets of this installation`,
    hint: 'Restore it from a backup. Deleting it makes a new secret: users hashed until now will not be recognised again.',
  };
}
