// Keeps package-lock.json whole. A registry mirror that lacks the binaries of other platforms makes `npm install`
// leave them out of the lock, and then `npm ci` refuses it everywhere ("Missing: … from lock file").
//   node .ci/lock.mjs            adds what is missing: version, platform, no checksum (npm adds it where it installs one)
//   node .ci/lock.mjs --check    only says what is missing (status 1)
import { readFileSync, writeFileSync } from 'node:fs';

const LOCK = new URL('../package-lock.json', import.meta.url);
const OS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const CPU = ['arm64', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'arm'];

/** Optional dependencies, by where they should stand, that a lock names and does not have. */
export function missingFrom(packages) {
  const missing = new Map();
  for (const [parent, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (!places(parent, name).some((place) => place in packages))
        missing.set(`node_modules/${name}`, { version, dev });
    }
  }
  return missing;
}

/** Where Node would look for `name` from `parent`, innermost first. */
function places(parent, name) {
  const found = [];
  for (let at = parent; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    found.push(`${at === '' ? '' : `${at}/`}node_modules/${name}`);
    if (at === '') return found;
    if (!at.includes('/node_modules/')) at = '';
  }
}

function entryOf(name, { version, dev }) {
  const words = name.split(/[/-]/);
  const os = OS.filter((one) => words.includes(one));
  const cpu = CPU.filter((one) => words.includes(one)).slice(0, 1);
  if (os.length === 0 || cpu.length === 0)
    throw new Error(`${name}: no platform in its name; complete the lock by hand`);
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.some((word) => word.startsWith('gnu'))
      ? ['glibc']
      : [];
  return { version, cpu, ...(dev && { dev }), ...(libc.length > 0 && { libc }), optional: true, os };
}

if (process.argv[1]?.endsWith('lock.mjs')) {
  const lock = JSON.parse(readFileSync(LOCK, 'utf8'));
  const missing = missingFrom(lock.packages);
  for (const [place] of missing) console.log(`missing: ${place}`);
  if (process.argv.includes('--check')) process.exitCode = missing.size > 0 ? 1 : 0;
  else if (missing.size > 0) {
    for (const [place, what] of missing) lock.packages[place] = entryOf(place, what);
    lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
  }
}
