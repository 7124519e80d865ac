"""Fetch what is new about claimed accounts, of all of them or of new ones."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from renown.connectors import CONNECTORS
from renown.connectors.base import Account, Connector, Page, ReadLimits
from renown.engines.duckdb import DuckDB
from renown.errors import RunInProgressError
from renown.ingest.account_fetcher import FetchSummary
from renown.ingest.fetch import fetch_network
from renown.ingest.identities import IdentityCollector
from renown.lake import Lake
from renown.progress import Progress, ignore_message
from renown.runs.processes import file_lock
from renown.runs.resources import RunResources
from renown.scoring.accounts import load_handles
from renown.store import Person

NEW_ACCOUNTS_LOCK = "newcomers"
"""Lock file in the home of the process that fetches new accounts."""


def fetch_accounts(
    resources: RunResources,
    accounts: Sequence[tuple[Connector, Account]],
    *,
    now: Callable[[], datetime],
    notify: Callable[[str], None] = ignore_message,
    on_page: Callable[[Page], None] | None = None,
    progress: Progress | None = None,
) -> list[FetchSummary]:
    """Fetch new data of accounts, within the limits of the home's settings; call `on_page` with each page."""
    return fetch_network(
        resources.open_reader,
        resources.lake,
        resources.sync_states,
        accounts,
        lambda connector, account: resources.open_client(connector, account, notify),
        now=now,
        limits=ReadLimits(resources.max_actors, int(resources.method["window_days"])),
        claimed_accounts=frozenset(
            account for person in resources.people.all_consenting() for account in person.accounts
        ),
        identities=IdentityCollector(identities=resources.identities, has_pictures=resources.has_pictures),
        on_page=on_page,
        progress=progress,
    )


def fetch_new_accounts(
    resources: RunResources,
    *,
    now: Callable[[], datetime],
    notify: Callable[[str], None] = ignore_message,
    progress: Progress | None = None,
) -> list[FetchSummary]:
    """
    Fetch each account that was never fetched, once; do nothing if another process does so.

    Followers count from the day on which they were fetched: if that is at once, from the day of the claim.
    """
    summaries: list[FetchSummary] = []
    attempted: set[tuple[str, str]] = set()
    # An account claimed while the lock is released is fetched by this loop, or by the process that takes the lock.
    with suppress(RunInProgressError):
        while new_accounts := [
            (connector, account)
            for connector, account in _list_accounts(resources)
            if (connector.network, account.account_id) not in attempted
            and resources.sync_states.find(connector.network, account.account_id) is None
        ]:
            with file_lock(resources.folder / NEW_ACCOUNTS_LOCK, at=now()):
                attempted.update((connector.network, account.account_id) for connector, account in new_accounts)
                summaries += fetch_accounts(resources, new_accounts, now=now, notify=notify, progress=progress)
    return summaries


def list_readable_accounts(
    engine: Callable[[], DuckDB],
    lake: Lake,
    people: Iterable[Person],
    can_read: Callable[[Connector, str], bool] = lambda _connector, _account_id: True,
) -> list[tuple[Connector, Account]]:
    """
    List the accounts of people on networks that have a connector, each with its latest handle.

    Parameters
    ----------
    engine : callable
        Opens a session for queries.
    lake : Lake
    people : iterable of Person
    can_read : callable
        Tells whether an account can be read; all by default.
    """
    claimed_accounts = [
        account
        for person in people
        for account in person.accounts
        if account[0] in CONNECTORS and can_read(CONNECTORS[account[0]], account[1])
    ]
    with engine() as session:
        handle_by_account = load_handles(session, lake, claimed_accounts)
    return [
        (CONNECTORS[network], Account(account_id, handle_by_account.get((network, account_id), account_id)))
        for network, account_id in claimed_accounts
    ]


def _list_accounts(resources: RunResources) -> list[tuple[Connector, Account]]:
    return list_readable_accounts(
        resources.open_reader, resources.lake, resources.people.all_consenting(), resources.can_read
    )


def fetch_all_accounts(
    resources: RunResources, now: Callable[[], datetime], notify: Callable[[str], None], progress: Progress | None
) -> list[FetchSummary]:
    """Fetch the accounts of everybody who claimed one and did not opt out."""
    accounts = _list_accounts(resources)
    return fetch_accounts(resources, accounts, now=now, notify=notify, progress=progress) if accounts else []
