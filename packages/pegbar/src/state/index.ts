export type { MigrationError } from './migrate.ts';
export { openState } from './open.ts';
export { checkSecrets, loadSecrets, type Secrets, type SecretsError } from './secrets.ts';
export { readSetting, writeSetting } from './settings.ts';
export {
  type Param,
  type Queries,
  type Row,
  type State,
  StateUsageError,
  type Transaction,
} from './state.ts';
