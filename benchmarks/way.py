"""
Claim: what-if answers in 100 ms, the most similar of ten thousand people in 100 ms, a leaderboard in two seconds a day.

Simulates a community, calls its API as the pages do, and builds leaderboards of two million accounts from synthetic
published rows.

    python benchmarks/way.py --accounts 2000000
"""

import argparse
import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal
from unittest import mock

import duckdb
import numpy as np
from starlette.testclient import TestClient

from renown import answers, demo, scoring
from renown.answers import profile
from renown.answers.comparison_band import ComparisonBand
from renown.answers.leaderboard_index import LeaderboardIndex
from renown.answers.simulate import inputs
from renown.home import Home, create_home, open_home
from renown.home.app_state import build_app_state
from renown.progress import NullProgress
from renown.runs import profiles
from renown.settings import ServeSettings
from renown.web.app import make_app
from renown.web.middleware.rate_limit import Allowance
from renown.web.people import find_by_name
from renown.web.profiles import load_profile

LAST = date(2026, 11, 23)
PEOPLE, COLUMNS = 10_000, 40
PLENTY = Allowance(1_000_000, 1_000_000_000)


def create_community(path: Path) -> Home:
    """Create a home with a simulated community and one published day."""
    create_home(path)
    home, now = open_home(path, {}), datetime.now(UTC)
    demo.import_demo(home.run_resources, home.claims, last=LAST, seed=1, now=now, progress=NullProgress())
    with home.engine() as engine:
        scoring.score(engine, home.lake, home.days, home.people, home.method, day=LAST, now=now)
    return home


def measure_profiles(home: Home) -> None:
    """Measure the building of all profiles, and the share of their scoring inputs."""
    day, durations = home.days.find(), []
    original_function = inputs.load_scoring_inputs

    def timed_call(*arguments: object) -> object:
        start = time.perf_counter()
        try:
            return original_function(*arguments)  # type: ignore[arg-type]
        finally:
            durations.append(time.perf_counter() - start)

    for _ in range(3):
        start = time.perf_counter()
        with mock.patch.object(profile, original_function.__name__, timed_call):
            people = profiles.build_profiles(home.reader, home.lake, home.people, home.profiles, day)
        seconds = time.perf_counter() - start
        print(f"profiles: {1e3 * seconds / people:.0f} ms per person, {1e3 * durations[-1] / people:.0f} for inputs")


def format_timing(call: Callable[[], object], times: int = 30) -> str:
    """Measure a function; format the first time, then median and maximum of the others."""
    durations = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        durations.append(1e3 * (time.perf_counter() - start))
    first, *others = durations
    return f"first {first:.0f} ms, then {statistics.median(others):.0f} ms, at most {max(others):.0f} ms"


def measure_api(home: Home) -> None:
    """Measure the API calls of the pages with sliders."""
    with TestClient(make_app(build_app_state(home), PLENTY, clock=time.time), base_url="http://x/api") as client:

        def get(path: str) -> Callable[[], object]:
            return lambda: client.get(path).raise_for_status()

        change = "change=bluesky:did:plc:ada/amplification=12&change=github:1000/approval=x2"
        print(f"what if: {format_timing(get(f'/people/ada/if?{change}'))}")
        print(f"goal 60: {format_timing(get('/people/ada/goal?target=60'))}")
        print(f"similar: {format_timing(get('/people/bix/similar?target=40'))}")


def measure_similar(home: Home) -> None:
    """Measure the search for the most similar person among many."""
    rng, site = np.random.default_rng(1), build_app_state(home)
    subject = find_by_name(site, "ada")
    receipt = load_profile(site, subject).explanation.receipt
    names = tuple((f"network{number // 5}", f"signal{number % 5}") for number in range(COLUMNS))
    comparison_band = ComparisonBand(
        keys=np.arange(-PEOPLE, 0) - 100,
        scores=rng.uniform(1, 100, PEOPLE),
        signals=names,
        weights=np.full(COLUMNS, 0.2),
        values=rng.exponential(2, (PEOPLE, COLUMNS)),
        value_names={},
    )
    timing = format_timing(
        lambda: answers.find_similar_person(subject, comparison_band, lambda _: subject, lambda _: receipt, target=1)
    )
    print(f"most similar of {PEOPLE:,}, {COLUMNS} columns: {timing}")


def measure_leaderboards(home: Home, accounts: int) -> None:
    """Measure leaderboards of a synthetic day: ten thousand people, and accounts that nobody claimed."""
    synthetic_day = dataclasses.replace(home.days.find(), folder=home.settings.home / "made")
    for table, select in {
        "strengths": f"""
            select case when i <= {PEOPLE} then -i else i end as person, i as account,
              'network' || (i % 3) as network, cast(exp(random() * 18) * 1e9 as bigint) as strength,
              1000000 as weights, 5 as people, 90 as days from range(1, {accounts + 1}) t(i)""",
        "points": f"""
            select case when i <= {PEOPLE} then -i else i end as person, 'network' || (i % 3) as network, i as account,
              'signal' || s as signal, 1000000 as received, random() * 10 as value, 200000 as weight, 1.0 as points
            from range(1, {accounts + 1}) t(i), range(5) u(s)""",
        "scores": f"""
            select case when i <= {PEOPLE} then -i else i end as person, random() * 99 + 1 as score
            from range(1, {accounts + 1}) t(i)""",
    }.items():
        (synthetic_day.folder / table).mkdir(parents=True)
        duckdb.execute(f"copy ({select}) to '{synthetic_day.folder / table / 'part-0.parquet'}' (format parquet)")

    def show(visibility: Literal["claimed", "everyone"]) -> answers.Visibility:
        return answers.load_visibility(home.people, ServeSettings(visibility=visibility), version=0)

    builders: dict[str, Callable[[LeaderboardIndex], object]] = {
        "claimed people": lambda boards: boards.get_leaderboard("network1", show("claimed")),
        "everyone": lambda boards: boards.get_leaderboard("network1", show("everyone")),
        "comparison band of claimed people": lambda boards: boards.get_comparison_band(),
    }
    with mock.patch.object(type(home.days), "find", return_value=synthetic_day):
        for label, build in builders.items():
            start = time.perf_counter()
            build(LeaderboardIndex(home.reader, home.days, home.served_scores))
            print(f"{label} of {accounts:,} accounts, built once a day: {time.perf_counter() - start:.2f} s")


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=2_000_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = create_community(Path(folder) / "home")
        measure_profiles(home)
        measure_api(home)
        measure_similar(home)
        measure_leaderboards(home, args.accounts)


if __name__ == "__main__":
    main()
