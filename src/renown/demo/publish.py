"""Import a simulated community, publish its last days, and log the scores of its group."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from renown.demo.simulation import GROUP_GOAL, GROUP_NAME, NETWORKS, list_claims, simulate_network
from renown.engines.base import Engine
from renown.engines.duckdb import DuckDB
from renown.ingest.batch import import_batch
from renown.lake import Lake
from renown.method.file import Method
from renown.progress import Progress
from renown.records import BATCH_COLUMNS, VERBS, WHOLE_NETWORK
from renown.runs import group_scores
from renown.scoring.score import score
from renown.steps import Step
from renown.store import GroupStore, PeopleStore, PublishedDayStore

SCORED_DAYS = 30
"""Number of days to publish: enough for a history, and for trust in actors to stabilize."""

_GROUP_MEMBERS = ("ada", "grace", "alan", "radia", "katherine", "linus", "hedy", "tim")

_CHALLENGE_MARGIN = timedelta(days=14)
"""How long the challenge continues after the last day."""


def import_demo(
    engine: Callable[[], DuckDB],
    lake: Lake,
    people: PeopleStore,
    *,
    last: date,
    seed: int,
    now: datetime,
    progress: Progress,
) -> int:
    """Import a simulated community and add its people with their claims; return the number of new records."""
    new_records = 0
    progress.start("simulating a community on three networks for 120 days", len(NETWORKS) * 4)
    for network, demo_network in NETWORKS.items():
        for table, rows in simulate_network(network, last=last, seed=seed).items():
            progress.advance(f"{network} {table}")
            with engine() as session:
                session.create_table("simulated", rows, BATCH_COLUMNS[table])
                batch = Step(name="batch", sql="select * from simulated", columns=BATCH_COLUMNS[table], stored=False)
                covers = [WHOLE_NETWORK, *(VERBS[verb] for verb in demo_network.verb_shares)]
                new_records += import_batch(session, lake, batch, table=table, network=network, covers=covers).new
    for name, accounts in list_claims().items():
        people.add(name, accounts, at=now)
    progress.finish(f"{new_records:,} new records in the lake, {len(list_claims())} people claimed accounts")
    return new_records


def publish_demo(
    engine: Callable[[], Engine],
    lake: Lake,
    days: PublishedDayStore,
    people: PeopleStore,
    groups: GroupStore,
    method: Method,
    *,
    last: date,
    now: datetime,
    progress: Progress,
) -> None:
    """Publish the last `SCORED_DAYS` days in order, as trust in actors comes from the day before; log group scores."""
    progress.start(f"scoring {SCORED_DAYS} days", SCORED_DAYS)
    for days_ago in reversed(range(SCORED_DAYS)):
        day = last - timedelta(days=days_ago)
        progress.advance(f"{day}")
        with engine() as session:
            published_day = score(session, lake, days, people, method, day=day, now=now)
        _log_group_scores(groups, people, days, day, last + _CHALLENGE_MARGIN)
    progress.finish(f"{SCORED_DAYS} days published, {published_day.people:,} people scored on {last}")


def _log_group_scores(
    groups: GroupStore, people: PeopleStore, days: PublishedDayStore, day: date, last_day: date
) -> None:
    """Log the group's scores of a published day, dated to its end; create it with a challenge on the first day."""
    evening = datetime.combine(day, time(23), UTC)
    if GROUP_NAME not in {group.name for group in groups.all()}:
        groups.create(GROUP_NAME, goal=GROUP_GOAL, at=evening, title=f"The {GROUP_GOAL} club")
        for person in filter(None, map(people.by_name, _GROUP_MEMBERS)):
            groups.join(GROUP_NAME, person, at=evening)
        groups.start_challenge(GROUP_NAME, first=day, last=last_day, method_day=days.find(day), at=evening)
    group_scores.publish_group_scores(days, groups, day, now=evening)
