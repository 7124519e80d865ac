"""Tables of a published day: read scores, strengths and points of people from Parquet."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from renown.engines.session import SessionLimits, duckdb_session
from renown.steps import quote_literal
from renown.store.published.day import PublishedDay, translate_read_errors
from renown.store.published.rows import PublishedPoints, PublishedScore, PublishedStrength

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    from numpy.typing import NDArray

SUBJECT_COLUMNS = {
    "scores": ("person",),
    "strengths": ("person", "account"),
    "points": ("person", "account"),
    "actors": ("actor",),
    "slots": ("person",),
}
"""Columns of each published table with the keys of the people or accounts that a row is about."""
OPTIONAL_TABLES = ("actors", "slots")
"""Tables that a day may lack: with a ledger there are no `actors`; only a day's default method has `slots`."""
_ADDED_COLUMNS = {
    "scores": ("verified_score", "score"),
    "strengths": ("self_reported", "cast(0 as smallint)"),
    "points": ("self_reported", "cast(0 as bigint)"),
}
"""Column that days published by older versions lack, and the SQL of its value for them."""
_MAX_COLUMN_NAMES = 256
_column_names_by_table: dict[tuple[str, str], frozenset[str]] = {}
"""Folder of a published day and table to the columns of its files, the oldest first."""
_PERSON_TABLES: dict[str, tuple[Any, str]] = {
    "scores": (PublishedScore, "person"),
    "strengths": (PublishedStrength, "strength desc, network, account"),
    "points": (PublishedPoints, "points desc, network, account, signal"),
}
"""Tables with rows of each person: the type of the records, and their order."""


