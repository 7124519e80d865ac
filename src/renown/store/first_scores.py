"""Store of first scores to compute: a durable queue of people who claimed an account and have no score yet."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
import sqlalchemy as sa

from renown.errors import DepartureError
from renown.store.opt_outs import count_departures
from renown.store.person import CONSENT_GIVEN
from renown.store.person_days import erase_person
from renown.store.schema import first_scores, people

MAX_QUEUED = 1_000
"""Most people in the queue; whoever comes after them gets the score of the next daily run."""
MAX_ATTEMPTS = 3
"""Attempts to compute a first score: one that kills its process every time must not be tried for ever."""
LEASE = timedelta(seconds=30)
"""How long a process owns a job that it does not renew, so that another takes over after a kill."""
DONE_RETENTION = timedelta(days=30)
"""Retention of finished jobs, whose progress can still be looked up."""


class Stage(StrEnum):
    """How far a first score is."""

    WAITING = "waiting"
    READING = "reading"
    """The accounts are being read."""
    ENTERING = "entering"
    """The reactions are being weighed."""
    SCORING = "scoring"
    """The days are being scored."""
    DONE = "done"
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        """Whether there is something left to do."""
        return self not in {Stage.DONE, Stage.FAILED}


@dataclass(frozen=True, kw_only=True)
class FirstScorePoints:
    """Points that one signal of one account adds to a first score."""

    network: str
    account_id: str
    signal: str
    received: float
    """In the signal's unit: trusted people, followers, lists."""
    points: float
    self_reported: float
    """The part of `received` that the account's owner provided."""


@dataclass(frozen=True, kw_only=True)
class FirstScoreJob:
    """The first score of a person, and how far it is."""

    person_id: int
    stage: Stage
    requested_at: datetime
    changed_at: datetime
    attempts: int
    """Number of times that a process began to work on it."""
    worker: str
    """Process that works on it, or did last; empty if none did."""
    lease_until: datetime | None
    """Until when that process owns it; None if nobody does."""
    posts: int
    """Posts read so far."""
    people: int
    """People read so far who reacted."""
    days: int
    """Days scored so far."""
    problem: str
    """Why it failed, a key of `PROBLEMS`; empty if it did not."""
    points: tuple[FirstScorePoints, ...] = ()
    """With the base score they sum to the last score; most points first, empty until it is done."""

    def is_abandoned(self, at: datetime) -> bool:
        """Tell whether something is left to do, and no process works on it."""
        return self.stage.is_open and (self.lease_until is None or self.lease_until <= at)


PROBLEMS = {
    "unreachable": "the network did not answer",
    "no_data": "nothing is known of the accounts yet",
    "no_reader": "none of the accounts is on a network that can be read",
    "no_history": "the method has no ledger, so its past days cannot be computed",
    "interrupted": "computing was interrupted several times",
    "error": "an unexpected error",
}
"""Why there is no first score; the next daily run tries again."""
_OPEN_STAGES = [stage.value for stage in Stage if stage.is_open]
_JOB_COLUMNS = [column for column in first_scores.c if column.name != "profile"]
"""Columns of a job: its profile is only read where it is shown."""


