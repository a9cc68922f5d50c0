/**
 * The engine's configuration files. Both are written with mode 0600 before each start, with new passwords.
 *
 * The wall between users stands here: users, profiles and grants are read from `users.xml` when the engine
 * starts and cannot be changed over SQL (the embedded engine has no writable access storage).
 */
import { createHash } from 'node:crypto';
import type { AnalystSlot, EngineTuning } from './engine.ts';

/** The database that holds everything of ours. */
export const DATABASE = 'pegbar';
/** The internal user; also the definer of the views of `wall.ts`. */
export const INTERNAL_USER = 'pegbar';

/**
 * Nothing is acknowledged to a sender by the engine, but a segment leaves the spool once it is loaded:
 * inserted and merged parts must reach the disk (the defaults are off), and merged sources must outlive a
 * power loss (this build's default is 0 s).
 */
export const DURABILITY_SETTINGS = {
  fsync_after_insert: 1,
  fsync_part_directory: 1,
  min_rows_to_fsync_after_merge: 1,
  min_compressed_bytes_to_fsync_after_merge: 1,
  old_parts_lifetime: 480,
} as const;

/** Below this free space the engine refuses inserts itself; retention starts long before. */
const MIN_FREE_DISK_BYTES = 256 * 1024 * 1024;
/** A dashboard's working set of marks; the default of 5 GB would be the largest thing in the process. */
const MARK_CACHE_BYTES = 64 * 1024 * 1024;
const PRIMARY_INDEX_CACHE_BYTES = 64 * 1024 * 1024;
const SMALL_CACHE_BYTES = 16 * 1024 * 1024;
/** The default is a pool of hundreds of threads for work that a single node does not have. */
const SMALL_POOL = 1;
const MERGE_THREADS = 2;
const SCHEDULE_THREADS = 2;
/** Requests of the pool of `client.ts` plus the analysts, with room for a Grafana. */
const MAX_CONNECTIONS = 256;
const MAX_CONCURRENT_QUERIES = 100;
/** Not a single metric of `system.asynchronous_metrics` is read: as seldom as the engine allows. */
const ASYNC_METRICS_PERIOD_S = 3600;

/** Longest parameter of a query: lists of ids and of (tenant, hour)s are sent as one. The default is 128 KiB. */
const PARAMETER_BYTES = 16 * 1024 * 1024;

/** How often the server compares its count of memory with the system's; at the default of 50 ms a third of idle CPU. */
const MEMORY_WORKER_PERIOD_MS = 500;

/**
 * Filters by id are asked before anything is read. While reading, which is the default, columns of every part are made
 * ready first: with ninety of them that was most of what finding a trace cost.
 */
const INDEX_SETTINGS = { use_skip_indexes_on_data_read: 0 } as const;

/** The settings of the server process, as the text of an XML file. */
export function serverConfig(options: {
  usersFile: string;
  tuning: EngineTuning;
  /** Elements that only a server of its own needs (ports, paths, log); the child gets them as arguments. */
  extra?: Record<string, string | number>;
}): string {
  const values: Record<string, string | number> = {
    users_config: options.usersFile,
    max_server_memory_usage: options.tuning.memory_bytes,
    mark_cache_size: MARK_CACHE_BYTES,
    primary_index_cache_size: PRIMARY_INDEX_CACHE_BYTES,
    index_mark_cache_size: SMALL_CACHE_BYTES,
    index_uncompressed_cache_size: 0,
    uncompressed_cache_size: 0,
    mmap_cache_size: 0,
    query_condition_cache_size: SMALL_CACHE_BYTES,
    compiled_expression_cache_size: SMALL_CACHE_BYTES,
    background_pool_size: MERGE_THREADS,
    background_common_pool_size: MERGE_THREADS,
    background_schedule_pool_size: SCHEDULE_THREADS,
    background_move_pool_size: SMALL_POOL,
    background_fetches_pool_size: SMALL_POOL,
    background_buffer_flush_schedule_pool_size: SMALL_POOL,
    background_distributed_schedule_pool_size: SMALL_POOL,
    background_message_broker_schedule_pool_size: SMALL_POOL,
    tables_loader_foreground_pool_size: MERGE_THREADS,
    tables_loader_background_pool_size: MERGE_THREADS,
    asynchronous_metrics_update_period_s: ASYNC_METRICS_PERIOD_S,
    asynchronous_metrics_enable_heavy_metrics: 0,
    total_memory_profiler_step: 0,
    memory_worker_period_ms: MEMORY_WORKER_PERIOD_MS,
    mlock_executable: 0,
    max_connections: MAX_CONNECTIONS,
    max_concurrent_queries: MAX_CONCURRENT_QUERIES,
    ...options.extra,
  };
  const mergeTree = {
    ...DURABILITY_SETTINGS,
    min_free_disk_bytes_to_perform_insert: MIN_FREE_DISK_BYTES,
    // Statistics of every column would be computed at each insert and merge; our queries have one way to go.
    auto_statistics_types: '',
    refresh_statistics_interval: 0,
    // Lengths beside the bytes of texts and not in a stream of their own: 2 bytes per span less, and merges of half as many streams.
    string_serialization_version: 'single_stream',
    // Old parts live for minutes: looking for them every second is a tenth of idle CPU.
    merge_tree_clear_old_parts_interval_seconds: 30,
    // Two merge threads cannot spare "8 free pool entries": the defaults would never start a mutation.
    number_of_free_entries_in_pool_to_execute_mutation: 1,
    number_of_free_entries_in_pool_to_lower_max_size_of_merge: 1,
    number_of_free_entries_in_pool_to_execute_optimize_entire_partition: 1,
  };
  return document([...elements(values), block('merge_tree', elements(mergeTree))]);
}

