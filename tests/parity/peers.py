"""Figures of the real packages for the cases in a JSON file; one JSON document on standard output."""

import json
import sys
import warnings
from importlib.metadata import version

warnings.filterwarnings("ignore")

import numpy as np
import pandas as pd
from evidently.legacy.calculations.stattests import chisquare_stattest, hellinger_distance, jensenshannon
from evidently.legacy.calculations.stattests import kl_div, ks_stattest, psi, tvd_stattest, wasserstein_distance_norm
from evidently.legacy.core import ColumnType
from nannyml.drift.univariate import methods
from scipy import stats
from scipy.spatial import distance


def evidently_numbers(a, b):
    kind = ColumnType.Numerical
    return {
        "psi": psi._psi(a, b, kind, 0.1)[0],
        "kl_div": kl_div._kl_div(a, b, kind, 0.1)[0],
        "jensenshannon": jensenshannon._jensenshannon(a, b, kind, 0.1)[0],
        "hellinger": hellinger_distance._hellinger_distance(a.copy(), b.copy(), kind, 0.1)[0],
        "wasserstein": wasserstein_distance_norm._wasserstein_distance_norm(a, b, kind, 0.1)[0],
        "ks": ks_stattest._ks_stat_test(a, b, kind, 0.05)[0],
    }


def evidently_categories(a, b):
    kind = ColumnType.Categorical
    found = {
        "psi": psi._psi(a, b, kind, 0.1)[0],
        "kl_div": kl_div._kl_div(a, b, kind, 0.1)[0],
        "jensenshannon": jensenshannon._jensenshannon(a, b, kind, 0.1)[0],
        "hellinger": hellinger_distance._hellinger_distance(a.copy(), b.copy(), kind, 0.1)[0],
        "chisquare": chisquare_stattest._chi_stat_test(a, b, kind, 0.05)[0],
    }
    tvd = tvd_stattest._total_variation_distance(a, b) if hasattr(tvd_stattest, "_total_variation_distance") else None
    return {**found, **({"tvd": tvd} if tvd is not None else {})}


def nannyml(a, b, kind, names):
    found = {}
    for name in names:
        method = methods.MethodFactory.create(name, kind, chunker=None, threshold=None)
        method._fit(a)
        found[name] = method._calculate(b)
        if name == "chi2":
            found["chi2_p"] = method._p_value
    return found


def scipy_numbers(a, b):
    # Exact where ours is; else without the correction for continuity, which errs to one side.
    exact = len(a) * len(b) <= 2500 and pd.concat([a, b]).is_unique
    u = stats.mannwhitneyu(b, a, method="exact" if exact else "asymptotic", use_continuity=False)
    return {"mannwhitneyu": u.pvalue, "wasserstein": stats.wasserstein_distance(a, b)}


def scipy_categories(a, b):
    names = sorted(set(a) | set(b))
    r = np.array([(a == name).sum() for name in names])
    c = np.array([(b == name).sum() for name in names])
    p, q = r / r.sum(), c / c.sum()
    table = stats.chi2_contingency(np.array([r, c]), correction=False)
    return {
        "chi2_contingency": table.pvalue,
        "entropy": stats.entropy(r + 0.5, c + 0.5),
        "jensenshannon": distance.jensenshannon(r, c),
        "hellinger": np.sqrt(((np.sqrt(p) - np.sqrt(q)) ** 2).sum() / 2),
        "ncx2": stats.ncx2.sf(table.statistic + 1, max(1, table.dof), table.statistic / 2),
    }


def figures(case):
    a, b = pd.Series(case["reference"]), pd.Series(case["current"])
    feature = methods.FeatureType
    if case["kind"] == "numeric":
        parts = {
            "evidently": evidently_numbers(a, b),
            "nannyml": nannyml(a, b, feature.CONTINUOUS, ["jensen_shannon", "hellinger", "kolmogorov_smirnov", "wasserstein"]),
            "scipy": scipy_numbers(a, b),
        }
    else:
        parts = {
            "evidently": evidently_categories(a, b),
            "nannyml": nannyml(a, b, feature.CATEGORICAL, ["jensen_shannon", "hellinger", "l_infinity", "chi2"]),
            "scipy": scipy_categories(a, b),
        }
    return {f"{tool}.{name}": float(value) for tool, found in parts.items() for name, value in found.items()}


with open(sys.argv[1]) as file:
    cases = json.load(file)
versions = {name: version(name) for name in ("evidently", "nannyml", "scipy")}
json.dump({"versions": versions, "cases": [figures(case) for case in cases]}, sys.stdout)
