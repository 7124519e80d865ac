"""Recompute the past of claimed people: the days of the window before their first published score, or a range."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from renown.engines.base import Engine
from renown.errors import DayNotPublishedError, HomeError, InvalidInputError, StepFailedError
from renown.lake import Lake
from renown.method.file import Method
from renown.progress import NullProgress, Progress
from renown.records import ACT_TABLES, RECORD_TABLES, day_number
from renown.scoring.past import PastDays, PastScores, recompute_days
from renown.scoring.past_sessions import find_last_day, refresh_ledger
from renown.scoring.score import MAX_ATTEMPTS
from renown.store import (
    PeopleStore,
    Person,
    PublishedDayStore,
    Recomputation,
    ScoreSources,
    ServedScoreStore,
    check_day_order,
)
from renown.text import plural

Result = TypeVar("Result")

_CONTENT_VERSION = 2
"""Version of what is saved of a day: after a change of it, days are recomputed once more."""
PEOPLE_PER_PASS = 2_000
"""People whose days are computed in one pass and saved in one transaction, so that memory stays bounded."""


@dataclass(frozen=True, kw_only=True)
class PastResources:
    """The stores and sessions that past days are recomputed from."""

    lake: Lake
    people: PeopleStore
    days: PublishedDayStore
    served_scores: ServedScoreStore
    method: Method
    open_engine: Callable[[], Engine]
    """Opens a session of the engine that scores."""


@dataclass(frozen=True, kw_only=True)
class _Task:
    """Days of one person to recompute."""

    person: Person
    first: date
    last: date
    inputs: str


def recompute_missing_days(resources: PastResources, *, now: datetime, progress: Progress | None = None) -> int:
    """
    Recompute the days of the window before the first published score of each claimed person.

    That is the past of a new home and of a new claim. It is recomputed again if data of these days came since, such
    as an archive. Nothing is done without a ledger, or before a score that another method published: the two would
    not be comparable. If the process is killed, nothing is lost or saved twice, and the next call goes on.

    Parameters
    ----------
    resources : PastResources
    now : datetime
        Time of the recomputation.
    progress : Progress, optional

    Returns
    -------
    int
        Number of people of whom days were recomputed.
    """
    served_day = resources.served_scores.day()
    method = resources.method
    if served_day is None or not method.has_ledger:
        return 0
    first = served_day - timedelta(days=int(method["window_days"]) - 1)
    # Without a ledger, such as after somebody deleted a damaged one, the next scored day builds it.
    with suppress(DayNotPublishedError):
        return _recompute(resources, _list_missing(resources, first, served_day), now, progress or NullProgress())
    return 0


def recompute_range(
    resources: PastResources, *, first: date, last: date, now: datetime, progress: Progress | None = None
) -> int:
    """
    Recompute a range of days of all claimed people, except days with a published score.

    Parameters
    ----------
    resources : PastResources
    first, last : date
        The last day is at most the last one that was scored.
    now : datetime
        Time of the recomputation.
    progress : Progress, optional

    Returns
    -------
    int
        Number of people of whom days were recomputed.

    Raises
    ------
    InvalidInputError
        If the first day is after the last one, or after the last one that was scored.
    InvalidMethodError
        If the method has no ledger.
    DayNotPublishedError
        If no day was scored by the method yet.
    """
    check_day_order(first, last)
    last_scored = find_last_day(resources.lake, resources.method)
    if first > last_scored:
        raise InvalidInputError(
            f"{first} is not in the past: the last scored day is {last_scored}; recompute earlier days"
        )
    end = min(last, last_scored)
    digests = _InputDigests(resources.lake, resources.method)
    tasks = [
        _Task(person=person, first=first, last=end, inputs=digests.compute(person, end + timedelta(days=1)))
        for person in resources.people.all_consenting()
    ]
    return _recompute(resources, tasks, now, progress or NullProgress())


def _list_missing(resources: PastResources, first: date, served_day: date) -> list[_Task]:
    """List what is to be recomputed: days before the first published score, unless they are from the same inputs."""
    window = (served_day - first).days + 1
    methods = resources.days.methods_by_day()
    tasks = []
    for person in resources.people.all_consenting():
        history = resources.served_scores.read_history(person.key, window)
        if history and history[0][0] > first and methods.get(history[0][0]) == resources.method.version:
            tasks.append(_Task(person=person, first=first, last=history[0][0] - timedelta(days=1), inputs=""))
    if not tasks:
        return []
    spans = resources.days.recomputed.list_spans(first, served_day)
    spans_by_inputs = {(span.person_id, span.inputs): span for span in spans}
    digests = _InputDigests(resources.lake, resources.method)
    missing = []
    for task in tasks:
        inputs = digests.compute(task.person, task.last + timedelta(days=1))
        span = spans_by_inputs.get((task.person.person_id, inputs))
        if span is None or not span.covers(day_number(task.first), day_number(task.last)):
            missing.append(_Task(person=task.person, first=task.first, last=task.last, inputs=inputs))
    return missing


def _recompute(resources: PastResources, tasks: Sequence[_Task], now: datetime, progress: Progress) -> int:
    saved = 0
    for begin in range(0, len(tasks), PEOPLE_PER_PASS):
        recomputations = _compute(resources, tasks[begin : begin + PEOPLE_PER_PASS], progress)
        saved += resources.days.recomputed.save(recomputations, method=resources.method.version, at=now)
    if tasks:
        progress.finish(f"past days of {plural(saved, 'person', 'people')} recomputed")
    return saved


def _compute(resources: PastResources, tasks: Sequence[_Task], progress: Progress) -> list[Recomputation]:
    first, last = min(task.first for task in tasks), max(task.last for task in tasks)
    past = PastDays(people=[task.person for task in tasks], first=first, last=last)

    sources: dict[int, dict[int, ScoreSources]] = {}

    def compute(engine: Engine) -> PastScores:
        progress.start(f"recomputing {first} to {last}", len(past.numbers))
        versions = refresh_ledger(engine, resources.lake, resources.days, resources.people, resources.method)
        return recompute_days(
            engine,
            resources.lake,
            resources.method,
            past,
            versions=versions,
            progress=progress,
            on_scored=lambda batch: sources.update(batch.read_sources()),
        )

    scores = retry_if_disturbed(resources, compute)
    person_sources: dict[int, dict[int, ScoreSources]] = {task.person.person_id: {} for task in tasks}
    for day_no, day_sources in sources.items():
        for key, score_sources in day_sources.items():
            person_sources[-key][day_no] = score_sources
    return [
        Recomputation(
            person_id=task.person.person_id,
            scores=_drop_published(resources.served_scores, task, scores[task.person.person_id]),
            inputs=task.inputs,
            sources=person_sources[task.person.person_id],
        )
        for task in tasks
    ]


def _drop_published(
    served_scores: ServedScoreStore, task: _Task, scores: Iterable[tuple[int, float | None]]
) -> list[tuple[int, float | None]]:
    """Return the scores of the task's days, without days that have a published score or are published after one."""
    served_day = served_scores.day() or task.last
    history = served_scores.read_history(task.person.key, max(1, (served_day - task.first).days + 1))
    published = {day_number(day) for day, _ in history}
    days = range(day_number(task.first), day_number(task.last) + 1)
    return [(day_no, score) for day_no, score in scores if day_no in days and day_no not in published]


