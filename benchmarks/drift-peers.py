"""CPU seconds that peers take for 2,400 series x (28 days : 1 day) x 2,000 rows a day, from 20 series of each."""

import json
import resource
import time
import warnings

warnings.filterwarnings("ignore")

import numpy as np

SERIES, MEASURED, ROWS, DAYS = 2400, 20, 2000, 28
random = np.random.default_rng(28)


def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def bare_numpy():
    """PSI alone, on stored histograms of 96 bins: no p-values, no corrections, no reasons."""
    reference = random.multinomial(ROWS * DAYS, np.full(96, 1 / 96), SERIES)
    current = random.multinomial(ROWS, np.full(96, 1 / 96), SERIES)
    start = time.process_time()
    for r, c in zip(reference, current):
        cells = np.minimum(9, (np.cumsum(r) - r / 2) * 10 // r.sum()).astype(int)
        p = (np.bincount(cells, r, 10) + 0.5) / (r.sum() + 5)
        q = (np.bincount(cells, c, 10) + 0.5) / (c.sum() + 5)
        ((q - p) * np.log(q / p)).sum()
    return time.process_time() - start


found = [{"peer": "bare numpy, PSI only, stored histograms", "cpu_s": bare_numpy(), "memory_mb": memory()}]

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

rows = [
    (random.lognormal(5, 0.5, ROWS * DAYS), random.lognormal(5, 0.5, ROWS)) for _ in range(MEASURED)
]
start = time.process_time()
for before, after in rows:
    definition = DataDefinition(numerical_columns=["x"])
    a = Dataset.from_pandas(pd.DataFrame({"x": before}), data_definition=definition)
    b = Dataset.from_pandas(pd.DataFrame({"x": after}), data_definition=definition)
    Report([DataDriftPreset()]).run(b, a)
found.append({"peer": "evidently DataDriftPreset", "cpu_s": (time.process_time() - start) * SERIES / MEASURED, "memory_mb": memory()})

import nannyml

start = time.process_time()
for before, after in rows:
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=["x"], chunk_size=ROWS, continuous_methods=["jensen_shannon", "kolmogorov_smirnov"]
    )
    calculator.fit(pd.DataFrame({"x": before}))
    calculator.calculate(pd.DataFrame({"x": after}))
found.append({"peer": "nannyml UnivariateDriftCalculator", "cpu_s": (time.process_time() - start) * SERIES / MEASURED, "memory_mb": memory()})
print(json.dumps(found))
