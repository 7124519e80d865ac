"""A small private community: twelve colleagues who have nothing but CSV files of what they did, each their own."""

import csv
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from renown import ingest
from renown.imports import files, record_steps
from renown.imports.column_reader import ColumnReader
from renown.progress import Progress
from renown.records import VERBS, WHOLE_NETWORK
from renown.runs import RunResources
from renown.scoring.score import score
from renown.store import PublishedTables

TEAM = ("anna", "ben", "carla", "david", "emma", "felix", "gina", "hugo", "ines", "jan", "kira", "leo")
"""The colleagues, the one who is read most first."""
TEAM_NETWORK = "workchat"
_DAYS = 60
"""Days of which the colleagues have files."""
_VERBS = ("like", "reply", "repost")
_VERB_SHARES = (0.7, 0.22, 0.08)
_ACTS_PER_DAY = 4.0
"""Acts of a colleague a day on all others together."""
_HEADER = ("actor", "target", "verb", "at", "post")


@dataclass(frozen=True, kw_only=True)
class TeamScores:
    """What is within reach of the team today."""

    people: int
    highest: float
    leader: str
    median: float


def write_team_files(folder: Path, *, last: date, seed: int) -> list[Path]:
    """Write one CSV file per colleague, with their own acts; the same seed gives the same files."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, len(TEAM)])
    paths = []
    for number, name in enumerate(TEAM):
        path = folder / f"{name}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(_HEADER)
            writer.writerows(_simulate_acts(rng, number, last))
        paths.append(path)
    return paths


def publish_team(
    resources: RunResources, paths: list[Path], *, last: date, now: datetime, progress: Progress
) -> TeamScores:
    """Import the files, claim the colleagues' accounts, publish the last day; return what is within reach."""
    import_files = files.inspect_files(paths, "interactions", ColumnReader(now=now))
    with resources.open_reader() as session:
        ingest.import_batch(
            session,
            resources.lake,
            record_steps.batch_step("interactions", import_files),
            table="interactions",
            network=TEAM_NETWORK,
            covers=[WHOLE_NETWORK, *(VERBS[verb] for verb in _VERBS)],
            progress=progress,
        )
    for name in TEAM:
        resources.people.add(name, [(TEAM_NETWORK, name)], at=now)
    with resources.open_engine() as session:
        day = score(
            session,
            resources.lake,
            resources.days,
            resources.people,
            resources.method,
            day=last,
            now=now,
            progress=progress,
        )
    names = {person.key: person.name for person in resources.people.all_consenting()}
    with PublishedTables(day) as published:
        scores = published.read_verified_scores(list(names))
    leader = max(scores, key=lambda key: (scores[key], key))
    return TeamScores(
        people=len(scores),
        highest=scores[leader],
        leader=names[leader],
        median=statistics.median(scores.values()),
    )


def _simulate_acts(rng: np.random.Generator, actor: int, last: date) -> Iterator[tuple[str, str, str, str, str]]:
    """Simulate the acts of a colleague: on workdays, mostly on those who are read most."""
    start = datetime.combine(last - timedelta(days=_DAYS - 1), time(8), UTC)
    popularity = 1 / np.arange(1, len(TEAM) + 1) ** 0.7
    popularity[actor] = 0
    for day in range(_DAYS):
        morning = start + timedelta(days=day)
        if morning.weekday() > 4:  # noqa: PLR2004 - Friday
            continue
        count = rng.poisson(_ACTS_PER_DAY)
        targets = rng.choice(len(TEAM), count, p=popularity / popularity.sum())
        verbs = rng.choice(_VERBS, count, p=_VERB_SHARES)
        minutes = rng.integers(0, 600, count)
        for target, verb, minute in zip(targets.tolist(), verbs.tolist(), minutes.tolist(), strict=True):
            at = morning + timedelta(minutes=minute)
            yield TEAM[actor], TEAM[target], verb, at.isoformat(), f"{TEAM[target]}/{day}"
