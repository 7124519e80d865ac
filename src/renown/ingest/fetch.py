"""Fetch new data of claimed accounts from their networks into the lake."""

from collections.abc import Callable, Sequence
from datetime import datetime

from renown.connectors.base import Account, Connector, Page, ReadLimits
from renown.connectors.http.client import Client
from renown.engines.duckdb import DuckDB
from renown.ingest.account_fetcher import AccountFetcher, FetchSummary
from renown.ingest.circuit_breaker import CircuitBreaker
from renown.ingest.identities import IdentityCollector
from renown.ingest.opt_outs import is_opted_out
from renown.lake import Lake
from renown.progress import NullProgress, Progress
from renown.store import SyncStateStore
from renown.text import plural


def fetch_network(  # noqa: PLR0913 - the last six are keyword-only
    engine: Callable[[], DuckDB],
    lake: Lake,
    sync_states: SyncStateStore,
    accounts: Sequence[tuple[Connector, Account]],
    open_client: Callable[[Connector, Account], Client],
    *,
    now: Callable[[], datetime],
    limits: ReadLimits,
    claimed_accounts: frozenset[tuple[str, str]] = frozenset(),
    identities: IdentityCollector | None = None,
    on_page: Callable[[Page], None] | None = None,
    progress: Progress | None = None,
) -> list[FetchSummary]:
    """
    Fetch accounts one after another; a failing account or network does not stop the others.

    Parameters
    ----------
    engine : callable
        Opens a session.
    lake : Lake
    sync_states : SyncStateStore
        Cursor of each account; advances only after the data is in the lake, so a killed run loses nothing.
    accounts : sequence of (Connector, Account)
    open_client : callable
        Opens an HTTP client for the server that knows an account.
    now : callable
        Returns the current UTC time.
    limits : ReadLimits
    claimed_accounts : frozenset of (network, account_id)
        Their profiles are accepted only from their own account's server; others could forge them.
    identities : IdentityCollector, optional
        Stores display names and pictures.
    on_page : callable, optional
        Called with each page, once the lake has it.
    progress : Progress, optional

    Returns
    -------
    list of FetchSummary
        One for each account, in their order, without accounts that opted out.
    """
    reporter, opt_outs = progress or NullProgress(), lake.load_opt_outs()
    accounts = [
        (connector, account)
        for connector, account in accounts
        if not is_opted_out(opt_outs, connector.network, account.account_id)
    ]
    reporter.start("reading accounts", len(accounts))
    summaries, circuit_breaker = [], CircuitBreaker()
    for connector, account in accounts:
        reporter.advance(f"{connector.network}:{account.handle}")
        fetcher = AccountFetcher(
            engine,
            lake=lake,
            sync_states=sync_states,
            connector=connector,
            account=account,
            claimed_accounts=claimed_accounts,
            identities=identities,
            on_page=on_page,
        )
        summaries.append(fetcher.fetch(open_client, limits, now, circuit_breaker))
    complete_count = sum(summary.complete for summary in summaries)
    reporter.finish(
        f"{complete_count:,} of {plural(len(accounts), 'account')} read completely, "
        f"{plural(sum(summary.new for summary in summaries), 'new record')}"
    )
    return summaries