class FirstScoreStore:
    """The queue of first scores of a home."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database

    def request(self, key: int, *, at: datetime) -> bool:
        """Queue the first score of a person, by score key, again from the start; return False if the queue is full."""
        # If the same person's other browser queues it at the same moment, one job is enough.
        with suppress(sa.exc.IntegrityError), self._database.begin() as connection:
            outdated = sa.and_(_is_stage(Stage.DONE, Stage.FAILED), first_scores.c.changed_at < at - DONE_RETENTION)
            connection.execute(sa.delete(first_scores).where(outdated))
            others = sa.and_(_is_open(), first_scores.c.person_id != -key)
            count = connection.scalar(sa.select(sa.func.count()).select_from(first_scores).where(others))
            if count is not None and count >= MAX_QUEUED:
                return False
            connection.execute(sa.delete(first_scores).where(first_scores.c.person_id == -key))
            row = {"person_id": -key, "stage": Stage.WAITING.value, "requested_at": at, "changed_at": at}
            progress = {"attempts": 0, "worker": "", "posts": 0, "people": 0, "days": 0, "problem": ""}
            connection.execute(sa.insert(first_scores).values(**row, **progress))
        return True

    def find(self, key: int) -> FirstScoreJob | None:
        """Return a person's job, by their score key; None if there is none."""
        return next(iter(self._find(first_scores.c.person_id == -key)), None)

    def list_open(self) -> list[FirstScoreJob]:
        """Return all open jobs, oldest first."""
        return self._find(_is_open())

    def count_before(self, job: FirstScoreJob) -> int:
        """Count the open jobs that were requested before one."""
        before = sa.and_(_is_open(), first_scores.c.requested_at < job.requested_at)
        with self._database.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(first_scores).where(before)) or 0

    def has_pending(self) -> bool:
        """Tell whether there is a job that `take` finds now, or once its process lost it."""
        return bool(self._find(sa.and_(_is_open(), _is_consenting())))

    def claim_next(self, worker: str, *, at: datetime) -> FirstScoreJob | None:
        """
        Take the oldest job that no process owns, for `LEASE`; None if there is none.

        Of several processes, also of several servers on one database, one gets it. A job that was taken
        `MAX_ATTEMPTS` times is given up.
        """
        for job in self._find(_is_free(at)):
            has_attempt = job.attempts < MAX_ATTEMPTS
            values = {
                "stage": (Stage.READING if has_attempt else Stage.FAILED).value,
                "attempts": job.attempts + has_attempt,
                "worker": worker,
                "lease_until": at + LEASE if has_attempt else None,
                "changed_at": at,
                "problem": "" if has_attempt else "interrupted",
            }
            with self._database.begin() as connection:
                condition = sa.and_(first_scores.c.person_id == job.person_id, _is_free(at))
                claimed_rows = connection.execute(sa.update(first_scores).where(condition).values(**values)).rowcount
            if claimed_rows and has_attempt:
                return self.find(-job.person_id)
        return None

    def update(self, job: FirstScoreJob, *, at: datetime, **values: object) -> bool:
        """
        Change columns of a job and renew its lease; return False if another process owns it, or nobody needs it.

        Parameters
        ----------
        job : FirstScoreJob
            As `take` returned it.
        at : datetime
        **values
            Columns, such as ``stage`` and ``posts``; ``points`` are `FirstScorePoints`.
        """
        if "points" in values:
            values["points"] = msgspec.json.encode(values["points"]).decode()
        is_open = Stage(str(values.get("stage", Stage.READING))).is_open
        values |= {"changed_at": at, "lease_until": at + LEASE if is_open else None}
        with self._database.begin() as connection:
            return bool(connection.execute(sa.update(first_scores).where(_is_owned(job)).values(**values)).rowcount)

    def save_profile(self, job: FirstScoreJob, body: bytes, *, departures: int) -> bool:
        """
        Save the profile of a first score; return False if another process owns the job, or nobody needs it.

        Parameters
        ----------
        job : FirstScoreJob
            As `take` returned it.
        body : bytes
            Whatever the caller serialized.
        departures : int
            What `count_departures` returned before anything of the profile was read.

        Raises
        ------
        DepartureError
            If somebody opted out or was erased since, who may be in the profile.
        """
        with self._database.begin() as connection:
            if departures != count_departures(connection, lock=True):
                raise DepartureError("somebody opted out while a first score was explained; explain it again")
            update = sa.update(first_scores).where(_is_owned(job)).values(profile=body)
            return bool(connection.execute(update).rowcount)

    def find_profile(self, key: int) -> bytes | None:
        """Return the profile of a person's first score; None if there is none, or a published one replaced it."""
        with self._database.connect() as connection:
            return connection.scalar(sa.select(first_scores.c.profile).where(first_scores.c.person_id == -key))

    def list_profiles(self) -> list[tuple[int, bytes]]:
        """Return the score key and profile of everybody whose first score has one."""
        columns = (first_scores.c.person_id, first_scores.c.profile)
        select = sa.select(*columns).where(first_scores.c.profile.is_not(None)).order_by(first_scores.c.person_id)
        with self._database.connect() as connection:
            return [(-row.person_id, row.profile) for row in connection.execute(select)]

    def update_profile(self, key: int, body: bytes) -> None:
        """Replace the profile of a person's first score."""
        is_row = sa.and_(first_scores.c.person_id == -key, first_scores.c.profile.is_not(None))
        with self._database.begin() as connection:
            connection.execute(sa.update(first_scores).where(is_row).values(profile=body))

    def erase(self, key: int) -> int:
        """Delete a person's job, with their first score's points and profile; return the number of rows deleted."""
        with self._database.begin() as connection:
            return erase_person(connection, first_scores, key)

    def _find(self, where: sa.ColumnElement[bool]) -> list[FirstScoreJob]:
        select = sa.select(*_JOB_COLUMNS).where(where)
        with self._database.connect() as connection:
            rows = connection.execute(select.order_by(first_scores.c.requested_at, first_scores.c.person_id)).all()
        return [_to_job(row) for row in rows]


def _to_job(row: sa.Row[tuple[object, ...]]) -> FirstScoreJob:
    columns = row._asdict()
    points = msgspec.json.decode(columns.pop("points") or "[]", type=tuple[FirstScorePoints, ...])
    return FirstScoreJob(**{**columns, "stage": Stage(columns["stage"]), "points": points})


def _is_stage(*stages: Stage) -> sa.ColumnElement[bool]:
    return first_scores.c.stage.in_([stage.value for stage in stages])


def _is_open() -> sa.ColumnElement[bool]:
    return first_scores.c.stage.in_(_OPEN_STAGES)


def _is_owned(job: FirstScoreJob) -> sa.ColumnElement[bool]:
    """Return the condition of an open job that the process still owns which took it."""
    return sa.and_(
        first_scores.c.person_id == job.person_id,
        first_scores.c.worker == job.worker,
        first_scores.c.requested_at == job.requested_at,
        _is_open(),
    )


def _is_free(at: datetime) -> sa.ColumnElement[bool]:
    """Return the condition of open jobs that nobody owns, of people who consent."""
    is_unowned = sa.or_(first_scores.c.lease_until.is_(None), first_scores.c.lease_until <= at)
    return sa.and_(_is_open(), is_unowned, _is_consenting())


def _is_consenting() -> sa.ColumnElement[bool]:
    return first_scores.c.person_id.in_(sa.select(people.c.person_id).where(people.c.consent == CONSENT_GIVEN))
