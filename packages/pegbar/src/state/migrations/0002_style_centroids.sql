-- Centroids of collections: a new version whenever one is worked out again, old ones stay for what they judged.
create table style_centroids (
  tenant text not null,
  collection text not null,
  version bigint not null,
  embedder text not null,
  embedder_version text not null,
  -- Digest of the declaration that it was worked out from.
  declared text not null,
  -- Its mean, how many references, and how far they reach, as JSON.
  centroid text not null,
  made_at bigint not null,
  primary key (tenant, collection, version)
);
