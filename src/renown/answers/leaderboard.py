"""
Leaderboards: the highest scores of a day, and pages of ranks by network or over all networks.

The ranks by network, and the claimed people to compare, are cached in memory per served day.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from renown.answers.certainty import find_minimums
from renown.answers.standing import no_score_error
from renown.answers.visibility import Visibility
from renown.engines.base import Engine, Row
from renown.engines.duckdb import DuckDB
from renown.lake import Lake
from renown.method.parameters import MILLION
from renown.records import day_number
from renown.scoring.accounts import load_names
from renown.scoring.inputs import create_parameter_tables
from renown.scoring.replay import load_published_method, load_value_names, read_constants
from renown.steps import Step
from renown.store import PublishedDay, PublishedDayStore, PublishedTables, ServedScore, ServedScoreStore
from renown.store.published.statistics import list_networks, read_signal_matrix

MAX_RANKS = 100_000
"""Maximum ranks in a leaderboard; lower ones are cut off."""

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

_RANK_DTYPE = [
    ("rank", np.int64),
    ("person", np.int64),
    ("score", np.float64),
    ("strength", np.int64),
    ("people", np.int64),
    ("accounts", np.int64),
]
_STRENGTH_COLUMNS = {
    "person": "bigint",
    "account": "bigint",
    "network": "string",
    "strength": "bigint",
    "people": "bigint",
    "days": "bigint",
    "self_reported": "smallint",
}


@dataclass(frozen=True, kw_only=True)
class LeaderboardRank:
    """One row of a network's leaderboard."""

    rank: int
    """1 for the highest; equal scores share a rank."""
    key: int
    """A claimed person if negative, otherwise an account."""
    score: float
    """1 to 100: the score from this network alone."""
    strength: float
    """Follower-equivalents on this network."""
    people: int
    """People reached on this network in the window, summed over the person's accounts."""
    accounts: int


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """Leaderboard of a network, highest score first, ties ordered by key."""

    ranks: Integers
    """Shape (ranks,), ascending."""
    keys: Integers
    """Shape (ranks,), ascending within equal ranks."""
    scores: Floats
    strengths: Integers
    """Billionths of a follower-equivalent."""
    people: Integers
    accounts: Integers

    def select(self, visibility: Visibility) -> "Leaderboard":
        """Return the leaderboard of the visible people alone, with ranks that do not count the others."""
        mask = visibility.select(self.keys)
        if mask.all():
            return self
        scores = self.scores[mask]
        # Scores descend, so the first row of each score gives the rank of all rows with it.
        is_first = np.append(True, scores[1:] != scores[:-1])[: len(scores)]
        return Leaderboard(
            ranks=np.maximum.accumulate(np.where(is_first, np.arange(1, len(scores) + 1), 0)),
            keys=self.keys[mask],
            scores=scores,
            strengths=self.strengths[mask],
            people=self.people[mask],
            accounts=self.accounts[mask],
        )

    def ranks_after(self, rank: int, key: int) -> Iterator[LeaderboardRank]:
        """Yield the rows after a (rank, key) cursor."""
        first, end = np.searchsorted(self.ranks, [rank, rank + 1])
        start = int(first + np.searchsorted(self.keys[first:end], key, side="right"))
        for index in range(start, len(self.ranks)):
            yield LeaderboardRank(
                rank=int(self.ranks[index]),
                key=int(self.keys[index]),
                score=float(self.scores[index]),
                strength=int(self.strengths[index]) / 1e9,
                people=int(self.people[index]),
                accounts=int(self.accounts[index]),
            )


@dataclass(frozen=True, kw_only=True)
class ComparisonBand:
    """All claimed people with a score, each as a vector of signal values, to find similar ones."""

    keys: Integers
    """Shape (people,), ascending."""
    scores: Floats
    """Shape (people,)."""
    signals: tuple[tuple[str, str], ...]
    """(network, signal) of each column; reactions that have one value together are one column."""
    weights: Floats
    """Shape (columns,): weight of each signal in the strength on its network."""
    values: Floats
    """Shape (people, columns): ln(1 + follower-equivalents) of the person's largest account; 0 if there is none."""
    value_names: Mapping[str, str]
    """Signal to the name in `signals` of the value that it is a part of."""


@dataclass(frozen=True, kw_only=True)
class Leader:
    """One row of the highest scores."""

    rank: int
    """1 for the highest; equal scores share a rank."""
    name: str
    """The person's name; ``network:handle`` of an account that nobody claimed, or its id if it has no handle."""
    score: float
    """1 to 100."""
    people: int
    """People reached, distinct per account."""
    days: int
    """Days of the window that were observed."""
    networks: int
    has_enough_data: bool
    """Whether enough people reacted, by name, on enough observed days."""


