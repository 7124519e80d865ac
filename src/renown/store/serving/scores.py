"""Store of served scores: a person's score, leaderboards and score history, each in one fast read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from itertools import dropwhile
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from renown.records import day_from_number, day_number
from renown.store.published.rows import RankedScore
from renown.store.schema import days as published
from renown.store.schema import departed_ranks, serving
from renown.store.schema.instants import as_utc
from renown.store.serving.columns import LISTED_RANKS, PAGE_SQL
from renown.store.serving.history import ScoreHistory
from renown.store.serving.read import open_reader
from renown.store.serving.recomputed import RecomputedScoreReader
from renown.store.serving.score_ranges import ScoreRangeReader

_SCORE_FIELDS = (
    *("key", "name", "score", "verified_score", "percentile", "rank", "people", "days", "networks", "accounts"),
    *("strength", "audience", "peers"),
)
_COLUMNS = (*_SCORE_FIELDS, "day_no", "slot", "copy")
_COLUMNS_SQL = ", ".join(_COLUMNS)
_BY_NAME_SQL = (
    f"select {_COLUMNS_SQL} from listed where lower(name) = lower(:name) and key < 0 and score is not null "
    "order by name <> :name, key limit 2"
)
_LISTED_PAGE_SQL = PAGE_SQL.format(columns=_COLUMNS_SQL, rows="listed", condition=f"rank <= {LISTED_RANKS}")
_CLAIMED_PAGE_SQL = PAGE_SQL.format(
    columns=_COLUMNS_SQL, rows="listed", condition="key < 0 and rank is not null{conditions}"
)
_CLAIMED_RANKS_SQL = "select key, rank from listed where key < 0 and rank is not null"
_LOWER_RANK_SQL = "select rank, percentile from listed where rank > 1 limit 1"
_NEXT_LISTED_RANK_SQL = f"select min(rank) from listed where rank > :rank and rank <= {LISTED_RANKS}"
_SELECT_DAY_NO = sa.select(serving.c.day_no)
_IS_SERVED_DAY = sa.and_(serving.c.day_no == published.c.day_no, serving.c.method == published.c.method)
_SELECT_PEOPLE = sa.select(published.c.people).join(serving, _IS_SERVED_DAY)
_PUBLISHED_AT_SQL = str(sa.select(published.c.published_at).join(serving, _IS_SERVED_DAY))


@dataclass(frozen=True, kw_only=True)
class PeopleFilter:
    """Conditions for claimed people in a list; None for any."""

    min_score: float | None = None
    max_score: float | None = None
    network: str | None = None
    """Only people who claimed an account there."""
    group: str | None = None
    """Only members of the group of this name."""

    def values(self) -> dict[str, Any]:
        """Return the values of the conditions that apply."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def conditions_sql(self) -> str:
        """Return the conditions that apply, to append to others."""
        return "".join(f" and {_FILTER_SQL[name]}" for name in self.values())


_FILTER_SQL = {
    "min_score": "score >= :min_score",
    "max_score": "score <= :max_score",
    "network": "key in (select -person_id from claims where network = :network)",
    "group": 'key in (select -m.person_id from members m join "groups" g on g.group_id = m.group_id '
    "where g.name = :group)",
}


@dataclass(frozen=True, kw_only=True)
class ServedScore(RankedScore):
    """A person's score in the served snapshot."""

    key: int
    """Score key: negative for a claimed person, else the account's key."""
    name: str
    """The person's name; ``network:id`` for an unclaimed account."""
    percentile: float
    """Percent of the people scored that day whose verified score is not higher; 100 for the highest."""
    rank: int
    """1 for the highest verified score; ties share a rank; people without one share the last and are not listed."""
    people: int
    """People reached in the window."""
    days: int
    """Days of the window that were observed."""
    networks: int
    accounts: int
    strength: int
    """Billionths of a follower-equivalent."""
    audience: int | None
    """Followers, summed over the person's accounts; None if unknown for all of them."""
    peers: float | None
    """
    Percent of people with a similar number of followers, scored that day, whose score is not higher; None if unknown.

    Similar means the same half of a power of ten, ``floor(2 log10(1 + audience))``. Within such a band followers
    differ by a factor of at most 3.2 (six points of score), so that the comparison shows how others react to a person.
    Narrower bands would contain too few of the best-known people; wider ones would only compare followers.
    """
    day: date
    slot: int = field(default=-1, repr=False)
    """Position in the score history."""
    snapshot_id: str = field(default="", repr=False)
    """Id of the snapshot that it was read from."""


