"""Score a day: run the method's steps over the lake, and publish the result."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from renown.engines.base import Engine
from renown.errors import HomeError, InvalidInputError, LakeLockedError, StepFailedError
from renown.lake import Lake
from renown.method.file import Method
from renown.method.parameters import INPUT_COLUMNS
from renown.progress import NullProgress, Progress
from renown.records import day_number
from renown.scoring.aliases import load_alias_ids, load_day_alias_keys
from renown.scoring.carry import CARRIED_STEPS, Carry
from renown.scoring.entries import load_ledger
from renown.scoring.inputs import input_columns, load_inputs
from renown.scoring.ledger import open_ledger
from renown.scoring.seeds import create_verified_accounts
from renown.steps import Step
from renown.store import PeopleStore, Person, PublishedDay, PublishedDayStore
from renown.text import plural

PUBLISHED_PREFIX = "published_"
"""Prefix of the steps whose results are the tables of a published day."""

ClaimRow = tuple[str, str, int, str]
"""Network, account id, score key and name."""

MAX_ATTEMPTS = 5
"""Attempts to score a day while people are erased or opt out."""


@dataclass(frozen=True, kw_only=True)
class _ScoringJob:
    """What to score, and from what."""

    engine: Engine
    lake: Lake
    days: PublishedDayStore
    people: PeopleStore
    method: Method
    day: date
    now: datetime
    reporter: Progress


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
    DepartureError
        If somebody is erased or opts out during every attempt.
    DamagedHomeError
        If the lake, or the published day before, is damaged.
    """
    _reject_future_day(day, now.astimezone(UTC).date())
    days.check_version(method.version, method.digest)
    job = _ScoringJob(
        engine=engine,
        lake=lake,
        days=days,
        people=people,
        method=method,
        day=day,
        now=now,
        reporter=progress or NullProgress(),
    )
    for attempt in range(1, MAX_ATTEMPTS + 1):
        departures, versions = days.count_departures(), lake.versions()
        try:
            return _score_once(job, departures, versions)
        except (HomeError, StepFailedError):
            # An erasure deletes files of the lake and folders of unpublished days that this attempt may have used.
            is_disturbed = days.count_departures() != departures or lake.versions() != versions
            if attempt == MAX_ATTEMPTS or not is_disturbed:
                raise
    raise AssertionError


def _score_once(job: _ScoringJob, departures: int, versions: Mapping[str, int]) -> PublishedDay:
    job.reporter.start(f"scoring {job.day}", len(job.method.steps))
    previous_day = find_previous_day(job.days, job.method, job.day)
    _load_day_inputs(job, previous_day, versions)
    inputs = _run_steps(job, previous_day)
    with job.days.staging_folder(job.day, job.method.version) as folder:
        rows = _write_published_tables(job, folder)
        # Free the memory of the steps: writing the snapshot to serve needs memory, too.
        for step in job.method.steps:
            job.engine.drop(step.name)
        published_day = PublishedDay(
            day=job.day,
            method=job.method.version,
            method_digest=job.method.digest,
            method_text=job.method.text,
            inputs=inputs,
            engine=job.engine.name,
            folder=folder,
            people=rows["scores"],
            lake={**versions, **_ledger_versions(job)},
            published_at=job.now,
        )
        job.days.publish(published_day, departures=departures)
    if job.method.has_ledger:
        _purge_ledger(job)
    job.reporter.finish(
        f"{job.day}: {plural(rows['scores'], 'person', 'people')} scored by method {job.method.version}"
    )
    return job.days.find(job.day, job.method.version)


def _load_day_inputs(job: _ScoringJob, previous_day: PublishedDay | None, versions: Mapping[str, int]) -> None:
    """Load what the steps read: rows of the lake, claims, and the ledger or the strengths of the day before."""
    load_inputs(job.engine, job.lake, job.method, day_number(job.day), versions)
    alias_ids = load_alias_ids(job.engine, job.lake, load_day_alias_keys(job.engine, job.lake, versions))
    job.engine.create_table("claims", claim_rows(job.people.all_consenting(), alias_ids), INPUT_COLUMNS["claims"])
    if job.method.has_ledger:
        load_day_ledger(job.engine, job.lake, previous_day, job.people, job.method, day=job.day, versions=versions)
    else:
        standings_files = previous_day.files("strengths") if previous_day else []
        job.engine.scan("standings", standings_files, INPUT_COLUMNS["standings"])


def _write_published_tables(job: _ScoringJob, folder: Path) -> dict[str, int]:
    """Write the tables to publish, each to a folder of its own; return the number of rows of each."""
    published_tables = {
        step.name: step.name.removeprefix(PUBLISHED_PREFIX)
        for step in job.method.steps
        if step.name.startswith(PUBLISHED_PREFIX)
    }
    return {table: job.engine.write(name, folder / table) for name, table in published_tables.items()}


