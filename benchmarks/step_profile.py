"""
Run the command line, and write the CPU seconds of each step and file of a scored day to a JSON file.

    python benchmarks/step_profile.py OUT.json --home HOME score --day 2026-11-23
"""

import functools
import json
import resource
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from renown.cli import main
from renown.engines.duckdb import DuckDB
from renown.store import PublishedDayStore

CPU_SECONDS: dict[str, float] = defaultdict(float)


def measure_cpu() -> float:
    """Return the CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def record_calls(owner: type, method: str, label: Callable[[Any], str]) -> None:
    """Add the CPU seconds of each call of a method to those of its label."""
    function = getattr(owner, method)

    @functools.wraps(function)
    def recorded(self: object, first: object, *rest: object, **keywords: object) -> object:
        start = measure_cpu()
        try:
            return function(self, first, *rest, **keywords)
        finally:
            CPU_SECONDS[label(first)] += measure_cpu() - start

    setattr(owner, method, recorded)


if __name__ == "__main__":
    out = Path(sys.argv.pop(1))
    record_calls(DuckDB, "run", lambda step: step.name)
    record_calls(DuckDB, "write", lambda table: f"files of {table}")
    record_calls(DuckDB, "write_partitioned", lambda table: f"files of {table}")
    record_calls(PublishedDayStore, "publish", lambda _: "served scores")
    try:
        main()
    finally:
        out.write_text(json.dumps(CPU_SECONDS), encoding="utf-8")