class ServedScoreStore:
    """
    The scores of the served snapshot.

    Parameters
    ----------
    database : sa.Engine
    published_folder : Path
        Folder of the published days.
    """

    def __init__(self, database: sa.Engine, published_folder: Path) -> None:
        self._database = database
        self._history = ScoreHistory(database, published_folder)
        self._reader = open_reader(database)
        self.recomputed = RecomputedScoreReader(database)
        self.ranges = ScoreRangeReader(database)

    def find(self, key: int) -> ServedScore | None:
        """Return a person's score; None if they have none on the served day."""
        row = self._reader.read_person(key, _COLUMNS)
        return None if row is None or row[_SCORE_FIELDS.index("score")] is None else _to_score(row)

    def by_name(self, name: str) -> ServedScore | None:
        """Return the score of the claimed person with this name, or of the only one who has it in another case."""
        matches = self._read_scores(_BY_NAME_SQL, {"name": name})
        return matches[0] if matches and (matches[0].name == name or len(matches) == 1) else None

    def list_leaders(self, n: int, *, after: tuple[int, int] = (0, 0)) -> list[ServedScore]:
        """Paginate everybody: return the `n` people after the cursor (rank, key), by rank, ties by key."""
        cursor = {"rank": after[0], "key": after[1]}
        page = self._read_scores(_LISTED_PAGE_SQL, cursor | {"n": n})
        if len(page) == n:
            return page
        if page:
            cursor = {"rank": page[-1].rank, "key": page[-1].key}
        unlisted_rows = self._reader.list_everybody(_COLUMNS, n - len(page), after=(cursor["rank"], cursor["key"]))
        return page + [_to_score(row) for row in unlisted_rows]

    def list_claimed(
        self, n: int, *, after: tuple[int, int] = (0, 0), people_filter: PeopleFilter = PeopleFilter()
    ) -> list[ServedScore]:
        """Paginate claimed people who match a filter: return the `n` people after the cursor (rank, key), by rank."""
        sql = _CLAIMED_PAGE_SQL.format(conditions=people_filter.conditions_sql())
        return self._read_scores(sql, {"rank": after[0], "key": after[1], "n": n} | people_filter.values())

    def list_claimed_ranks(self) -> list[tuple[int, int]]:
        """Return (key, rank) of all claimed people with a score."""
        return [(key, rank) for key, rank in self._reader.read_rows(_CLAIMED_RANKS_SQL, {})]

    def list_departed_ranks(self) -> list[int]:
        """Return the ranks of people who were deleted from the served snapshot: the ranks of others count them."""
        select = sa.select(departed_ranks.c.rank).join(serving, serving.c.copy == departed_ranks.c.copy)
        with self._database.connect() as connection:
            return list(connection.scalars(select))

    def read_history(self, key: int, days: int = 90) -> list[tuple[date, float | None]]:
        """
        Return a person's score history, to a hundredth of a point, oldest first.

        Parameters
        ----------
        key : int
        days : int
            Number of days up to the served one; earlier days without a score are dropped.

        Returns
        -------
        list of (date, float or None)
            None for a day without a score.
        """
        row = self._reader.read_person(key, ("slot", "copy", "day_no"))
        if row is None:
            return []
        slot, snapshot_id, last_day_no = row
        day_scores = self._history.read_span(slot, snapshot_id, last_day_no, days)
        return list(dropwhile(lambda day_score: day_score[1] is None, day_scores))

    def read_changes(self, score: ServedScore, spans: Sequence[int] = (1, 7, 30)) -> dict[int, float | None]:
        """Return the change over each span of days, as `read_changes_by_key`, from single days of the history only."""
        last = day_number(score.day)
        current, *earlier = self._history.read_days(
            score.slot, score.snapshot_id, [last, *(last - span for span in spans)]
        )
        return {span: _difference(past_score, current) for span, past_score in zip(spans, earlier, strict=True)}

    def read_changes_by_key(self, key: int, spans: Sequence[int] = (1, 7, 30)) -> dict[int, float | None]:
        """Return the change of a person's score over each span of days; None if either end has no score."""
        return compute_changes(self.read_history(key, max(spans) + 1), spans)

    def count_up_to(self, rank: int) -> tuple[int, int]:
        """Return the number of people whom the ranks count, and how many of them have at least the score of a rank."""
        for lower_rank, percentile in self._reader.read_rows(_LOWER_RANK_SQL, {}):
            people = round((lower_rank - 1) / (1 - percentile / 100))
            next_rank = self._find_next_rank(rank)
            return people, next_rank - 1 if next_rank else people
        return 1, 1  # everybody shares the first rank

    def top_percent(self, rank: int) -> float:
        """Return the percent of scored people whose score is at least that of a rank (top N %); never 0."""
        next_rank = self._find_next_rank(rank)
        with self._database.connect() as connection:
            people = connection.scalar(_SELECT_PEOPLE)
        # People erased since the day was scored are not counted, but the ranks still include them.
        return min(100.0, 100.0 * (next_rank - 1) / people) if next_rank and people else 100.0

    def snapshot_id(self) -> str | None:
        """Return the id of the served snapshot, which changes with each publication; None if nothing is served yet."""
        with self._database.connect() as connection:
            snapshot_id: str | None = connection.scalar(sa.select(serving.c.copy))
        return snapshot_id

    def day(self) -> date | None:
        """Return the served day; None if nothing is served yet."""
        with self._database.connect() as connection:
            day_no = connection.scalar(_SELECT_DAY_NO)
        return None if day_no is None else day_from_number(day_no)

    def published_at(self) -> datetime | None:
        """Return the UTC instant at which the served day was published; None if nothing is served yet."""
        for (at,) in self._reader.read_rows(_PUBLISHED_AT_SQL, {}):
            return as_utc(datetime.fromisoformat(at))
        return None

    def _find_next_rank(self, rank: int) -> int | None:
        """Return the next rank below one; None if it is the last."""
        listed = next((row[0] for row in self._reader.read_rows(_NEXT_LISTED_RANK_SQL, {"rank": rank})), None)
        return listed or self._reader.find_next_rank(rank)

    def _read_scores(self, sql: str, values: Mapping[str, Any]) -> list[ServedScore]:
        return [_to_score(row) for row in self._reader.read_rows(sql, values)]


def compute_changes(
    history: Sequence[tuple[date, float | None]], spans: Sequence[int] = (1, 7, 30)
) -> dict[int, float | None]:
    """Return the change of a score history over each span of days up to its last day; None if unknown."""
    scores = dict(history)
    if not scores:
        return dict.fromkeys(spans)
    last = max(scores)
    return {span: _difference(scores.get(last - timedelta(days=span)), scores[last]) for span in spans}


def _to_score(row: Sequence[Any]) -> ServedScore:
    """Build a score from a row of `_COLUMNS`."""
    *columns, day_no, slot, snapshot_id = row
    fields = dict(zip(_SCORE_FIELDS, columns, strict=True))
    return ServedScore(**fields, day=day_from_number(day_no), slot=slot, snapshot_id=snapshot_id)


def _difference(earlier: float | None, later: float | None) -> float | None:
    return None if earlier is None or later is None else round(later - earlier, 2)
