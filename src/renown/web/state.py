"""State of the web application: the stores that routes read from, what they share, and who is visible."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from renown.answers import Landmark, LeaderboardIndex, StandingsCache, Visibility, VisibilityCache
from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.method.file import Method
from renown.settings import OperatorSettings, RetentionSettings, ServeSettings
from renown.store import (
    ApiKeyStore,
    GroupStore,
    IdentityStore,
    PeopleStore,
    ProfileStore,
    PublishedDayStore,
    ServedScoreStore,
    SyncStateStore,
)
from renown.web.account_actions import AccountActions
from renown.web.computation import AnswerComputer
from renown.web.concurrency import ConcurrencyLimiter, WeightSandboxPool
from renown.web.snapshot_cache import SnapshotCache

if TYPE_CHECKING:
    from renown.store.statement_keys import StatementKeys

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]{1,255})(:\d{1,5})?", re.ASCII | re.IGNORECASE)
"""Host and port of a request that may stand in a URL."""


@dataclass(frozen=True, kw_only=True)
class AppState:
    """Opened stores and settings, shared by all requests."""

    lake: Lake
    people: PeopleStore
    days: PublishedDayStore
    sync_states: SyncStateStore
    scores: ServedScoreStore
    profiles: ProfileStore
    api_keys: ApiKeyStore
    groups: GroupStore
    identities: IdentityStore
    has_pictures: bool
    """Whether pictures of people are shown."""
    can_send_mail: bool
    """Whether the settings have a mail server."""
    load_statement_keys: Callable[[], "StatementKeys"]
    """Return the keys that sign and verify statements."""
    load_method: Callable[[], Method]
    open_engine: Callable[[], DuckDB]
    """Opens a session of the engine."""
    now: Callable[[], datetime]
    actions: AccountActions
    """Actions of signed-in visitors."""
    settings: ServeSettings = field(default_factory=ServeSettings)
    """Visibility and other settings of `[serve]`."""
    landmarks: Sequence[Landmark] = ()
    """Public figures on the operator's list, the highest first; others must not see those who opted out."""
    operator: OperatorSettings = field(default_factory=OperatorSettings)
    """Who is responsible for the site."""
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    notice: str = ""
    """Markdown text that the operator adds to the privacy notice."""
    sandboxes: WeightSandboxPool = field(default_factory=WeightSandboxPool)
    """Sandboxes for custom weights."""
    limiter: ConcurrencyLimiter = field(default_factory=ConcurrencyLimiter)
    """Limit of concurrent computations."""
    last_run: Callable[[], Mapping[str, Any] | None] = lambda: None
    """The record of the last run, as its JSON; None if there is none."""
    list_runs: Callable[[], list[Mapping[str, Any]]] = list
    """Return the records of the last runs, latest first."""
    next_update: Callable[[], datetime | None] = lambda: None
    """When the next scheduled run publishes a day; None if unknown."""

    @cached_property
    def statement_keys(self) -> "StatementKeys":
        """Keys that sign and verify statements."""
        return self.load_statement_keys()

    @property
    def base_url(self) -> str:
        """URL of this site without a path: that of the settings, or else the address that it listens on."""
        return self.settings.base_url

    @property
    def can_show_unclaimed(self) -> bool:
        """Whether unclaimed accounts are visible, too."""
        return self.settings.visibility == "everyone"

    @property
    def visibility(self) -> Visibility:
        """Who is visible to others now."""
        return self._visibility_cache.get()

    @cached_property
    def _visibility_cache(self) -> VisibilityCache:
        return VisibilityCache(self.people, self.settings)

    @cached_property
    def cursor_secret(self) -> bytes:
        """Secret that pagination cursors are encrypted with."""
        return self.people.opt_outs.derive_key("pagination cursors")

    def last_modified(self) -> int | None:
        """
        Return when what is served, or who is visible, last changed, in seconds since 1970; None if nothing is served.

        Copies from before must not be used any longer.
        """
        published_at = self.scores.published_at()
        if published_at is None:
            return None
        return max(math.ceil(published_at.timestamp()), self.people.visibility.version().changed_at)

    @cached_property
    def computer(self) -> AnswerComputer:
        """Computes answers in sessions of the engine."""
        return AnswerComputer(self.open_engine, self.limiter)

    @cached_property
    def snapshot_cache(self) -> SnapshotCache:
        """Cached answers about the whole served snapshot."""
        return SnapshotCache(self.lake, self.days, self.scores, self.limiter)

    @cached_property
    def leaderboards(self) -> LeaderboardIndex:
        """Cached leaderboards and similar people of the served day."""
        return LeaderboardIndex(self.open_engine, self.days, self.scores)

    @cached_property
    def standings_cache(self) -> StandingsCache:
        """Cached standings of groups and challenges."""
        return StandingsCache(self.groups, self.scores, self.days)


def get_app_state(request: Request) -> AppState:
    """Return the application state of a request."""
    state: AppState = request.app.state.site
    return state


def get_site_url(request: Request) -> str:
    """
    Return the URL of this site without a path: that of the settings, or else the one that a request was sent to.

    The scheme is that of the visitor's connection, which a trusted proxy names in X-Forwarded-Proto.
    """
    settings, host = get_app_state(request).settings, request.headers.get("host", "")
    if settings.url or not _HOST.fullmatch(host):
        return settings.base_url
    return f"{request.url.scheme}://{host}"
