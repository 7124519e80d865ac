"""Fetch one account: read it page by page, import each page, and save the cursor after it."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from renown.connectors.base import Account, Connector, Counts, KnownState, Page, ReadLimits, Record
from renown.connectors.http.client import Client
from renown.connectors.record_rows import group_rows
from renown.engines.duckdb import DuckDB
from renown.errors import (
    BudgetExceededError,
    CursorExpiredError,
    HostNotFoundError,
    LakeLockedError,
    NetworkUnavailableError,
    RenownError,
    format_unexpected_error,
)
from renown.ingest.batch import import_batch, retry_while_locked
from renown.ingest.circuit_breaker import CircuitBreaker
from renown.ingest.directories import DIRECTORY_TABLES, import_directory
from renown.ingest.identities import IdentityCollector
from renown.ingest.lookups import find_actors_to_look_up
from renown.ingest.reconcile import ListingReconciler
from renown.ingest.tally_changes import TallyReconciler
from renown.lake import Lake
from renown.records import LOOKED_UP_ACTORS, VERBS, AccountCoverage, Profile
from renown.store import SyncState, SyncStateStore
from renown.text import plural

TABLE_ORDER = ("profiles", "tallies", "interactions", "undone", "presence")
"""Order in which the tables of a page are imported: an interaction before its undo."""
STREAM_LAG = timedelta(minutes=2)
"""How far a network's lists may lag behind its stream."""
_MAX_DROP_REASONS = 3
"""Reasons for unreadable elements that a message names."""
_LIST_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, kw_only=True)
class FetchSummary:
    """Result of fetching one account."""

    network: str
    name: str
    """The handle, or the id if there is none."""
    requests: int
    """Number of requests sent."""
    new: int
    """Records that the lake did not have: interactions, profiles and counts."""
    undone: int
    """Interactions that were undone."""
    message: str
    """Why it ended early, which lists were skipped and what was unreadable; empty if everything was read."""
    complete: bool
    """Whether everything new was read."""
    dollars: float = 0.0
    """What the requests have cost, at networks that charge for them."""