class PublishedTables:
    """
    The tables of one published day, opened for reading.

    Parameters
    ----------
    day : PublishedDay
    connection : DuckDBPyConnection, optional
        Session that reads the files, which stays open; without it a new one is opened, which takes 20 ms.
    """

    def __init__(self, day: PublishedDay, connection: "duckdb.DuckDBPyConnection | None" = None) -> None:
        self.day = day
        self._resources = ExitStack()
        self._connection = connection or self._resources.enter_context(duckdb_session(day.limits))
        self._computed_points: list[str] = []
        self._loaded_rows: dict[str, dict[int, list[Any]]] = {}
        """Table to the records of each person that were read."""

    def load_people(self, people: Iterable[int]) -> None:
        """Read the scores, strengths and points of these people at once: reading those of one needs no query then."""
        keys = list(people)
        for table in _PERSON_TABLES:
            rows = self._loaded_rows.setdefault(table, {})
            if missing_keys := [key for key in keys if key not in rows]:
                rows |= self._read_people(table, missing_keys)

    def read_top_scores(self, n: int) -> list[PublishedScore]:
        """Return the `n` highest verified scores, ties by name."""
        clauses = "where verified_score is not null order by verified_score desc, name limit ?"
        return self._read_records(PublishedScore, "scores", clauses, n)

    def read_score(self, person: int) -> PublishedScore | None:
        """Return a person's score; None if they have none that day."""
        return next(iter(self._read_person("scores", person)), None)

    def read_scores(self, people: Sequence[int]) -> list[PublishedScore]:
        """Return score rows of these people, highest first; people without a score are left out."""
        keys_sql = ", ".join(map(str, people)) or "null"
        return self._read_records(PublishedScore, "scores", f"where person in ({keys_sql}) order by score desc, name")

    def read_scores_by_key(self, people: Sequence[int]) -> dict[int, float]:
        """Return scores by key of these people; people without a score are left out."""
        return self._read_values("score", people)

    def read_reactor_counts(self, people: Sequence[int]) -> dict[int, int]:
        """Return the numbers of people who reacted to these people, by key; people without a score are left out."""
        return self._read_values("people", people)

    def _read_values(self, column: str, people: Sequence[int]) -> dict[int, Any]:
        """Return a column of the scores of these people, by key."""
        import numpy as np  # noqa: PLC0415 - reading one person needs no arrays

        # A table, and not a list: looking for many people in a list takes as long for each as for all.
        with self._registered("wanted_people", {"person": np.array(people, np.int64)}):
            scores_sql = self.rows_sql("scores")
            sql = f"select s.person, s.{column} from {scores_sql} s semi join wanted_people using (person)"
            return dict(self.execute(sql).fetchall())

    def rank_by_score(
        self, owners: "NDArray[np.int64]", people: "NDArray[np.int64]", limit: int
    ) -> dict[int, list[int]]:
        """
        Rank the people of several lists by their score, and return the first of each list.

        Parameters
        ----------
        owners, people : ndarray of int64, shape (n,)
            Key of the owner of a list, and score key of somebody on it; those without a score are left out.
        limit : int
            Maximum number of people of each list.

        Returns
        -------
        dict of int to list of int
            Key of the owner to score keys, highest score first, ties by key.
        """
        sql = f"""
            select l.owner, l.person from listed_people l
            join {self.rows_sql("scores")} s on s.person = l.person
            qualify row_number() over (partition by l.owner order by s.score desc, l.person) <= {limit}
            order by l.owner, s.score desc, l.person"""
        with self._registered("listed_people", {"owner": owners, "person": people}):
            rows = self.execute(sql).fetchall()
        ranked: dict[int, list[int]] = {}
        for owner, person in rows:
            ranked.setdefault(owner, []).append(person)
        return ranked

    @contextmanager
    def _registered(self, table: str, arrays: "Mapping[str, NDArray[np.int64]]") -> Iterator[None]:
        self._connection.register(table, arrays)
        try:
            yield
        finally:
            self._connection.unregister(table)

    def read_score_arrays(self) -> "tuple[NDArray[np.int64], NDArray[np.float64]]":
        """Return the score keys of everybody with a score, ascending, and their scores."""
        columns = self.execute(f"select person, score from {self.rows_sql('scores')} order by person").fetchnumpy()
        return columns["person"], columns["score"]

    def read_claimed_scores(self) -> dict[int, float]:
        """Return verified scores by key of all claimed people; people without one are left out."""
        select = f"""
            select person, verified_score from {self.rows_sql("scores")}
            where person < 0 and verified_score is not null order by person"""
        return dict(self.execute(select).fetchall())

    def read_verified_scores(self, people: Sequence[int]) -> dict[int, float]:
        """Return verified scores by key of these people; people without one are left out."""
        select = f"""
            select person, verified_score from {self.rows_sql("scores")}
            where list_contains(?, person) and verified_score is not null"""
        return dict(self._connection.execute(select, [list(people)]).fetchall())

    def read_weights(self, people: Sequence[int]) -> dict[int, int]:
        """Return the sum of the weights of what could be observed of these people, in millionths, by key."""
        select = f"""
            select person, cast(sum(weights) as bigint) from {self.rows_sql("strengths")}
            where list_contains(?, person) group by person"""
        return dict(self._connection.execute(select, [list(people)]).fetchall())

    def read_rank(self, person: int, hidden: Sequence[int] = ()) -> int | None:
        """
        Return the rank of a person by verified score; equal scores share it; None if they have no verified score.

        Parameters
        ----------
        person : int
        hidden : sequence of int
            Score keys of people whom the rank does not count.
        """
        score = self.read_verified_scores([person]).get(person)
        if score is None:
            return None
        select = f"""
            select count(*) from {self.rows_sql("scores")}
            where verified_score > ? and not list_contains(cast(? as bigint[]), person)"""
        [(people_above,)] = self.execute(select, [score, list(hidden)]).fetchall()
        return int(people_above) + 1

    def read_strengths(self, person: int) -> list[PublishedStrength]:
        """Return the strength of each account of a person, strongest first."""
        return self._read_person("strengths", person)

    def read_points(self, person: int) -> list[PublishedPoints]:
        """Return a person's published points per signal and account, most points first; see `load_points`."""
        return self._read_person("points", person)

    def read_rows_about(self, table: str, keys: Sequence[int]) -> Iterator[dict[str, Any]]:
        """Yield the rows of a table about these people and accounts, the rows that `erase_from_day` would delete."""
        if table in OPTIONAL_TABLES and not (self.day.folder / table).exists():
            return
        where = " or ".join(f"list_contains(?, {column})" for column in SUBJECT_COLUMNS[table])
        select = f"select * from {self.rows_sql(table)} where {where}"
        result = self.execute(select, [list(keys)] * len(SUBJECT_COLUMNS[table]))
        names = [column[0] for column in result.description or ()]
        yield from (dict(zip(names, row, strict=True)) for row in result.fetchall())

    def execute(self, sql: str, values: Sequence[object] = ()) -> "duckdb.DuckDBPyConnection":
        """Execute SQL that reads `rows_sql`; damaged files are a `DamagedHomeError`."""
        with translate_read_errors(self.day.folder):
            return self._connection.execute(sql, list(values))

    def rows_sql(self, table: str) -> str:
        """Return the SQL that reads a table, with the columns that older versions did not write."""
        added_files = self._computed_points if table == "points" else []
        files = ", ".join(map(quote_literal, [*self.day.files(table), *added_files]))
        scan_sql = f"read_parquet([{files}], hive_partitioning=false)"
        if table not in _ADDED_COLUMNS:
            return scan_sql
        name, default_sql = _ADDED_COLUMNS[table]
        if name in self._column_names(table, scan_sql):
            return scan_sql
        return f"(select *, {default_sql} as {name} from {scan_sql})"

    def add_points(self, files: Sequence[str]) -> None:
        """Read points that were not published from these files, too: those of unclaimed accounts, computed again."""
        self._computed_points = list(files)
        self._loaded_rows.pop("points", None)

    def close(self) -> None:
        """Close the files."""
        self._resources.close()

    def __enter__(self) -> Self:
        """Return the opened tables."""
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the files."""
        self.close()

    def _read_person(self, table: str, person: int) -> list[Any]:
        """Return the records of a person, in the table's order; they are read once."""
        rows = self._loaded_rows.setdefault(table, {})
        if person not in rows:
            rows |= self._read_people(table, [person])
        return list(rows[person])

    def _read_people(self, table: str, people: Sequence[int]) -> dict[int, list[Any]]:
        """Return the records of people by their key; an empty list for whoever has none."""
        record_type, order = _PERSON_TABLES[table]
        names = [field.name for field in fields(record_type)]
        columns = ", ".join(f'"{name}"' for name in names)
        keys_sql = ", ".join(map(str, people))
        select = f"select person, {columns} from {self.rows_sql(table)} where person in ({keys_sql}) order by {order}"
        records: dict[int, list[Any]] = {person: [] for person in people}
        for person, *values in self.execute(select).fetchall():
            records[person].append(record_type(**dict(zip(names, values, strict=True))))
        return records

    def _read_records(self, record_type: Any, table: str, clauses: str, *values: object) -> list[Any]:
        names = [field.name for field in fields(record_type)]
        columns = ", ".join(f'"{name}"' for name in names)
        rows = self.execute(f"select {columns} from {self.rows_sql(table)} {clauses}", list(values)).fetchall()
        return [record_type(**dict(zip(names, row, strict=True))) for row in rows]

    def _column_names(self, table: str, scan_sql: str) -> frozenset[str]:
        """Return the columns of a table's files; those of the latest files are remembered, as they never change."""
        key = (str(self.day.folder), table)
        names = _column_names_by_table.get(key)
        if names is None:
            rows = self.execute(f"describe select * from {scan_sql}").fetchall()
            names = _column_names_by_table[key] = frozenset(row[0] for row in rows)
            for oldest in list(_column_names_by_table)[:-_MAX_COLUMN_NAMES]:
                _column_names_by_table.pop(oldest, None)
        return names


def count_scored_people(folder: Path, limits: SessionLimits) -> int:
    """Count the people with a score in a published day's folder."""
    with translate_read_errors(folder), duckdb_session(limits) as connection:
        rows = f"read_parquet({quote_literal(folder / 'scores' / '*.parquet')}, hive_partitioning=false)"
        return int(connection.execute(f"select count(*) from {rows}").fetchall()[0][0])
