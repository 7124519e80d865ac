"""
Score a day, and write the CPU seconds of each step and file to a JSON file.

    python benchmarks/step_profile.py OUT.json HOME 2026-11-23 3
"""

import functools
import json
import resource
import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from renown import method, scoring
from renown.engines.duckdb import DuckDB
from renown.home import open_home
from renown.store import PublishedDayStore

CPU_SECONDS: dict[str, float] = defaultdict(float)


def measure_cpu() -> float:
    """Return the CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def record_calls(owner: type, name: str, label: Callable[[Any], str]) -> None:
    """Add the CPU seconds of each call of a method to those of its label."""
    function = getattr(owner, name)

    @functools.wraps(function)
    def recorded(self: object, first: object, *rest: object, **keywords: object) -> object:
        start = measure_cpu()
        try:
            return function(self, first, *rest, **keywords)
        finally:
            CPU_SECONDS[label(first)] += measure_cpu() - start

    setattr(owner, name, recorded)


def score_day(home_folder: Path, day: date, version: str) -> None:
    """Score and publish a day, without the profile pages of claimed people, which take as long for each method."""
    home = open_home(home_folder, {})
    scoring_method = method.load_method(Path(version))
    now = datetime.now(UTC)
    with home.engine() as engine:
        scoring.score(engine, home.lake, home.days, home.people, scoring_method, day=day, now=now)


if __name__ == "__main__":
    out, home_argument, day_argument, version_argument = sys.argv[1:]
    record_calls(DuckDB, "run", lambda step: step.name)
    record_calls(DuckDB, "write", lambda table: f"files of {table}")
    record_calls(DuckDB, "write_partitioned", lambda table: f"files of {table}")
    record_calls(PublishedDayStore, "publish", lambda _: "served scores")
    score_day(Path(home_argument), date.fromisoformat(day_argument), version_argument)
    Path(out).write_text(json.dumps(CPU_SECONDS), encoding="utf-8")
