"""Read a home as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from renown import exports
from renown.engines.duckdb_sql import table_sql
from renown.errors import InvalidInputError
from renown.frames.answer_tables import AnswerTables
from renown.frames.session import parse_day
from renown.frames.table import Table, translate_errors
from renown.progress import NullProgress
from renown.records import LAKE_COLUMNS, VERBS
from renown.steps import quote_literal

if TYPE_CHECKING:
    from datetime import date

    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from renown.method.file import Method

_BAR_COLUMNS = {"scores": "score", "points": "points", "history": "score", "ledger": "worth"}
"""Column of an exported table that notebooks show as bars."""
_SHOWN_COLUMNS = {"scores": ("rank", "name", "score", "range_low", "range_high", "networks", "claimed", "day")}
"""Columns of an exported table that it prints, if not all."""


class ReadableHome(AnswerTables):
    """A home to read; close it, or use it in a `with` statement."""

    def __repr__(self) -> str:
        """Show the folder and the latest day."""
        days = self.days()
        return f"<renown home {str(self._home.settings.home)!r}, {f'latest day {days[-1]}' if days else 'no day yet'}>"

    def days(self) -> list[date]:
        """Return the published days, oldest first."""
        return sorted({day.day for day in self._home.days.all()})

    @property
    def method(self) -> Method:
        """The scoring method: its ``version``, ``text``, and each constant, such as ``method["window_days"]``."""
        return self._home.method

    @overload
    def scores(
        self, day: date | str | None = None, *, method: str | None = None, as_: Literal["table"] = "table"
    ) -> Table: ...

    @overload
    def scores(
        self, day: date | str | None = None, *, method: str | None = None, as_: Literal["polars"]
    ) -> pl.DataFrame: ...

    @overload
    def scores(
        self, day: date | str | None = None, *, method: str | None = None, as_: Literal["pandas"]
    ) -> pd.DataFrame: ...

    @overload
    def scores(
        self, day: date | str | None = None, *, method: str | None = None, as_: Literal["arrow"]
    ) -> pa.Table: ...

    @overload
    def scores(
        self, day: date | str | None = None, *, method: str | None = None, as_: Literal["duckdb"]
    ) -> duckdb.DuckDBPyRelation: ...

    @overload
    def scores(self, day: date | str | None = None, *, method: str | None = None, as_: str) -> Any: ...

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

    @overload
    def table(
        self,
        name: str,
        *,
        first: date | str | None = None,
        last: date | str | None = None,
        method: str | None = None,
        as_: Literal["table"] = "table",
    ) -> Table: ...

    @overload
    def table(
        self,
        name: str,
        *,
        first: date | str | None = None,
        last: date | str | None = None,
        method: str | None = None,
        as_: Literal["polars"],
    ) -> pl.DataFrame: ...

    @overload
    def table(
        self,
        name: str,
        *,
        first: date | str | None = None,
        last: date | str | None = None,
        method: str | None = None,
        as_: Literal["pandas"],
    ) -> pd.DataFrame: ...

    @overload
    def table(
        self,
        name: str,
        *,
        first: date | str | None = None,
        last: date | str | None = None,
        method: str | None = None,
        as_: Literal["arrow"],
    ) -> pa.Table: ...

    @overload
    def table(
        self,
        name: str,
        *,
        first: date | str | None = None,
        last: date | str | None = None,
        method: str | None = None,
        as_: Literal["duckdb"],
    ) -> duckdb.DuckDBPyRelation: ...

    @overload
    def table(
        self,
        name: str,
        *,
        first: date | str | None = None,
        last: date | str | None = None,
        method: str | None = None,
        as_: str,
    ) -> Any: ...

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
        relation = self._connection.read_parquet(str(file))
        return Table(relation, _BAR_COLUMNS.get(name, ""), shown=_SHOWN_COLUMNS.get(name, ())).to(as_)

    @property
    def people(self) -> Table:
        """The claimed accounts of people who consent, with the columns of the [export](exports.md#people)."""
        return self.table("people")

    @overload
    def sql(self, query: str, *, as_: Literal["table"] = "table") -> Table: ...

    @overload
    def sql(self, query: str, *, as_: Literal["polars"]) -> pl.DataFrame: ...

    @overload
    def sql(self, query: str, *, as_: Literal["pandas"]) -> pd.DataFrame: ...

    @overload
    def sql(self, query: str, *, as_: Literal["arrow"]) -> pa.Table: ...

    @overload
    def sql(self, query: str, *, as_: Literal["duckdb"]) -> duckdb.DuckDBPyRelation: ...

    @overload
    def sql(self, query: str, *, as_: str) -> Any: ...

    def sql(self, query: str, *, as_: str = "table") -> Any:
        """
        Query the lake's tables ``interactions``, ``profiles``, ``tallies`` and ``accounts``, in DuckDB's SQL.

        ``verb`` is a name, ``day`` a date, and ``second`` the second of that day. Accounts are numbers: ``actor``,
        ``target`` and ``account`` are ``account`` in the table ``accounts``, which has the ``account_id``.

        Parameters
        ----------
        query : str
            Such as ``select verb, count(*) from interactions group by all``.
        as_ : str
        """
        for table in ("interactions", "profiles", "tallies", "accounts"):
            source = table_sql(self._home.lake.files(table), LAKE_COLUMNS[table])
            self._connection.execute(
                f"create or replace temp view {table} as select {_shown_columns_sql(table)} from ({source})"
            )
        with translate_errors():
            relation = self._connection.sql(query)
        if relation is None:
            raise InvalidInputError("the query returns no rows; write a SELECT")
        return Table(relation).to(as_)


def _shown_columns_sql(table: str) -> str:
    """Return the columns of a table of the lake, with names of verbs and dates."""
    shown = {
        "day_no": "date '1970-01-01' + day_no as day",
        "verb": f"case verb {' '.join(f'when {code} then {quote_literal(verb)}' for verb, code in VERBS.items())} end "
        "as verb",
    }
    return ", ".join(shown.get(name, f'"{name}"') for name in LAKE_COLUMNS[table])
