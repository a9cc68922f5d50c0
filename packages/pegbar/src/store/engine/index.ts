/** The engine room: where ClickHouse comes from, and who keeps it running. */

export { findLibrary, isMusl } from './child.ts';
export { DATABASE, DURABILITY_SETTINGS, INTERNAL_USER } from './config.ts';
export {
  type AnalystLimits,
  type AnalystSlot,
  DEFAULT_ANALYST_LIMITS,
  defaultTuning,
  type Engine,
  type EngineAddress,
  type EngineKind,
  type EngineLauncher,
  EngineStartError,
  type EngineTuning,
} from './engine.ts';
export { createLauncher, type LauncherOptions } from './launcher.ts';
export { type DataDirLock, lockDataDir } from './lock.ts';
export { createSupervisor, type EngineState, type Supervisor, type SupervisorOptions } from './supervisor.ts';