def load_day_ledger(
    engine: Engine,
    lake: Lake,
    previous_day: PublishedDay | None,
    people: PeopleStore,
    method: Method,
    *,
    day: date,
    versions: Mapping[str, int],
) -> None:
    """
    Load the ledger for a day, with the verified people as seeds and the strengths of the day before.

    Parameters
    ----------
    engine : Engine
        Has the inputs of the day, see `load_inputs`.
    lake : Lake
    previous_day : PublishedDay or None
        As `find_previous_day` returns it.
    people : PeopleStore
    method : Method
        A method with a ledger.
    day : date
    versions : mapping of str to int
        Version of each lake table.
    """
    create_verified_accounts(engine, lake, people, method, versions=versions)
    strength_files = previous_day.files("strengths") if previous_day else []
    engine.scan("strengths_before", strength_files, input_columns(method)["strengths_before"])
    load_ledger(engine, lake, open_ledger(lake, method), method, day_number(day), versions=versions)


def _purge_ledger(job: _ScoringJob) -> None:
    """Delete the ledger's files that no published day is explained from."""
    versions = {
        day.lake["entries"] for day in job.days.all() if day.method == job.method.version and "entries" in day.lake
    }
    # Another process that writes to the ledger, such as an erasure, purges it, too.
    with suppress(LakeLockedError):
        open_ledger(job.lake, job.method).purge_entries(versions)


def _ledger_versions(job: _ScoringJob) -> dict[str, int]:
    """Return the version of the ledger's entries, from which the day can be explained later."""
    return {"entries": open_ledger(job.lake, job.method).entries_version()} if job.method.has_ledger else {}


def _reject_future_day(day: date, today: date) -> None:
    if day > today:
        raise InvalidInputError(f"{day} is in the future (UTC); score a day up to {today}")


def _run_steps(job: _ScoringJob, previous_day: PublishedDay | None) -> str:
    """Run every step, and drop tables that no later step reads; return a hash of all inputs."""
    engine, method, day = job.engine, job.method, job.day
    run = _CarryingRunner(job).run if method.has_ledger else engine.run
    inputs = ""
    stored = {step.name for step in method.steps if step.stored}
    views = {name for step in method.steps if not step.stored for name in step.reads}
    for index, step in enumerate(method.steps):
        job.reporter.advance(step.name)
        run(step)
        if step.name == "checks":
            inputs = _hash_inputs(engine, method, day, previous_day)
            engine.create_table("edition", [(day_number(day), method.version, inputs)], INPUT_COLUMNS["edition"])
        needed_later = {name for other in method.steps[index + 1 :] for name in other.reads}
        for step_name in {step.name, *step.reads} & stored - needed_later - views:
            engine.drop(step_name)
    return inputs


class _CarryingRunner:
    """Runs steps, but takes what can be carried from the last scored day from there."""

    def __init__(self, job: _ScoringJob) -> None:
        self._engine = job.engine
        self._carry = Carry(job.engine, open_ledger(job.lake, job.method), job.method, day_number(job.day))
        self._is_carried = False

    def run(self, step: Step) -> None:
        """Run a step, or carry its result."""
        if step.name == CARRIED_STEPS[0]:
            self._is_carried = self._carry.create_tables()
        if not (self._is_carried and step.name in CARRIED_STEPS):
            self._engine.run(step)
        if step.name == CARRIED_STEPS[-1]:
            self._carry.save()


def _hash_inputs(engine: Engine, method: Method, day: date, previous_day: PublishedDay | None) -> str:
    sums = sorted(engine.query("select what, n, total from checks"))
    content = {
        "day": day.isoformat(),
        "method": method.digest,
        "before": previous_day.inputs if previous_day else "",
        "sums": sums,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def find_previous_day(days: PublishedDayStore, method: Method, day: date) -> PublishedDay | None:
    """
    Find the published day whose strengths the actors' trust comes from.

    With a ledger, that is the latest one in the window, so that a day that was not scored does not make everybody's
    strength unknown; methods without a ledger read the day before.
    """
    earliest_day = day - timedelta(days=int(method["window_days"]) - 1 if method.has_ledger else 1)
    candidates = [
        published
        for published in days.all()
        if published.method == method.version and earliest_day <= published.day < day
    ]
    return max(candidates, key=lambda published: published.day, default=None)


def claim_rows(people: Iterable[Person], alias_ids: Mapping[tuple[str, str], str]) -> list[ClaimRow]:
    """
    Return (network, account_id, score key, name) of every account that these people claimed, each once.

    Parameters
    ----------
    people : iterable of Person
    alias_ids : mapping of (network, id) to id
        Other ids of accounts, by which they may have been claimed. Who claimed the account itself comes first.
    """
    claims = [(person, account) for person in people for account in person.accounts]
    rows: dict[tuple[str, str], ClaimRow] = {}
    for person, account in sorted(claims, key=lambda claim: claim[1] in alias_ids):
        resolved = (account[0], alias_ids.get(account, account[1]))
        rows.setdefault(resolved, (*resolved, person.key, person.name))
    return list(rows.values())
