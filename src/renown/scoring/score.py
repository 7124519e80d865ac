"""Score a day: run the method's steps over the lake, and publish the result."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

from renown.engines.base import Engine
from renown.errors import DayNotPublishedError, InvalidInputError
from renown.lake import Lake
from renown.method.file import Method
from renown.method.parameters import INPUT_COLUMNS
from renown.progress import NullProgress, Progress
from renown.records import day_number
from renown.scoring.inputs import load_inputs
from renown.store import PeopleStore, PublishedDay, PublishedDayStore
from renown.text import plural

PUBLISHED_TABLES = ("scores", "strengths", "points", "actors")
"""Tables of a published day; each is the result of the step `published_<table>`."""


def score(
    engine: Engine,
    lake: Lake,
    days: PublishedDayStore,
    people: PeopleStore,
    method: Method,
    *,
    day: date,
    now: datetime,
    progress: Progress | None = None,
) -> PublishedDay:
    """
    Score everybody on a day and publish it.

    Parameters
    ----------
    engine : Engine
        A new session.
    lake : Lake
    days : PublishedDayStore
    people : PeopleStore
    method : Method
    day : date
        The last day of the window.
    now : datetime
        Time of publication.
    progress : Progress, optional

    Returns
    -------
    PublishedDay

    Raises
    ------
    InvalidInputError
        If the day is in the future.
    DayNotPublishedError
        If the lake has no data up to that day.
    InvalidMethodError
        If a different method was published under this version before.
    HomeError
        If somebody was erased or opted out in the meantime.
    """
    reporter = progress or NullProgress()
    _reject_future_day(day, now.astimezone(UTC).date())
    days.check_version(method.version, method.digest)
    departures = days.count_departures()
    versions = lake.versions()
    reporter.start(f"scoring {day}", len(method.steps))
    previous_day = _find_previous_day(days, method, day)
    load_inputs(engine, lake, method, day_number(day), versions)
    engine.scan("standings", previous_day.files("strengths") if previous_day else [], INPUT_COLUMNS["standings"])
    engine.create_table("claims", _claim_rows(people), INPUT_COLUMNS["claims"])
    inputs = _run_steps(engine, method, day, previous_day, reporter)
    with days.staging_folder(day, method.version) as folder:
        rows = {table: engine.write(f"published_{table}", folder / table) for table in PUBLISHED_TABLES}
        # Free the memory of the steps: writing the snapshot to serve needs memory, too.
        for step in method.steps:
            engine.drop(step.name)
        published_day = PublishedDay(
            day=day,
            method=method.version,
            method_digest=method.digest,
            method_text=method.text,
            inputs=inputs,
            engine=engine.name,
            folder=folder,
            people=rows["scores"],
            lake=versions,
            published_at=now,
        )
        days.publish(published_day, departures=departures)
    reporter.finish(f"{day}: {plural(rows['scores'], 'person', 'people')} scored by method {method.version}")
    return days.find(day, method.version)


def _reject_future_day(day: date, today: date) -> None:
    if day > today:
        raise InvalidInputError(f"{day} is in the future (UTC); score a day up to {today}")


def _run_steps(engine: Engine, method: Method, day: date, previous_day: PublishedDay | None, reporter: Progress) -> str:
    """Run every step, and drop tables that no later step reads; return a hash of all inputs."""
    inputs = ""
    views = {name for step in method.steps if not step.stored for name in step.reads}
    for index, step in enumerate(method.steps):
        reporter.advance(step.name)
        engine.run(step)
        if step.name == "checks":
            inputs = _hash_inputs(engine, method, day, previous_day)
            engine.create_table("edition", [(day_number(day), method.version, inputs)], INPUT_COLUMNS["edition"])
        needed_later = {name for other in method.steps[index + 1 :] for name in other.reads}
        for step_name in {s.name for s in method.steps[: index + 1] if s.stored} - needed_later - views:
            engine.drop(step_name)
    return inputs


def _hash_inputs(engine: Engine, method: Method, day: date, previous_day: PublishedDay | None) -> str:
    sums = sorted(engine.query("select what, n, total from checks"))
    content = {
        "day": day.isoformat(),
        "method": method.digest,
        "before": previous_day.inputs if previous_day else "",
        "sums": sums,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _find_previous_day(days: PublishedDayStore, method: Method, day: date) -> PublishedDay | None:
    try:
        return days.find(day - timedelta(days=1), method.version)
    except DayNotPublishedError:
        return None


def _claim_rows(people: PeopleStore) -> list[tuple[str, str, int, str]]:
    consenting_people = people.all_consenting()
    return [
        (network, account_id, person.key, person.name)
        for person in consenting_people
        for network, account_id in person.accounts
    ]
