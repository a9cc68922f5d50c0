"""The expected figures of fps.presentmon.test.ts, by other means: plain Python, no code of ours.

python3 hand.py  prints one JSON line per capture; the test holds the numbers as they were printed.
"""
import csv
import json
import math
import os

HERE = os.path.dirname(os.path.abspath(__file__))
CAPTURES = [(5, "PresentBench.exe"), (5, "steamwebhelper.exe"), (0, "Presenter.exe"), (0, "dwm.exe"), (1, "Presenter.exe"), (2, "Presenter.exe")]


def rank(values, percent):
    """Nearest rank, by counting: the least value with at least `percent` % of the values at or below it."""
    for candidate in sorted(values):
        if 100 * sum(1 for v in values if v <= candidate) >= percent * len(values):
            return candidate


def figures(case, application):
    with open(os.path.join(HERE, f"case_{case}.csv")) as file:
        rows = [r for r in csv.DictReader(file) if r["Application"] == application]
    presents = sorted(float(r["TimeInSeconds"]) for r in rows)
    shown = sorted(1000 * float(r["TimeInSeconds"]) + float(r["msUntilDisplayed"]) for r in rows if r["Dropped"] == "0")
    dropped = sum(r["Dropped"] == "1" for r in rows)
    gaps = [b - a for a, b in zip(shown, shown[1:])]
    seconds = (shown[-1] - shown[0]) / 1000
    whole = int(seconds)
    by_second = [sum(shown[0] + 1000 * s <= t < shown[0] + 1000 * (s + 1) for t in shown) for s in range(whole)]
    stalls = 0
    for at in range(1, len(gaps)):
        last = gaps[max(0, at - 30):at]
        mean = math.fsum(last) / len(last)
        stalls += gaps[at] >= max(3 * mean, mean + 150)
    longest_first, filled, low = sorted(gaps, reverse=True), 0.0, None
    for gap in longest_first:
        filled += gap
        if filled >= 0.01 * math.fsum(gaps):
            low = 1000 / gap
            break
    return {
        "case": case,
        "application": application,
        "presents": len(rows),
        "dropped": dropped,
        "shown": len(shown),
        "presented_fps": (len(presents) - 1) / (presents[-1] - presents[0]),
        "delivered_fps": (len(shown) - 1) / seconds,
        "dropped_ratio": dropped / len(rows),
        "p50": rank(gaps, 50),
        "p95": rank(gaps, 95),
        "p99": rank(gaps, 99),
        "max": max(gaps),
        "by_second": by_second,
        "stalls": stalls,
        "low_1_percent": low,
    }


for capture in CAPTURES:
    print(json.dumps(figures(*capture)))
