"""Cache of the leaderboards of networks, and of the claimed people to compare, of the served day."""

import threading
from collections.abc import Callable

from renown.answers.comparison_band import ComparisonBand
from renown.answers.network_leaderboard import Leaderboard
from renown.answers.standing import no_score_error
from renown.answers.visibility import Visibility
from renown.engines.duckdb import DuckDB
from renown.records import day_number
from renown.scoring.inputs import create_parameter_tables
from renown.scoring.replay import load_published_method
from renown.steps import Step
from renown.store import PublishedDay, PublishedDayStore, PublishedTables, ServedScoreStore
from renown.store.published.statistics import list_networks

MAX_RANKS = 100_000
"""Maximum ranks in a leaderboard; lower ones are cut off."""
_STRENGTH_COLUMNS = {
    "person": "bigint",
    "account": "bigint",
    "network": "string",
    "strength": "bigint",
    "people": "bigint",
    "days": "bigint",
    "self_reported": "smallint",
}


class LeaderboardIndex:
    """
    Cache of leaderboards and the comparison band of the served day.

    A day's strengths and points are Parquet files: one pass over ten million people takes some tenths of a second. An
    index in the store would have to be built every day for every account, even if it is never read.

    Parameters
    ----------
    open_engine : callable
        Opens a session of the engine.
    days : PublishedDayStore
    score_store : ServedScoreStore
        Its snapshot id tells whether the cache is stale.
    """

    def __init__(
        self, open_engine: Callable[[], DuckDB], days: PublishedDayStore, score_store: ServedScoreStore
    ) -> None:
        self._open_engine, self._days, self._score_store = open_engine, days, score_store
        self._lock = threading.Lock()
        self._snapshot_id: str | None = None
        self._visibility_version = 0
        self._leaderboards: dict[tuple[str, bool], Leaderboard] = {}
        self._networks: tuple[str, ...] = ()
        self._band: ComparisonBand | None = None

    def get_leaderboard(self, network: str, visibility: Visibility) -> Leaderboard:
        """
        Return the leaderboard of a network, of all visible people; empty if nobody has a score there.

        Raises
        ------
        DayNotPublishedError
            If no day is served yet.
        """
        key = (network, visibility.shows_unclaimed)
        with self._lock:
            self._clear_if_stale()
            if network not in self._networks:
                return Leaderboard.from_rows([])
            if visibility.version != self._visibility_version:
                # Somebody may have been erased from the published day since.
                self._leaderboards, self._visibility_version = {}, visibility.version
            if key not in self._leaderboards:
                leaderboard = self._read_leaderboard(network, include_unclaimed=visibility.shows_unclaimed)
                self._leaderboards[key] = leaderboard.select(visibility)
            return self._leaderboards[key]

    def get_comparison_band(self) -> ComparisonBand:
        """
        Return all claimed people with their signal values.

        Raises
        ------
        DayNotPublishedError
            If no day is served yet.
        """
        with self._lock:
            self._clear_if_stale()
            if self._band is None:
                with PublishedTables(self._find_served_day()) as published:
                    self._band = ComparisonBand.read(published)
            return self._band

    def _clear_if_stale(self) -> None:
        """Empty the cache if another snapshot is served since."""
        snapshot_id = self._score_store.snapshot_id()
        if snapshot_id is None:
            raise no_score_error(None)
        if snapshot_id != self._snapshot_id:
            with PublishedTables(self._find_served_day()) as published:
                self._networks = tuple(list_networks(published))
            self._leaderboards, self._band, self._snapshot_id = {}, None, snapshot_id

    def _find_served_day(self) -> PublishedDay:
        return self._days.find(self._score_store.day())

    def _read_leaderboard(self, network: str, *, include_unclaimed: bool) -> Leaderboard:
        """Run the method's `scores` step on the strengths of this network alone."""
        day = self._find_served_day()
        with PublishedTables(day) as published, self._open_engine() as engine:
            method = load_published_method(published)
            engine.scan("published_strengths", day.files("strengths"), _STRENGTH_COLUMNS)
            engine.create_table("requested_networks", [(network,)], {"network": "string"})
            claimed_sql = "" if include_unclaimed else "and s.person < 0"
            columns_sql = ", ".join(f"s.{column}" for column in _STRENGTH_COLUMNS)
            # The step `scores` also sums the followers, which published strengths do not have.
            strengths_sql = (
                f"select {columns_sql}, cast(null as bigint) as audience from published_strengths s "
                "join requested_networks q on q.network = s.network "
                f"where coalesce(s.self_reported, 0) = 0 {claimed_sql}"
            )
            engine.run(Step(name="strengths", sql=strengths_sql, columns=_STRENGTH_COLUMNS | {"audience": "bigint"}))
            create_parameter_tables(engine, method, day_number(day.day), coverage=(), days={})
            engine.run(next(step for step in method.steps if step.name == "scores"))
            rows = engine.query(f"""
                select rank() over (order by score desc) as rank, person, score, strength, people, accounts
                from scores order by rank, person limit {MAX_RANKS}""")
        return Leaderboard.from_rows(rows)
