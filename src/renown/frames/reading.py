"""Read a home as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from renown import exports
from renown.errors import InvalidInputError
from renown.frames.person_tables import PersonTables
from renown.frames.session import parse_optional_day
from renown.frames.table import Table, translate_errors
from renown.frames.views import create_views, list_queried_tables
from renown.progress import NullProgress

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


class ReadableHome(PersonTables):
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
        days = exports.DayRange(parse_optional_day(first), parse_optional_day(last), method)
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
        Query the tables of the lake and the ledger, in DuckDB's SQL.

        The lake has ``interactions``, ``profiles``, ``tallies``, ``undone``, ``presence``, ``accounts``, ``handles``,
        ``aliases``, ``posts``, ``coverage`` and ``account_coverage``; the ledger ``entries``, ``standings`` and
        ``flows``. ``verb`` and ``signal`` are names, ``day`` is a date, and ``second`` the second of that day. Accounts
        are numbers: ``actor``, ``target``, ``account`` and ``voucher`` are ``account`` in the table ``accounts``, which
        has the ``account_id``. ``worth`` and ``trust`` are millionths.

        Parameters
        ----------
        query : str
            Such as ``select verb, count(*) from interactions group by all``.
        as_ : str
        """
        if not isinstance(query, str):
            raise InvalidInputError(
                f"the query is {query!r}; write SQL, such as 'select verb, count(*) from interactions group by all'"
            )
        create_views(self._connection, self._home, query)
        with translate_errors(tables=list_queried_tables(self._home)):
            relation = self._connection.sql(query)
        if relation is None:
            raise InvalidInputError("the query returns no rows; write a SELECT")
        return Table(relation).to(as_)