@dataclass(frozen=True)
class LeaderboardResult:
    """The highest scores of a day."""

    day: str
    """UTC day, as 2026-11-23."""
    method: str
    """Version of the method."""
    window: int
    """Days of the window."""
    leaders: tuple[Leader, ...]


@dataclass(frozen=True, kw_only=True)
class LeaderboardEntry:
    """One visible row of a leaderboard, of a network or over all."""

    rank: int
    """1 for the highest; equal scores share a rank; hidden people are not counted."""
    name: str
    """The person's name; ``network:id`` of an account that nobody claimed."""
    score: float
    """1 to 100: the score from this network alone; over all networks, the verified score."""
    overall: float
    """The score over all networks."""
    strength: float
    """Follower-equivalents on this network."""
    people: int
    """People reached on this network in the window, summed over the person's accounts."""
    accounts: int


@dataclass(frozen=True)
class LeaderboardPage:
    """One page of a leaderboard of the served day, highest score first."""

    day: str
    """UTC day, as 2026-11-23."""
    network: str | None
    """None for all networks together."""
    leaders: tuple[LeaderboardEntry, ...]
    next: str | None
    """Pagination cursor of the next page, to pass as `after`; None on the last page."""


Position = tuple[int, int]
"""(rank, key) of a row, as pages are ordered by; never shown, see `web.api.cursor`."""


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
                return _build_leaderboard([])
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
                self._band = self._read_comparison_band()
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
        return _build_leaderboard(rows)

    def _read_comparison_band(self) -> ComparisonBand:
        with PublishedTables(self._find_served_day()) as published:
            value_names = load_value_names(published)
            matrix = read_signal_matrix(published, value_names)
        values = np.zeros((len(matrix.keys), len(matrix.signals)))
        values[np.searchsorted(matrix.keys, matrix.row_keys), matrix.columns] = matrix.values
        return ComparisonBand(
            keys=matrix.keys,
            scores=matrix.scores,
            signals=tuple((network, signal) for network, signal, _ in matrix.signals),
            weights=np.array([weight / MILLION for _, _, weight in matrix.signals]),
            values=values,
            value_names=value_names,
        )


def load_leaderboard(published: PublishedTables, engine: Engine, lake: Lake, *, n: int) -> LeaderboardResult:
    """Load the `n` highest verified scores of a published day, ties ordered by name."""
    rows = published.read_top_scores(n)
    unclaimed_accounts = [(row.name.partition(":")[0], row.person) for row in rows if row.person >= 0]
    account_names = load_names(engine, lake, unclaimed_accounts)
    enough_people, enough_days = find_minimums(published.day)
    ranks: dict[float, int] = {}
    for position, row in enumerate(rows, 1):
        ranks.setdefault(row.ranked_score, position)
    entries = (
        Leader(
            rank=ranks[row.ranked_score],
            name=account_names.get(row.person, row.name),
            score=row.ranked_score,
            people=row.people,
            days=row.days,
            networks=row.networks,
            has_enough_data=row.people >= enough_people and row.days >= enough_days,
        )
        for row in rows
    )
    day = published.day
    return LeaderboardResult(
        day.day.isoformat(), day.method, int(read_constants(published)["window_days"]), tuple(entries)
    )


def build_leaderboard_page(
    day: date,
    network: str | None,
    rows: Iterable[tuple[Position, LeaderboardEntry]],
    encode_cursor: Callable[[Position], str],
    *,
    limit: int,
) -> LeaderboardPage:
    """Build a page of the next `limit` entries."""
    page = list(islice(rows, limit + 1))
    cursor = encode_cursor(page[limit - 1][0]) if len(page) > limit else None
    return LeaderboardPage(day.isoformat(), network, tuple(entry for _, entry in page[:limit]), cursor)


def iter_served_scores(
    load_page: Callable[[Position], Sequence[ServedScore]], after: Position
) -> Iterator[ServedScore]:
    """Yield scores by rank after a position, loading page by page."""
    while scores := load_page(after):
        yield from scores
        after = scores[-1].rank, scores[-1].key


def _build_leaderboard(rows: list[Row]) -> Leaderboard:
    columns = np.array(rows, dtype=_RANK_DTYPE)
    return Leaderboard(
        ranks=columns["rank"],
        keys=columns["person"],
        scores=columns["score"],
        strengths=columns["strength"],
        people=columns["people"],
        accounts=columns["accounts"],
    )
