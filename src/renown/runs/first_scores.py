"""
First scores: read the accounts of people who just claimed them, and compute their last 90 days at once.

Nobody has to wait for the daily run. The queue is in the store: of several processes, also of several servers on one
database, one works on a job; after a kill, another takes it over.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from renown import answers
from renown.connectors.base import Page
from renown.errors import DayNotPublishedError, DepartureError, RunInProgressError, format_unexpected_error
from renown.progress import NullProgress
from renown.records import Interaction, PostDetails
from renown.runs.claimed_accounts import fetch_accounts, list_readable_accounts
from renown.runs.compute_first_score import FirstScoreDays, compute_first_score
from renown.runs.processes import file_lock, run_in_background
from renown.runs.resources import RunResources
from renown.scoring.score import MAX_ATTEMPTS
from renown.store import AccountName, FirstScoreJob, FirstScorePoints, FirstScoreStore, Person, Stage
from renown.store.profiles import normalize_name

FIRST_SCORES_LOCK = "first-scores"
"""Lock file in the home of the process that computes first scores."""
MAX_READ_SECONDS = 40
"""Most seconds for reading an account before its first score; the daily run reads the rest."""
_POLL_SECONDS = 1.0
"""Seconds between two looks for jobs whose process was killed."""
_RENEWAL_SECONDS = 2.0
"""Seconds between two updates of a job: its progress, and its lease."""
_MAX_JOB_TIME = timedelta(minutes=10)
"""Time after which a job that hangs is not renewed any more."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FirstScoreResult:
    """Result of computing one first score."""

    name: str
    stage: Stage
    problem: str
    """Why it failed; empty if it did not."""


@dataclass
class _Counter(NullProgress):
    """How far a job is; pages and days are counted while a thread stores the figures."""

    stage: Stage = Stage.READING
    days: int = 0
    points: tuple[FirstScorePoints, ...] = ()
    """Points of the last day."""
    posts: set[str] = field(default_factory=set)
    actors: set[str] = field(default_factory=set)

    def count_page(self, page: Page) -> None:
        """Count the posts of a page, and the people who reacted."""
        for record in page.records:
            if isinstance(record, Interaction):
                self.actors.add(record.actor_id)
            if isinstance(record, Interaction | PostDetails) and record.post_id:
                self.posts.add(record.post_id)
        for listing in page.listings:
            self.posts.add(listing.post_id)
            self.actors.update(actor.account_id for actor in listing.actors)

    def advance(self, part: str) -> None:  # noqa: ARG002 - the day is not shown
        """Count a day that is about to be scored."""
        self.stage, self.days = Stage.SCORING, self.days + 1

    def values(self) -> dict[str, object]:
        """Return the columns of the job."""
        return {
            "stage": self.stage.value,
            "posts": len(self.posts),
            "people": len(self.actors),
            "days": self.days,
            "points": self.points,
        }


def process_first_scores(
    resources: RunResources,
    *,
    now: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
    renewal_seconds: float = _RENEWAL_SECONDS,
) -> list[FirstScoreResult]:
    """
    Compute all first scores that are queued, oldest first, one at a time; do nothing if another process does so.

    A job of a process that was killed is taken over once its lease has ended.

    Parameters
    ----------
    resources : RunResources
        Its clients should be limited to `MAX_READ_SECONDS`.
    now : callable
        Returns the current UTC time.
    sleep : callable, optional
        Waits for seconds.
    renewal_seconds : float
        Seconds between two updates of the job that is in progress.
    """
    results: list[FirstScoreResult] = []
    worker, queue = uuid.uuid4().hex, resources.first_scores
    # Somebody queued while the lock is released is served by this loop, or by the process that takes the lock.
    with suppress(RunInProgressError):
        while queue.has_pending():
            with file_lock(resources.folder / FIRST_SCORES_LOCK, at=now()):
                while queue.has_pending():
                    if job := queue.claim_next(worker, at=now()):
                        results.append(_process_job(resources, job, now, renewal_seconds))
                    else:  # another server works on what is left, or a process died with it
                        sleep(_POLL_SECONDS)
    return results


def process_first_scores_in_background(home: Path, store: str) -> None:
    """Compute the first scores of a home in a background process."""
    run_in_background(home, store, "first-scores")


