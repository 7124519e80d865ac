"""Leaderboards as they are shown: the highest scores of a day, and pages by network or over all networks."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from renown.answers.certainty import find_minimums, judge_certainty
from renown.engines.base import Engine
from renown.lake import Lake
from renown.scoring.accounts import load_names
from renown.scoring.replay import read_constants
from renown.store import PublishedTables, ServedScore

Position = tuple[int, int]
"""(rank, key) of a row, as pages are ordered by; never shown, see `web.api.cursor`."""


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


def load_leaderboard(published: PublishedTables, engine: Engine, lake: Lake, *, n: int) -> LeaderboardResult:
    """Load the `n` highest verified scores of a published day, ties ordered by name."""
    rows = published.read_top_scores(n)
    unclaimed_accounts = [(row.name.partition(":")[0], row.person) for row in rows if row.person >= 0]
    account_names = load_names(engine, lake, unclaimed_accounts)
    minimums = find_minimums(published.day)
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
            has_enough_data=judge_certainty(row.people, row.days, minimums).has_enough_data,
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