class AccountFetcher:
    """Fetches one account."""

    def __init__(
        self,
        engine: Callable[[], DuckDB],
        lake: Lake,
        sync_states: SyncStateStore,
        connector: Connector,
        account: Account,
        claimed_accounts: frozenset[tuple[str, str]],
        identities: IdentityCollector | None,
        on_page: Callable[[Page], None] | None,
    ) -> None:
        self._identities, self._on_page = identities, on_page
        self._engine, self._lake, self._sync_states = engine, lake, sync_states
        self._connector, self._account = connector, account
        self._other_claimed = claimed_accounts - {(connector.network, account.account_id)}
        state = sync_states.find(connector.network, account.account_id)
        self._cursor, self._seen_at = (state.cursor, state.seen_at) if state else ("", None)
        self._requests = self._new = self._undone = 0
        self._dollars = 0.0
        self._skipped_lists: list[str] = []
        self._dropped: Counter[str] = Counter()

    def fetch(
        self,
        open_client: Callable[[Connector, Account], Client],
        limits: ReadLimits,
        now: Callable[[], datetime],
        circuit_breaker: CircuitBreaker,
    ) -> FetchSummary:
        """Read page by page; import each page and save the cursor (checkpoint) before the next request."""
        failure, start_cursor = "", self._cursor
        try:
            with open_client(self._connector, self._account) as api_client, circuit_breaker.check(api_client):
                try:
                    self._read_pages(api_client, limits, now)
                finally:
                    self._requests, self._dollars = api_client.requests, api_client.report_cost()
        except RenownError as error:
            failure = _format_failure(error)
            if isinstance(error, CursorExpiredError) and self._cursor == start_cursor:
                failure, self._cursor = f"{error} (the next run starts over)", ""
        except OSError:
            raise  # a disk error would affect every account
        except Exception as error:  # noqa: BLE001 - a bug with one account must not stop the others
            failure = format_unexpected_error(error)
        self._seen_at = self._seen_at if failure else now()
        dropped = _format_dropped(self._dropped)
        message = "; ".join([*self._skipped_lists, *filter(None, (dropped, failure))])
        self._sync_states.save(self._sync_state(message, now()))
        network, name = self._connector.network, self._account.handle
        return FetchSummary(
            network=network,
            name=name,
            requests=self._requests,
            new=self._new,
            undone=self._undone,
            message=message,
            complete=not failure,
            dollars=self._dollars,
        )

    def _read_pages(self, client: Client, limits: ReadLimits, now: Callable[[], datetime]) -> None:
        network, account_id, started_at = self._connector.network, self._account.account_id, now()
        since, before = started_at - timedelta(days=limits.days), started_at - STREAM_LAG
        known_state = KnownState(
            since,
            self._cursor,
            self._sync_states.counts(network, account_id),
            self._sync_states.validators(network, account_id),
        )
        with self._engine() as engine:
            reconciler = ListingReconciler(engine, self._lake, network, account_id)
            tally_reconciler = TallyReconciler(engine, self._lake, network, account_id)
            if corrected := tally_reconciler.correct(known_state.counts):
                self._import_rows(engine, "tallies", corrected)
            self._undone += reconciler.undo_duplicates(now(), before=before)
            for page in self._connector.read(client, self._account, known_state, limits, now=started_at):
                counts = self._import_page(engine, page, reconciler, tally_reconciler, now(), before=before)
                if self._on_page:
                    self._on_page(page)
                self._cursor = page.cursor or self._cursor
                self._skipped_lists += page.skipped_lists
                self._collect_identity(client, page, now)
                self._dropped.update(_LIST_INDEX.sub("[…]", reason) for reason in page.dropped)
                self._sync_states.save(self._sync_state("interrupted", now()), counts, page.validators, since=since)
            self._record_coverage(engine, since)
            self._look_up_actors(engine, client, limits, now=now())

    def _collect_identity(self, client: Client, page: Page, now: Callable[[], datetime]) -> None:
        """Store how the account presents itself, if the page tells; a missing picture fails nothing."""
        if self._identities and page.identity:
            problem = self._identities.collect(client, self._connector.network, self._account, page.identity, now=now)
            self._skipped_lists += [problem] * bool(problem)

    def _sync_state(self, message: str, tried_at: datetime) -> SyncState:
        network, account_id = self._connector.network, self._account.account_id
        return SyncState(
            network=network,
            account_id=account_id,
            cursor=self._cursor,
            tried_at=tried_at,
            seen_at=self._seen_at,
            message=message,
        )

    def _import_page(
        self,
        engine: DuckDB,
        page: Page,
        reconciler: ListingReconciler,
        tally_reconciler: TallyReconciler,
        now: datetime,
        *,
        before: datetime,
    ) -> Counts:
        """Import a page into the lake (idempotent); return the counts whose lists need not be read again."""
        rows_by_table = group_rows(record for record in page.records if not self._is_profile_of_other(record))
        if tally_rows := rows_by_table.pop("tallies", None):
            rows_by_table["tallies"] = tally_reconciler.reconcile(tally_rows)
        for table in TABLE_ORDER:
            if rows_by_table.get(table):
                self._import_rows(engine, table, rows_by_table[table])
        for table in DIRECTORY_TABLES:
            if table in rows_by_table:
                self._import_directory(engine, table, rows_by_table[table])
        if not page.listings:
            return page.counts
        result = reconciler.reconcile(page.listings, now, before=before)
        self._undone += result.undone
        if result.new_acts:
            self._import_rows(engine, "interactions", result.new_acts)
        return {key: count for key, count in page.counts.items() if key not in result.too_recent}

    def _is_profile_of_other(self, record: Record) -> bool:
        return isinstance(record, Profile) and (record.network, record.account_id) in self._other_claimed

    def _look_up_actors(self, engine: DuckDB, client: Client, limits: ReadLimits, *, now: datetime) -> None:
        """Look up those who acted, where the network allows it: their profiles tell whether they are established."""
        network, look_up = self._connector.network, self._connector.look_up
        if look_up is None:
            return
        account_ids = find_actors_to_look_up(
            engine, self._lake, network, self._account.account_id, now=now, days=limits.days, limit=limits.max_lookups
        )
        for page in look_up(client, account_ids, now=now):
            rows_by_table = group_rows(record for record in page.records if not self._is_profile_of_other(record))
            for table, rows in rows_by_table.items():
                self._import_rows(engine, table, rows)
            self._dropped.update(page.dropped)

    def _record_coverage(self, engine: DuckDB, since: datetime) -> None:
        """Record which verbs the connector observes by name of every account that it has read completely."""
        connector, account_id = self._connector, self._account.account_id
        excluded = {*connector.uncertain, *connector.anonymous}
        verbs = [verb for verb in connector.covers if verb not in excluded]
        rows = group_rows(AccountCoverage(connector.network, account_id, verb, since) for verb in verbs)
        for table, table_rows in rows.items():
            self._import_directory(engine, table, table_rows)

    def _import_directory(self, engine: DuckDB, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        for attempt in retry_while_locked():
            with attempt:
                import_directory(engine, self._lake, rows, table=table, network=self._connector.network)

    def _import_rows(self, engine: DuckDB, table: str, batch: Sequence[tuple[object, ...]]) -> None:
        network = self._connector.network
        covers = [VERBS[verb] for verb in self._connector.covers]
        if self._connector.look_up:
            covers.append(LOOKED_UP_ACTORS)
        for attempt in retry_while_locked():
            with attempt:
                result = import_batch(engine, self._lake, batch, table=table, network=network, covers=covers)
        self._new += result.new


def _format_dropped(counts: Counter[str]) -> str:
    """Return how many elements were unreadable and why, the most frequent reasons first; empty without one."""
    if not counts:
        return ""
    reasons = [f"{reason} ({count:,} times)" if count > 1 else reason for reason, count in counts.most_common()]
    other_count = len(reasons) - _MAX_DROP_REASONS
    others = [f"{plural(other_count, 'other reason')}"] if other_count > 0 else []
    return (
        f"{plural(counts.total(), 'unreadable element')} of the server's answers left out: "
        f"{', '.join([*reasons[:_MAX_DROP_REASONS], *others])}"
    )


def _format_failure(error: RenownError) -> str:
    """Return why fetching an account ended, and whether the next run resumes it."""
    can_resume = isinstance(error, BudgetExceededError | HostNotFoundError | NetworkUnavailableError | LakeLockedError)
    return f"{error}{' (the next run resumes here)' if can_resume else ''}"