def retry_if_disturbed(resources: PastResources, compute: Callable[[Engine], Result]) -> Result:
    """
    Compute in a session of the engine, and again if somebody was erased meanwhile.

    An erasure deletes files of the lake and the ledger.
    """
    for attempt in range(1, MAX_ATTEMPTS + 1):
        departures = resources.days.count_departures()
        try:
            with resources.open_engine() as engine:
                return compute(engine)
        except (HomeError, StepFailedError):
            if attempt == MAX_ATTEMPTS or resources.days.count_departures() == departures:
                raise
    raise AssertionError


class _InputDigests:
    """Computes digests of what the past days of people are computed from: method, claims and files of the lake."""

    def __init__(self, lake: Lake, method: Method) -> None:
        self._method = method
        friend_days = method.constants.get("friend_days")
        self._span = 2 * int(method["window_days"]) + (int(friend_days.value) if friend_days else 0)
        """Days before the first published score whose acts its past is computed from."""
        self._files = sorted(
            (*_parse_file(file), table, Path(file).name) for table in RECORD_TABLES for file in lake.files(table)
        )
        self._digests: dict[tuple[frozenset[str], date], str] = {}

    def compute(self, person: Person, until: date) -> str:
        """Return the digest for a person's days before `until`."""
        networks = frozenset(network for network, _ in person.accounts)
        if (networks, until) not in self._digests:
            until_no = day_number(until)
            files = [
                file
                for file in self._files
                if file[0] in networks
                and file[1] < until_no
                and (file[2] not in ACT_TABLES or file[1] >= until_no - self._span)
            ]
            self._digests[networks, until] = _digest(files)
        return _digest([_CONTENT_VERSION, self._method.digest, list(person.accounts), self._digests[networks, until]])


def _parse_file(file: str) -> tuple[str, int]:
    """Return the network and day number from the folders of a file."""
    network, day_no = Path(file).parts[-3:-1]
    return network.removeprefix("network="), int(day_no.removeprefix("day_no="))


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
