"""Process the privacy requests (opt-out, erasure) that people made on the web; an interrupted one is retried."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import stamina

from renown.engines.duckdb import DuckDB
from renown.errors import LakeLockedError, RenownError, RunInProgressError
from renown.privacy.consent import opt_out
from renown.privacy.erase import NO_PERSON_KEY, erase_person
from renown.privacy.stores import PersonalDataStores
from renown.runs.processes import file_lock, run_in_background
from renown.scoring import Subject, find_account, load_subject
from renown.store import ERASE, PrivacyRequest

REQUESTS_LOCK = "privacy-requests"
"""Lock file in the home of the process that works on requests."""
LOCK_TIMEOUT = 600.0
"""Seconds to wait for the lake's lock; after that, the request waits for the next run."""


@dataclass(frozen=True)
class RequestResult:
    """Result of processing one request."""

    kind: str
    """One of ``opt-out`` and ``erase``."""
    done: bool
    message: str
    """Why it is not done; empty if it is."""


def process_requests(
    engine: Callable[[], DuckDB],
    stores: PersonalDataStores,
    folder: Path,
    *,
    now: Callable[[], datetime],
    lock_timeout: float = LOCK_TIMEOUT,
) -> list[RequestResult]:
    """
    Process all open requests, oldest first; do nothing if another process does so.

    Parameters
    ----------
    engine : callable
        Opens a session.
    stores : PersonalDataStores
    folder : Path
        The home, which has the lock file.
    now : callable
        Returns the current UTC time.
    lock_timeout : float
        Seconds to wait for the lake's lock.
    """
    results: list[RequestResult] = []
    attempted: set[str] = set()
    # A request made while the lock is released is processed by this loop, or by the process that takes the lock.
    with suppress(RunInProgressError):
        while open_requests := [item for item in stores.privacy_requests.list_open() if item.digest not in attempted]:
            with file_lock(folder / REQUESTS_LOCK, at=now()):
                for request in open_requests:
                    attempted.add(request.digest)
                    results.append(_process_request(engine, stores, request, now, lock_timeout))
    return results


def process_requests_in_background(home: Path, store: str) -> None:
    """Process the requests of a home in a background process."""
    run_in_background(home, store, "requests")


def _process_request(
    engine: Callable[[], DuckDB],
    stores: PersonalDataStores,
    request: PrivacyRequest,
    now: Callable[[], datetime],
    lock_timeout: float,
) -> RequestResult:
    stores.privacy_requests.mark_started(request, at=now())
    try:
        for attempt in stamina.retry_context(
            on=LakeLockedError, attempts=None, timeout=lock_timeout, wait_initial=0.2, wait_max=5
        ):
            with attempt, engine() as session:
                _apply_request(session, stores, request, now())
    except RenownError as error:
        return RequestResult(request.kind, done=False, message=str(error))
    stores.privacy_requests.mark_done(request, at=now())
    stores.people.purge()
    return RequestResult(request.kind, done=True, message="")


def _apply_request(engine: DuckDB, stores: PersonalDataStores, request: PrivacyRequest, now: datetime) -> None:
    subject = _resolve_request_subject(engine, stores, request)
    if subject is None:
        if request.account:
            stores.people.opt_outs.add(*request.account)
            stores.people.erase(NO_PERSON_KEY, {request.account: None})
    elif request.kind == ERASE:
        erase_person(engine, stores, subject)
    else:
        opt_out(engine, stores, subject, now=now)


def _resolve_request_subject(engine: DuckDB, stores: PersonalDataStores, request: PrivacyRequest) -> Subject | None:
    """Return the subject of a request; None if the home has no data about them."""
    if request.account:
        return find_account(*request.account, engine, stores.lake)
    person = stores.people.by_key(request.key) if request.key is not None else None
    return load_subject(person, engine, stores.lake) if person else None