/** Users, profiles and grants, as the text of an XML file. Passwords are stored as SHA-256. */
export function usersConfig(options: {
  password: string;
  slots: AnalystSlot[];
  tuning: EngineTuning;
}): string {
  const { tuning } = options;
  const analyst = tuning.analyst;
  const internalProfile = {
    max_threads: tuning.threads,
    max_insert_threads: 1,
    max_memory_usage: Math.floor(tuning.memory_bytes * 0.8),
    max_bytes_before_external_group_by: Math.floor(tuning.memory_bytes * 0.3),
    max_bytes_before_external_sort: Math.floor(tuning.memory_bytes * 0.3),
    output_format_json_quote_64bit_integers: 1,
    log_queries: 0,
    ...INDEX_SETTINGS,
    http_max_field_value_size: PARAMETER_BYTES,
  };
  // Grants do not cover functions, and `file('/etc/passwd')` is one: the embedded engine reads any path for
  // anybody. So the user that needs no password may send nothing that is larger than SYSTEM START LISTEN.
  const strangerProfile = {
    max_ast_elements: 1,
    max_ast_depth: 1,
    max_query_size: 64,
    allow_ddl: 0,
    max_threads: 1,
  };
  const analystProfile = {
    // 1, not 2: a reader may not change any setting, so the bounds below hold.
    readonly: 1,
    ...INDEX_SETTINGS,
    max_threads: analyst.threads,
    max_memory_usage: analyst.memory_bytes,
    max_execution_time: analyst.execution_s,
    timeout_before_checking_execution_speed: 0,
    max_result_rows: analyst.result_rows,
    max_result_bytes: analyst.result_bytes,
    result_overflow_mode: 'break',
    max_concurrent_queries_for_user: 4,
    max_query_size: 256 * 1024,
    max_ast_elements: 50_000,
    max_expanded_ast_elements: 200_000,
    cancel_http_readonly_queries_on_client_close: 1,
    output_format_json_quote_64bit_integers: 1,
    output_format_json_quote_denormals: 0,
    output_format_json_named_tuples_as_objects: 0,
    log_queries: 0,
    allow_introspection_functions: 0,
    // The tenant's condition is the only one that is evaluated while rows of others are at hand (wall.ts).
    optimize_move_to_prewhere: 0,
    optimize_move_to_prewhere_if_final: 0,
    query_plan_optimize_prewhere: 0,
  };
  return document([
    block('profiles', [
      block('default', elements(internalProfile)),
      block('stranger', [...elements(strangerProfile), fixed(strangerProfile)]),
      block('internal', elements(internalProfile)),
      block('analyst', elements(analystProfile)),
    ]),
    block('users', [
      // The engine's own session logs in as `default` without a password and cannot be told otherwise, so
      // anyone on this machine can: it may do nothing but listen. (It could stop listening: health check.)
      user('default', '<no_password/>', 'stranger', ['GRANT SYSTEM LISTEN ON *.*']),
      user(INTERNAL_USER, passwordHash(options.password), 'internal', []),
      ...options.slots.map((slot) =>
        user(slot.user, passwordHash(slot.password), 'analyst', [`GRANT SELECT ON ${slot.database}.*`]),
      ),
    ]),
    block('quotas', ['<default/>']),
  ]);
}

/** Forbids every change of these settings, also over the address. */
function fixed(settings: Record<string, unknown>): string {
  return block(
    'constraints',
    Object.keys(settings).map((name) => block(name, ['<const/>'])),
  );
}

function user(name: string, secret: string, profile: string, grants: string[]): string {
  return block(name, [
    secret,
    '<networks><ip>127.0.0.1</ip></networks>',
    ...elements({ profile, quota: 'default' }),
    // Without a grants element a user of users.xml may do everything.
    ...(grants.length
      ? [
          block(
            'grants',
            grants.map((grant) => element('query', grant)),
          ),
        ]
      : []),
  ]);
}

function passwordHash(password: string): string {
  return element('password_sha256_hex', createHash('sha256').update(password).digest('hex'));
}

function document(children: string[]): string {
  return `${block('clickhouse', children)}\n`;
}

function block(name: string, children: string[]): string {
  return `<${name}>\n${children.join('\n')}\n</${name}>`;
}

function elements(values: Record<string, string | number>): string[] {
  return Object.entries(values).map(([name, value]) => element(name, value));
}

function element(name: string, value: string | number): string {
  return `<${name}>${escapeXml(String(value))}</${name}>`;
}

function escapeXml(text: string): string {
  return text.replace(/[<>&]/g, (found) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;' })[found] ?? found);
}
