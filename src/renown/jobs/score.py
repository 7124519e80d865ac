"""Score: a day's lake through the method's steps to a published day."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

from renown.engines import Engine
from renown.errors import BadInput, NotPublished
from renown.inputs import take_in
from renown.jobs.progress import Progress, Silent
from renown.lake import Lake
from renown.method import INPUTS, Method
from renown.records import day_number
from renown.spelling import plural
from renown.store import Days, People, PublishedDay

PUBLISHED = ("scores", "strengths", "points", "actors")
"""The tables of a published day; step `published_<table>` makes each."""


def score(
    engine: Engine,
    lake: Lake,
    days: Days,
    people: People,
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
        A session of its own.
    lake, days, people
        What is read, where it is published, who claimed what.
    method : Method
    day : date
        The last day of the window.
    now : datetime
        The instant noted beside the publication.
    progress : Progress, optional

    Returns
    -------
    PublishedDay

    Raises
    ------
    BadInput
        If the day has not begun by `now`: nobody knows it.
    NotPublished
        If the lake holds nothing up to that day.
    BadMethod
        If another method published under this version.
    HomeError
        If somebody was forgotten or opted out meanwhile.
    """
    tell = progress or Silent()
    _refuse_future(day, now.astimezone(UTC).date())
    days.check_version(method.version, method.digest)
    departures = days.departures()
    versions = lake.versions()
    tell.start(f"scoring {day}", len(method.steps))
    before = _yesterday(days, method, day)
    take_in(engine, lake, method, day_number(day), versions)
    engine.scan("standings", before.files("strengths") if before else [], INPUTS["standings"])
    engine.table("claims", _claims(people), INPUTS["claims"])
    inputs = _run(engine, method, day, before, tell)
    with days.staging(day, method.version) as folder:
        rows = {table: engine.write(f"published_{table}", folder / table) for table in PUBLISHED}
        # To serve them takes memory of its own: nobody needs that of the steps any more.
        for step in method.steps:
            engine.drop(step.name)
        new = PublishedDay(
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
        days.publish(new, departures=departures)
    tell.done(f"{day}: {plural(rows['scores'], 'person', 'people')} scored by method {method.version}")
    return days.find(day, method.version)


def _refuse_future(day: date, today: date) -> None:
    if day > today:
        msg = f"{day} has not begun (UTC); score a day up to {today}"
        raise BadInput(msg)


def _run(engine: Engine, method: Method, day: date, before: PublishedDay | None, tell: Progress) -> str:
    """Run every step, dropping what no later one reads; return the digest of all that counted."""
    inputs = ""
    views = {name for step in method.steps if not step.stored for name in step.reads}
    for place, step in enumerate(method.steps):
        tell.advance(step.name)
        engine.run(step)
        if step.name == "checks":
            inputs = _digest(engine, method, day, before)
            engine.table("edition", [(day_number(day), method.version, inputs)], INPUTS["edition"])
        later = {name for other in method.steps[place + 1 :] for name in other.reads}
        for done in {s.name for s in method.steps[: place + 1] if s.stored} - later - views:
            engine.drop(done)
    return inputs


def _digest(engine: Engine, method: Method, day: date, before: PublishedDay | None) -> str:
    sums = sorted(engine.rows("select what, n, total from checks"))
    said = {"day": day.isoformat(), "method": method.digest, "before": before.inputs if before else "", "sums": sums}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _yesterday(days: Days, method: Method, day: date) -> PublishedDay | None:
    try:
        return days.find(day - timedelta(days=1), method.version)
    except NotPublished:
        return None


def _claims(people: People) -> list[tuple[str, str, int, str]]:
    everybody = people.consenting()
    return [(network, account_id, who.key, who.name) for who in everybody for network, account_id in who.accounts]
