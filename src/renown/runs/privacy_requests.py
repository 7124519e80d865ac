"""Process the privacy requests (opt-out, erasure) that people made on the web; an interrupted one is retried."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import stamina

from renown.engines.duckdb import DuckDB
from renown.errors import LakeLockedError, RenownError, RunInProgressError
from renown.privacy.consent import opt_out_people
from renown.privacy.erase import NO_PERSON_KEY, erase_people
from renown.privacy.stores import PersonalDataStores
from renown.runs.processes import file_lock, run_in_background
from renown.scoring import Subject, find_account, load_subject
from renown.store import ERASE, OPT_OUT, PrivacyRequest

REQUESTS_LOCK = "privacy-requests"
"""Lock file in the home of the process that works on requests."""
LOCK_TIMEOUT = 600.0
"""Seconds to wait for the lake's lock; after that, the request waits for the next run."""
MAX_BATCH = 100
"""Maximum requests that are processed together."""


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
    Process all open requests; do nothing if another process does so.

    Those of one kind are processed together: each file of the lake and of published days is written again once.

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
            attempted |= {request.digest for request in open_requests}
            with file_lock(folder / REQUESTS_LOCK, at=now()):
                for batch in _group_requests(open_requests):
                    results += _process_batch(engine, stores, batch, now, lock_timeout)
    return results


def process_requests_in_background(home: Path, store: str) -> None:
    """Process the requests of a home in a background process."""
    run_in_background(home, store, "requests")


def _group_requests(requests: Sequence[PrivacyRequest]) -> Iterator[list[PrivacyRequest]]:
    """Group requests of one kind; opt-outs come first, as they are quicker."""
    for kind in (OPT_OUT, ERASE):
        of_kind = [request for request in requests if request.kind == kind]
        yield from (of_kind[start : start + MAX_BATCH] for start in range(0, len(of_kind), MAX_BATCH))


def _process_batch(
    engine: Callable[[], DuckDB],
    stores: PersonalDataStores,
    requests: Sequence[PrivacyRequest],
    now: Callable[[], datetime],
    lock_timeout: float,
) -> list[RequestResult]:
    """Process requests of one kind together; each by itself if that fails, so that none stops the others."""
    for request in requests:
        stores.privacy_requests.mark_started(request, at=now())
    try:
        for attempt in stamina.retry_context(
            on=LakeLockedError, attempts=None, timeout=lock_timeout, wait_initial=0.2, wait_max=5
        ):
            with attempt, engine() as session:
                _apply_requests(session, stores, requests, now())
    except LakeLockedError as error:
        return [RequestResult(request.kind, done=False, message=str(error)) for request in requests]
    except RenownError as error:
        if len(requests) == 1:
            return [RequestResult(requests[0].kind, done=False, message=str(error))]
        return [
            result for request in requests for result in _process_batch(engine, stores, [request], now, lock_timeout)
        ]
    for request in requests:
        stores.privacy_requests.mark_done(request, at=now())
    stores.people.purge()
    return [RequestResult(request.kind, done=True, message="") for request in requests]


def _apply_requests(
    engine: DuckDB, stores: PersonalDataStores, requests: Sequence[PrivacyRequest], now: datetime
) -> None:
    subjects: dict[Subject, None] = {}
    for request in requests:
        if subject := _resolve_request_subject(engine, stores, request):
            subjects[subject] = None
        elif request.account:
            stores.people.opt_outs.add(*request.account)
            stores.people.erase(NO_PERSON_KEY, {request.account: None})
    if subjects and requests[0].kind == ERASE:
        erase_people(engine, stores, list(subjects))
    elif subjects:
        opt_out_people(engine, stores, list(subjects), now=now)


def _resolve_request_subject(engine: DuckDB, stores: PersonalDataStores, request: PrivacyRequest) -> Subject | None:
    """Return the subject of a request; None if the home has no data about them."""
    if request.account:
        return find_account(*request.account, engine, stores.lake)
    person = stores.people.by_key(request.key) if request.key is not None else None
    return load_subject(person, engine, stores.lake) if person else None
