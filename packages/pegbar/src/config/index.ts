export { type ClientConfig, declinesColour, loadClientConfig, stateDirectory } from './client.ts';
export { environment } from './environment.ts';
export {
  type ConfigError,
  type ConfigSources,
  type Environment,
  type FlagValues,
  loadConfig,
  type ServerConfig,
} from './load.ts';
export { environmentOf, flagOf, isRepeatable, SERVER_OPTIONS, type ServerOption } from './options.ts';
export { parseDuration, parseSize } from './units.ts';
