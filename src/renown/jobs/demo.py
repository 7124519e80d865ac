"""Demo: a simulated community through the whole river."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from renown.connectors import demo
from renown.engines import Engine
from renown.engines.duckdb import DuckDB
from renown.jobs.collect import collect
from renown.jobs.progress import Progress
from renown.jobs.score import score
from renown.lake import Lake
from renown.method import Method
from renown.records import SAID, VERBS
from renown.steps import Step
from renown.store import Days, People

SCORED_DAYS = 30
"""Days that are published: enough for a history and for trust to settle."""


def simulate(
    engine: Callable[[], DuckDB],
    lake: Lake,
    people: People,
    *,
    last: date,
    seed: int,
    now: datetime,
    progress: Progress,
) -> int:
    """Collect a simulated community and claim its cast; return the number of records that were new."""
    new = 0
    progress.start("simulating a community on three networks for 120 days", len(demo.NETWORKS) * 4)
    for network, habits in demo.NETWORKS.items():
        for table, rows in demo.community(network, last=last, seed=seed).items():
            progress.advance(f"{network} {table}")
            with engine() as session:
                session.table("simulated", rows, SAID[table])
                said = Step("batch", "select * from simulated", SAID[table], stored=False)
                covers = [VERBS[verb] for verb in habits.verbs]
                new += collect(session, lake, said, table=table, network=network, covers=covers).new
    for name, accounts in demo.claims().items():
        people.add(name, accounts, at=now)
    progress.done(f"{new:,} records are new in the lake, {len(demo.claims())} people claimed accounts")
    return new


def publish(
    engine: Callable[[], Engine],
    lake: Lake,
    days: Days,
    people: People,
    method: Method,
    *,
    last: date,
    now: datetime,
    progress: Progress,
) -> None:
    """Publish the last `SCORED_DAYS` days, one after another: each trusts actors by the day before."""
    progress.start(f"scoring {SCORED_DAYS} days", SCORED_DAYS)
    for ago in reversed(range(SCORED_DAYS)):
        day = last - timedelta(days=ago)
        progress.advance(f"{day}")
        with engine() as session:
            made = score(session, lake, days, people, method, day=day, now=now)
    progress.done(f"{SCORED_DAYS} days published, {made.people:,} people scored on {last}")
