"""
What a stage costs: `pegbar.stage` beside a span of OpenTelemetry by hand, with the same attributes and provider.

Nothing is exported: serializing and sending, which both would share, would only make the difference look smaller.
`python bench_stage.py [rounds=15]`. Ends with one JSON line per figure, as benchmarks/report.mjs has them: the median
of the rounds in CPU microseconds, how many times cheaper than the span by hand it is (above 1 is better), and the least
and the greatest round. The two take turns, so that a busy machine weighs on both.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any, Callable, Dict, List, Tuple

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

import pegbar

CALLS = 20_000
SHARED = {"pegbar.request.id": "r-1", "pegbar.workload": "animation", "pegbar.model.version": "v7"}
FIELDS: Dict[str, Any] = {"sampler": "dpmpp_2m", "steps": 20, "cfg": 7.0}
ATTRIBUTES = {"pegbar.sampler": "dpmpp_2m", "pegbar.steps": 20, "pegbar.cfg": 7.0}

trace.set_tracer_provider(TracerProvider())
tracer = trace.get_tracer("bench")


def nothing() -> None:
    return None


def stage() -> None:
    with pegbar.stage("generate"):
        nothing()


def stage_by_hand() -> None:
    with tracer.start_as_current_span("generate", attributes={**SHARED, "pegbar.stage": "generate"}):
        nothing()


def stage_with_fields() -> None:
    with pegbar.stage("generate", **FIELDS):
        nothing()


def stage_with_fields_by_hand() -> None:
    with tracer.start_as_current_span("generate", attributes={**SHARED, "pegbar.stage": "generate", **ATTRIBUTES}):
        nothing()


@pegbar.stage("upscale")
def decorated() -> None:
    nothing()


def decorated_by_hand() -> None:
    with tracer.start_as_current_span("upscale", attributes={**SHARED, "pegbar.stage": "upscale"}):
        nothing()


CASES: Dict[str, Tuple[Callable[[], None], Callable[[], None]]] = {
    "python_stage": (stage, stage_by_hand),
    "python_stage_with_fields": (stage_with_fields, stage_with_fields_by_hand),
    "python_stage_decorator": (decorated, decorated_by_hand),
}


def cpu_us(work: Callable[[], None]) -> float:
    before = time.process_time()
    for _ in range(CALLS):
        work()
    return (time.process_time() - before) / CALLS * 1e6


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    lines: List[str] = []
    with pegbar.request("r-1", workload="animation", model_version="v7"):
        for metric, (ours, theirs) in CASES.items():
            cpu_us(ours), cpu_us(theirs)
            pairs = [(cpu_us(ours), cpu_us(theirs)) for _ in range(rounds)]
            mine = [one for one, _ in pairs]
            value, peer = statistics.median(mine), statistics.median(one for _, one in pairs)
            figure = {
                "bench": "sdk",
                "metric": metric,
                "value": round(value, 3),
                "unit": "cpu_us",
                "ratio": round(peer / value, 3),
                "peer": "a span of OpenTelemetry by hand",
                "spread": [round(min(mine), 3), round(max(mine), 3)],
            }
            lines.append(json.dumps(figure))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
