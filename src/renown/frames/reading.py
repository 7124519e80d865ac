"""Read a home as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from renown import exports
from renown.errors import InvalidInputError
from renown.frames.parameters import check_method, parse_optional_day
from renown.frames.person_tables import PersonTables
from renown.frames.table import Table, quote_name
from renown.frames.views import create_views, list_queried_tables
from renown.progress import NullProgress

if TYPE_CHECKING:
    from datetime import date

    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from renown.frames.parameters import SupportsArrowStream
    from renown.method.file import Method

_BAR_COLUMNS = {"scores": "score", "points": "points", "history": "score", "ledger": "worth"}
"""Column of an exported table that notebooks show as bars."""
_SHOWN_COLUMNS = {"scores": ("rank", "name", "score", "range_low", "range_high", "networks", "claimed", "day")}
"""Columns of an exported table that it prints, if not all."""


class ReadableHome(PersonTables):
    """A home to read; close it, or use it in a `with` statement."""

    def __repr__(self) -> str:
        """Show the folder and the latest day."""
        if self._opened_home is None:
            return f"<renown home {str(self._path)!r}, closed>"
        days = self.days()
        return f"<renown home {str(self._path)!r}, {f'latest day {days[-1]}' if days else 'no day yet'}>"

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

        The columns are those of the [export](exports.md#scores): ``day``, ``name``, ``rank``, ``percentile``,
        ``score``, ``verified_score``, ``range_low``, ``range_high``, ``strength``, ``people_reached``,
        ``observed_days``, ``networks``, ``accounts``, ``claimed``, ``verified``, ``handles``, ``account_ids``,
        ``method``.

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
        days = exports.DayRange(parse_optional_day(first), parse_optional_day(last), check_method(method))
        file = self._folder / f"{next(self._file_numbers)}.parquet"
        exports.write_table(
            self._home.export_sources, exports.TableExport(name, days), file, "parquet", progress=NullProgress()
        )
        with self._reading():
            relation = self._connection.read_parquet(str(file))
        bar, shown = _BAR_COLUMNS.get(name, ""), _SHOWN_COLUMNS.get(name, ())
        return Table(relation, bar, shown=shown, reading=self._reading).to(as_)

    @property
    def people(self) -> Table:
        """The claimed accounts of people who consent, with the columns of the [export](exports.md#people)."""
        return self.table("people")

    @overload
    def sql(self, query: str, *, as_: Literal["table"] = "table", **frames: SupportsArrowStream) -> Table: ...

    @overload
    def sql(self, query: str, *, as_: Literal["polars"], **frames: SupportsArrowStream) -> pl.DataFrame: ...

    @overload
    def sql(self, query: str, *, as_: Literal["pandas"], **frames: SupportsArrowStream) -> pd.DataFrame: ...

    @overload
    def sql(self, query: str, *, as_: Literal["arrow"], **frames: SupportsArrowStream) -> pa.Table: ...

    @overload
    def sql(self, query: str, *, as_: Literal["duckdb"], **frames: SupportsArrowStream) -> duckdb.DuckDBPyRelation: ...

    @overload
    def sql(self, query: str, *, as_: str, **frames: SupportsArrowStream) -> Any: ...

    def sql(self, query: str, *, as_: str = "table", **frames: SupportsArrowStream) -> Any:
        """
        Query the tables of the lake and the ledger, in DuckDB's SQL.

        The lake has ``interactions``, ``profiles``, ``tallies``, ``undone``, ``presence``, ``accounts``, ``handles``,
        ``aliases``, ``posts``, ``coverage`` and ``account_coverage``; the ledger ``entries``, ``standings`` and
        ``flows``. ``verb`` and ``signal`` are names, ``day`` is a date, and ``second`` the second of that day. Accounts
        are numbers: ``actor``, ``target``, ``account`` and ``voucher`` are ``account`` in the table ``accounts``, which
        has the ``account_id``. ``worth`` and ``trust`` are millionths, ``seen`` and ``since`` seconds since 1970.

        Parameters
        ----------
        query : str
            Such as ``select verb, count(*) from interactions group by all``.
        as_ : str
            A relation of ``duckdb`` without frames reads the tables when it is used; all others read them now.
        **frames
            Frames of pandas, Polars, Arrow or DuckDB, or tables, that the query can name: ``scores=home.scores()``.
        """
        if not isinstance(query, str):
            raise InvalidInputError(
                f"the query is {query!r}; write SQL, such as 'select verb, count(*) from interactions group by all'"
            )
        tables = list_queried_tables(self._home)
        if taken := sorted(set(frames) & set(tables)):
            raise InvalidInputError(f"{taken[0]!r} is a table of the home; give the frame another name")
        files = {name: self._write_frame(frame) for name, frame in frames.items()}
        with self._reading(tables):
            for name, file in files.items():
                self._connection.read_parquet(str(file)).create_view(name)
            try:
                relation = self._run_query(query, is_lazy=as_ == "duckdb" and not files)
            finally:
                for name in files:
                    self._connection.execute(f"drop view {quote_name(name)}")
        if relation is None:
            raise InvalidInputError("the query returns no rows; write a SELECT")
        return Table(relation, reading=self._reading).to(as_)

    def _run_query(self, query: str, *, is_lazy: bool) -> duckdb.DuckDBPyRelation | None:
        """Run a query; its result is stored, since later queries replace the views, unless it is lazy."""
        create_views(self._connection, self._home, query)
        relation = self._connection.sql(query)
        if is_lazy or relation is None:
            return relation
        name = f"result_{next(self._file_numbers)}"
        relation.create(name)
        return self._connection.table(name)
