"""Demo: a simulated community through the whole river."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from renown.connectors import demo
from renown.engines import Engine
from renown.engines.duckdb import DuckDB
from renown.jobs import challenges
from renown.jobs.collect import collect
from renown.jobs.progress import Progress
from renown.jobs.score import score
from renown.lake import Lake
from renown.method import Method
from renown.records import SAID, VERBS
from renown.steps import Step
from renown.store import Days, Groups, People

SCORED_DAYS = 30
"""Days that are published: enough for a history and for trust to settle."""
CLUB, GOAL = "club45", 45
"""A group, and what its members race to; nobody of the simulated people is near 70."""
_RACERS = ("ada", "grace", "alan", "radia", "katherine", "linus", "hedy", "tim")
_AHEAD = timedelta(days=14)
"""For so long after the last day a challenge goes on."""


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
    groups: Groups,
    method: Method,
    *,
    last: date,
    now: datetime,
    progress: Progress,
) -> None:
    """Publish the last `SCORED_DAYS` days, one after another: each trusts actors by the day before; a club races."""
    progress.start(f"scoring {SCORED_DAYS} days", SCORED_DAYS)
    for ago in reversed(range(SCORED_DAYS)):
        day = last - timedelta(days=ago)
        progress.advance(f"{day}")
        with engine() as session:
            made = score(session, lake, days, people, method, day=day, now=now)
        _race(groups, people, days, day, last + _AHEAD)
    progress.done(f"{SCORED_DAYS} days published, {made.people:,} people scored on {last}")


def _race(groups: Groups, people: People, days: Days, day: date, until: date) -> None:
    """Log a club's scores of a published day, as if at its end; on the first day it is made and starts a challenge."""
    evening = datetime.combine(day, time(23), UTC)
    if CLUB not in {group.name for group in groups.all()}:
        groups.create(CLUB, goal=GOAL, at=evening, title=f"The {GOAL} club")
        for person in filter(None, map(people.by_name, _RACERS)):
            groups.join(CLUB, person, at=evening)
        groups.start(CLUB, first=day, last=until, by=days.find(day), at=evening)
    challenges.record(days, groups, day, now=evening)
