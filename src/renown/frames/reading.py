"""Read a home as tables."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from itertools import count
from types import TracebackType
from typing import Any, Self

from renown import answers, exports, scoring
from renown.engines.session import duckdb_session, spill_folder
from renown.errors import InvalidInputError
from renown.frames.table import Table
from renown.home import Home
from renown.method.file import Method
from renown.progress import NullProgress
from renown.steps import quote_literal
from renown.store import PublishedDay, PublishedTables

_BAR_COLUMNS = {"scores": "score", "points": "points", "history": "score", "ledger": "worth"}
"""Column of an exported table that notebooks show as bars."""


class ReadableHome:
    """
    A home to read; close it, or use it in a `with` statement.

    Parameters
    ----------
    home : Home
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._resources = ExitStack()
        self._connection = self._resources.enter_context(duckdb_session(home.session_limits))
        self._folder = self._resources.enter_context(spill_folder(home.session_limits.spill))
        self._file_numbers = count()

    def __enter__(self) -> Self:
        """Return the home itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the home."""
        self.close()

    def __repr__(self) -> str:
        """Show the folder and the latest day."""
        days = self.days()
        return f"<renown home {str(self._home.settings.home)!r}, {f'latest day {days[-1]}' if days else 'no day yet'}>"

    def close(self) -> None:
        """Close the home and delete its temporary files; its tables cannot be read any more."""
        self._resources.close()

    def days(self) -> list[date]:
        """Return the published days, oldest first."""
        return sorted({day.day for day in self._home.days.all()})

    @property
    def method(self) -> Method:
        """The scoring method: its ``version``, ``text``, and each constant, such as ``method["window_days"]``."""
        return self._home.method

    def scores(self, day: date | str | None = None, *, method: str | None = None, as_: str = "table") -> Any:
        """
        Return everybody's scores of a day, highest first.

        The columns are those of the [export](exports.md#scores).

        Parameters
        ----------
        day : date or str, optional
            The latest published day by default.
        method : str, optional
            Version of the method; the default one of the day by default.
        as_ : str
            ``table``, ``polars``, ``pandas``, ``arrow`` or ``duckdb``, as everywhere below.
        """
        return self.table("scores", first=day, last=day, method=method, as_=as_)

    def table(
        self,
        name: str,
        *,
        first: date | str | None = None,
        last: date | str | None = None,
        method: str | None = None,
        as_: str = "table",
    ) -> Any:
        """
        Return a table of `renown export`: scores, points, history, ledger or people.

        The columns are those of the [exports](exports.md#columns).

        Parameters
        ----------
        name : str
        first, last : date or str, optional
            Days; without them the latest published one, or all of a history.
        method : str, optional
            Version of the method; the default one of each day by default.
        as_ : str
        """
        days = exports.DayRange(
            None if first is None else parse_day(first), None if last is None else parse_day(last), method
        )
        file = self._folder / f"{next(self._file_numbers)}.parquet"
        exports.write_table(
            self._home.export_sources, exports.TableExport(name, days), file, "parquet", progress=NullProgress()
        )
        return Table(self._connection.read_parquet(str(file)), bar=_BAR_COLUMNS.get(name, "")).to(as_)

    def receipt(self, who: str, day: date | str | None = None, *, as_: str = "table") -> Any:
        """
        Return the points of a score by account and signal; with the base score of 1 they add up to the score.

        Columns: ``network``, ``account``, ``signal``, ``points``.

        Parameters
        ----------
        who : str
            Name, ``network:handle`` or ``network:id``.
        day : date or str, optional
        as_ : str
        """
        with self._home.reader() as engine, PublishedTables(self._find_day(day)) as published:
            receipt = answers.compute_receipt(self._resolve(who), published, engine, self._home.lake)
        rows = [("", "", "base", receipt.base_score)]
        rows += [(row.network, row.account, row.signal, row.points) for row in receipt.points]
        columns = ["network varchar", "account varchar", "signal varchar", "points double"]
        return self._table(columns, rows, bar="points").to(as_)

    def changes(
        self, who: str, day: date | str | None = None, since: date | str | None = None, *, as_: str = "table"
    ) -> Any:
        """
        Return the causes of a score change between two published days; their points add up to the change.

        Columns: ``cause``, ``description``, ``points``.

        Parameters
        ----------
        who : str
        day : date or str, optional
        since : date or str, optional
            The published day before by default.
        as_ : str
        """
        last = self._find_day(day)
        first = self._find_day(since) if since else self._home.days.find_before(last)
        with (
            self._home.reader() as engine,
            PublishedTables(first, engine.connection) as before,
            PublishedTables(last, engine.connection) as after,
        ):
            changes = answers.explain_changes(self._resolve(who), before, after, engine, self._home.lake)
        rows = [(cause.kind, answers.CAUSES[cause.kind], cause.points) for cause in changes.causes]
        return self._table(["cause varchar", "description varchar", "points double"], rows, bar="points").to(as_)

    def history(self, who: str, *, days: int = 90, as_: str = "table") -> Any:
        """
        Return a person's scores day by day.

        Columns: ``day``, ``score``, ``recomputed`` (later, from before the first published score), ``range_low``,
        ``range_high`` (90 % confidence range; null if it was not computed).

        Parameters
        ----------
        who : str
        days : int
            Number of days, up to the latest.
        as_ : str
        """
        history = answers.load_history(self._home.served_scores, self._resolve(who).key, days=days)
        rows = [
            (
                date.fromisoformat(row.day),
                row.score,
                row.recomputed,
                *((row.range.low, row.range.high) if row.range else (None, None)),
            )
            for row in history.days
            if row.score is not None
        ]
        columns = ["day date", "score double", "recomputed boolean", "range_low double", "range_high double"]
        return self._table(columns, rows, bar="score").to(as_)

    @property
    def people(self) -> Table:
        """The claimed accounts of people who consent, with the columns of the [export](exports.md#people)."""
        table: Table = self.table("people")
        return table

    @property
    def groups(self) -> Table:
        """The groups: ``name``, ``title``, ``goal``, ``members``, ``challenges``."""
        groups = answers.list_groups(self._home.groups).groups
        rows = [(row.name, row.title, row.goal, row.members, row.challenges) for row in groups]
        columns = ["name varchar", "title varchar", "goal double", "members integer", "challenges integer"]
        return self._table(columns, rows)

    def standings(self, group: str, challenge: int = 0, *, as_: str = "table") -> Any:
        """
        Return the standings of a group, or of one of its challenges.

        Columns: ``rank``, ``name``, ``score``, ``start``, ``rise``, ``odds``.

        Parameters
        ----------
        group : str
        challenge : int
            Number of the challenge; 0 for the group itself.
        as_ : str
        """
        standings = answers.compute_standings(
            self._home.groups, self._home.served_scores, self._home.days, name=group, challenge=challenge
        )
        rows = [(row.rank, row.name, row.score, row.start, row.rise, row.odds) for row in standings.standings]
        columns = ["rank integer", "name varchar", "score double", "start double", "rise double", "odds double"]
        return self._table(columns, rows, bar="score").to(as_)

    def sql(self, query: str, *, as_: str = "table") -> Any:
        """
        Query the lake's tables ``interactions``, ``profiles``, ``tallies`` and ``accounts``, in DuckDB's SQL.

        Parameters
        ----------
        query : str
            Such as ``select verb, count(*) from interactions group by all``.
        as_ : str
        """
        for table in ("interactions", "profiles", "tallies", "accounts"):
            files = self._home.lake.files(table)
            if files:
                names = ", ".join(map(quote_literal, files))
                source = f"read_parquet([{names}], hive_partitioning = true, union_by_name = true)"
                self._connection.execute(f"create or replace temp view {table} as select * from {source}")
        return Table(self._connection.sql(query)).to(as_)

    def _find_day(self, day: date | str | None, method: str | None = None) -> PublishedDay:
        return self._home.days.find(parse_day(day) if day else None, method)

    def _resolve(self, who: str) -> scoring.Subject:
        with self._home.reader() as engine:
            return scoring.resolve_subject(who, engine, self._home.lake, self._home.people)

    def _table(self, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], bar: str = "") -> Table:
        """Build a table from rows; `columns` have names and types."""
        names = [column.partition(" ")[0] for column in columns]
        struct = ", ".join(columns)
        values = [dict(zip(names, row, strict=True)) for row in rows]
        sql = f"select unnest(rows, recursive := false) as row from (select cast($1 as struct({struct})[]) as rows)"
        return Table(self._connection.sql(f"select row.* from ({sql})", params=[values]), bar=bar)


def parse_day(day: date | str) -> date:
    """Return a day; text has to be as 2026-11-23."""
    try:
        return date.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        raise InvalidInputError(f"{day!r} is not a day; write it as 2026-11-23") from None
