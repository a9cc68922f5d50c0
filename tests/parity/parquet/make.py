"""Writes the Parquet files that packages/pegbar/src/drift-compare/parquet.test.ts reads: what pyarrow and polars write.

python -m venv v && v/bin/pip install pyarrow==26.0.1 polars==2.1.0 && v/bin/python make.py
"""

import datetime
import decimal
import random

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 400


def table(gpu_a: float, slower: float, seed: int) -> pa.Table:
    r = random.Random(seed)
    start = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc)
    times = [start + datetime.timedelta(minutes=20 * i) for i in range(ROWS)]
    latency = [round(r.lognormvariate(7, 0.5) * slower, 1) for _ in range(ROWS)]
    return pa.table(
        {
            "model": pa.array([r.choice(["v6", "v6", "v7"]) for _ in range(ROWS)]).dictionary_encode(),
            "steps": pa.array([None if r.random() < 0.1 else r.choice([20, 28]) for _ in range(ROWS)], pa.int32()),
            "latency_ms": pa.array(latency, pa.float32()),
            "cost_usd": pa.array([decimal.Decimal(int(one)).scaleb(-4) for one in latency], pa.decimal128(18, 6)),
            "kept": pa.array([None if r.random() < 0.1 else r.random() < 0.5 for _ in range(ROWS)]),
            "at_ms": pa.array(times, pa.timestamp("ms", "UTC")),
            "at_us": pa.array(times, pa.timestamp("us", "UTC")),
            "at_ns": pa.array(times, pa.timestamp("ns", "UTC")),
            "host": pa.array([{"gpu": "a" if r.random() < gpu_a else "b", "cards": r.choice([1, 2])} for _ in range(ROWS)]),
            "tags": pa.array([r.sample(["beach", "night", "smile"], 2) for _ in range(ROWS)]),
            "nothing": pa.nulls(ROWS, pa.string()),
        }
    )


before = table(0.5, 1, 1)
for codec in ["snappy", "gzip", "zstd", "brotli", "none", "lz4"]:
    columns = before if codec == "zstd" else before.select(["latency_ms"])
    pq.write_table(columns, f"before-{codec}.parquet", compression=codec, row_group_size=150)
pl.from_arrow(table(0.9, 1.6, 2).drop_columns(["nothing"])).write_parquet("after-polars.parquet")
pq.write_table(before.slice(0, 0), "empty.parquet")