def _process_job(
    resources: RunResources, job: FirstScoreJob, now: Callable[[], datetime], renewal_seconds: float
) -> FirstScoreResult:
    """Compute one first score, and record how it ended."""
    person = resources.people.by_key(-job.person_id)
    if person is None or not person.has_consented:
        return FirstScoreResult("", Stage.FAILED, "no_data")
    counter = _Counter()
    try:
        with _renew_lease(resources.first_scores, job, counter, now, renewal_seconds):
            problem = _compute(resources, person, job, counter, now)
    except Exception as error:  # noqa: BLE001 - one person's data must not end the queue of the others
        _log.error("the first score of a person failed: %s", format_unexpected_error(error))
        problem = "error"
    stage = Stage.FAILED if problem else Stage.DONE
    resources.first_scores.update(job, at=now(), **(counter.values() | {"stage": stage.value, "problem": problem}))
    return FirstScoreResult(person.name, stage, problem)


def _compute(
    resources: RunResources, person: Person, job: FirstScoreJob, counter: _Counter, now: Callable[[], datetime]
) -> str:
    """Read a person's accounts and compute their first score; return why there is none, or an empty text."""
    if resources.served_scores.find(person.key) is not None:
        return ""  # a daily run was faster
    if not resources.method.has_ledger:
        return "no_history"
    is_reachable, has_reader = _read_accounts(resources, person, counter, now)
    counter.stage = Stage.ENTERING
    with suppress(DayNotPublishedError):  # the lake is empty
        if _compute_score(resources, person, job, counter, now):
            return ""
    return "no_reader" if not has_reader else "no_data" if is_reachable else "unreachable"


def _compute_score(
    resources: RunResources, person: Person, job: FirstScoreJob, counter: _Counter, now: Callable[[], datetime]
) -> bool:
    """Compute and store the days of a person, then the profile of the last one; return whether there is a score."""

    def save(days: FirstScoreDays) -> None:
        if days.has_score:
            resources.days.recomputed.save([days.recomputation], method=resources.method.version, at=now())
            counter.points = days.points

    for attempt in range(1, MAX_ATTEMPTS + 1):
        departures, counter.days = resources.days.count_departures(), 0
        profile = compute_first_score(resources, person, now=now(), progress=counter, on_scored=save)
        if profile is None:
            return False
        try:
            resources.first_scores.save_profile(job, answers.serialize_profile(profile), departures=departures)
        except DepartureError:
            if attempt == MAX_ATTEMPTS:
                raise
        else:
            return True
    raise AssertionError


def _read_accounts(
    resources: RunResources, person: Person, counter: _Counter, now: Callable[[], datetime]
) -> tuple[bool, bool]:
    """Read the accounts that were never read completely; return whether all could be read, and if there are any."""
    accounts = list_readable_accounts(resources.open_reader, resources.lake, [person], resources.can_read)
    unread = []
    for connector, account in accounts:
        state = resources.sync_states.find(connector.network, account.account_id)
        if state is None or state.seen_at is None:
            unread.append((connector, account))
    summaries = fetch_accounts(resources, unread, now=now, on_page=counter.count_page)
    _record_handles(resources, person)
    return all(summary.complete for summary in summaries), bool(accounts)


def _record_handles(resources: RunResources, person: Person) -> None:
    """Record the handles that were read, so that people find the account by them before the next day is published."""
    names = [
        AccountName(connector.network, normalize_name(name), person.key, account.account_id, name)
        for connector, account in list_readable_accounts(
            resources.open_reader, resources.lake, [person], resources.can_read
        )
        for name in {account.account_id, account.handle}
    ]
    resources.profiles.add_names(names)


@contextmanager
def _renew_lease(
    queue: FirstScoreStore, job: FirstScoreJob, counter: _Counter, now: Callable[[], datetime], seconds: float
) -> Iterator[None]:
    """Store the progress of a job, and renew its lease, in a thread; a job that hangs loses it."""
    ended, deadline = threading.Event(), now() + _MAX_JOB_TIME

    def renew() -> None:
        while not ended.wait(seconds) and now() < deadline:
            with suppress(Exception):  # the database may be busy; the next update is soon
                queue.update(job, at=now(), **counter.values())

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
