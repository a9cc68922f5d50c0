import type { Command } from './command.ts';
import { agentComfyui } from './commands/agent-comfyui.ts';
import { agentGpu } from './commands/agent-gpu.ts';
import { deploymentEnd, deploymentStart } from './commands/deployment.ts';
import { doctor } from './commands/doctor.ts';
import { drift } from './commands/drift.ts';
import { driftCompare } from './commands/drift-compare.ts';
import { exportCommand } from './commands/export.ts';
import { importEventsCommand } from './commands/import-events.ts';
import { importGenaiCommand } from './commands/import-genai.ts';
import { importImagesCommand } from './commands/import-images.ts';
import { keysCreate, keysList, keysRevoke } from './commands/keys.ts';
import { kpis } from './commands/kpis.ts';
import { logs } from './commands/logs.ts';
import { query } from './commands/query.ts';
import { replay } from './commands/replay.ts';
import { reportDrift } from './commands/report-drift.ts';
import { requests } from './commands/requests.ts';
import { apply, deleteCommand, get } from './commands/resources.ts';
import { trace } from './commands/trace.ts';
import { watchCommand } from './commands/watch.ts';

/** Commands that ask a server. `up` and `demo` come from the composition root. */
export const COMMANDS: readonly Command[] = [
  doctor,
  replay,
  importEventsCommand,
  importGenaiCommand,
  importImagesCommand,
  watchCommand,
  agentGpu,
  agentComfyui,
  deploymentStart,
  deploymentEnd,
  kpis,
  requests,
  trace,
  logs,
  query,
  driftCompare,
  drift,
  reportDrift,
  exportCommand,
  keysCreate,
  keysList,
  keysRevoke,
  apply,
  get,
  deleteCommand,
];
