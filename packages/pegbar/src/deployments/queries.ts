/** The newest deployment of a service that has started and not ended. */
export const OPEN_OF_SERVICE = `
SELECT id, argMax(version, t.timestamp) AS version, argMax(kind, t.timestamp) AS kind
FROM deployments AS t
WHERE {tenant_filter:t} AND startsWith(t.id, {prefix:String}) AND t.id != {except:String}
GROUP BY t.id HAVING argMax(status, t.timestamp) = 'start'
ORDER BY max(t.timestamp) DESC LIMIT 1`;

/** Versions and hashes of what was made, ingested since a day; partial rows of one request need not be merged. */
export const SEEN = `
SELECT tenant, model_version AS version, any(model_family) AS family, checkpoint_hash AS hash,
  toUnixTimestamp64Milli(min(started)) AS first_ms
FROM requests
WHERE part >= {since:Date} AND model_version != ''
GROUP BY tenant, model_version, checkpoint_hash
ORDER BY first_ms
LIMIT {limit:UInt32}`;

/** What has a mark already, by whomever. */
export const MARKED = `
SELECT DISTINCT tenant, version, attributes['checkpoint_hash'] AS hash
FROM deployments WHERE version != '' AND status = 'start' LIMIT {limit:UInt32}`;
