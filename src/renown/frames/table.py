"""Tables of results: they print themselves, in notebooks with bars, and convert to frames of four libraries."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import date
from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, NoReturn, overload

import duckdb

from renown.errors import HomeError, InvalidInputError, MissingDependencyError
from renown.text import plural, suggest_spelling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    import pandas as pd
    import polars as pl
    import pyarrow as pa

FORMATS = ("table", "polars", "pandas", "arrow", "duckdb")
"""What a result can be returned as; ``table`` prints itself, in notebooks with bars."""
_SHOWN_ROWS = 20
_DIGITS = 4
"""Decimal places of printed numbers; the rows have all of them."""
_BAR, _NEGATIVE_BAR = "#ad3410", "#7a8a99"
"""Colours of bars."""
_UNKNOWN_TABLE = re.compile(r"Catalog Error: Table with name (\S+) does not exist")
"""What DuckDB says of a table that a query names."""


@contextmanager
def translate_errors(tables: Sequence[str] = ()) -> Iterator[None]:
    """
    Raise errors of DuckDB as those of this package: a table is read only when its rows are needed.

    Parameters
    ----------
    tables : sequence of str
        What a query can name, for the error of one that names another table.

    Raises
    ------
    HomeError
        If the home is closed, or its files cannot be read.
    InvalidInputError
        If the query is not valid.
    """
    try:
        yield
    except duckdb.ConnectionException as error:
        raise HomeError("the home of this table is closed; open it again with renown.open") from error
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise HomeError(
            f"{_first_paragraph(error)}; check that the disk has free space, or repeat the query"
        ) from error
    except duckdb.Error as error:
        if tables and (unknown := _UNKNOWN_TABLE.match(str(error))):
            # DuckDB suggests tables of its own, such as pg_class.
            raise InvalidInputError(
                f"the query names {unknown[1]!r}, which is no table; {suggest_spelling(unknown[1], tables)}; "
                f"give a frame of this name as an argument: home.sql(query, {unknown[1]}=frame)"
            ) from error
        raise InvalidInputError(f"the query is not valid: {_first_paragraph(error)}; correct it") from error


def _first_paragraph(error: Exception) -> str:
    """Return what DuckDB says of an error in one line, without the query and its marks."""
    return " ".join(str(error).partition("\n\n")[0].split()).rstrip(".!")


def forbid_pickling(what: str) -> NoReturn:
    """
    Raise an error that says how rows get to another process.

    Raises
    ------
    InvalidInputError
    """
    raise InvalidInputError(
        f"{what} cannot be pickled or copied; open the home in each process, or pass on a frame, such as "
        "table.to_pandas()"
    )


class Table:
    """
    A table of results that prints some of its rows, in notebooks with bars.

    Parameters
    ----------
    relation : DuckDBPyRelation
    bar : str
        Column that notebooks show as bars; empty for none.
    shown : sequence of str
        Columns that it prints, and that notebooks show first; all columns if it is empty.
    latest : bool
        Whether the last rows are printed, not the first ones.
    reading : callable
        Returns a context in which the relation is read: threads take turns, since DuckDB refuses two at once.
    """

    def __init__(
        self,
        relation: duckdb.DuckDBPyRelation,
        bar: str = "",
        *,
        shown: Sequence[str] = (),
        latest: bool = False,
        reading: Callable[[], AbstractContextManager[None]] = translate_errors,
    ) -> None:
        self._relation, self._bar = relation, bar
        self._shown, self._latest = tuple(shown), latest
        self._reading = reading

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: the rows are in this process."""
        forbid_pickling("a table")

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        with self._reading():
            return list(self._relation.columns)

    def __len__(self) -> int:
        """Return the number of rows."""
        with self._reading():
            return int(self._relation.count("*").fetchall()[0][0])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Iterate over the rows as dictionaries."""
        return iter(self.rows())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the rows as a stream of Arrow, which other libraries make a frame of."""
        with self._reading():
            return self._relation.__arrow_c_stream__(requested_schema)

    def rows(self) -> list[dict[str, Any]]:
        """Return all rows as dictionaries."""
        with self._reading():
            return [dict(zip(self.columns, row, strict=True)) for row in self._relation.fetchall()]

    @overload
    def to(self, as_: Literal["table"]) -> Table: ...

    @overload
    def to(self, as_: Literal["polars"]) -> pl.DataFrame: ...

    @overload
    def to(self, as_: Literal["pandas"]) -> pd.DataFrame: ...

    @overload
    def to(self, as_: Literal["arrow"]) -> pa.Table: ...

    @overload
    def to(self, as_: Literal["duckdb"]) -> duckdb.DuckDBPyRelation: ...

    @overload
    def to(self, as_: str) -> Any: ...

    def to(self, as_: str) -> Any:
        """
        Convert the table to a frame of another library.

        Parameters
        ----------
        as_ : str
            One of ``table``, ``polars``, ``pandas``, ``arrow``, ``duckdb``.

        Raises
        ------
        InvalidInputError
            If the format is unknown.
        MissingDependencyError
            If its library is not installed.
        """
        if as_ not in FORMATS:
            raise InvalidInputError(f"a table cannot be returned as {as_!r}; choose one of {', '.join(FORMATS)}")
        if as_ == "table":
            return self
        return getattr(self, f"to_{as_}")()

    def to_polars(self) -> pl.DataFrame:
        """Return a frame of Polars, which shares the memory of the rows."""
        _require("polars")
        with self._reading():
            frame: pl.DataFrame = self._relation.pl()
        return frame

    def to_pandas(self) -> pd.DataFrame:
        """Return a frame of pandas."""
        _require("pandas")
        with self._reading():
            frame: pd.DataFrame = self._relation.df()
        return frame

    def to_arrow(self) -> pa.Table:
        """Return a table of Arrow."""
        _require("pyarrow")
        with self._reading():
            table: pa.Table = self._relation.to_arrow_table()
        return table

    def to_duckdb(self) -> duckdb.DuckDBPyRelation:
        """Return a relation, of which nothing is read yet; it is valid until the home is closed."""
        return self._relation

    def __repr__(self) -> str:
        """Print some rows, and of how many they are."""
        with self._reading():
            columns = self._shown or self._relation.columns
            relation = self._preview().project(", ".join(map(self._printed_sql, columns)))
            # DuckDB's own footer counts the rows and columns that it was given.
            text = str(relation)[: str(relation).rindex("┘") + 1]
            hidden = [name for name in self._relation.columns if name not in columns]
            others = f"; more columns: {', '.join(hidden)}" if hidden else ""
            return f"{text}\n{self._describe_rows()}{others}"

    def _repr_html_(self) -> str:
        """Show some rows as an HTML table, with bars."""
        columns = [*self._shown, *(name for name in self.columns if name not in self._shown)]
        with self._reading():
            rows = self._preview().project(", ".join(map(quote_name, columns))).fetchall()
            caption = self._describe_rows()
        bar_index = columns.index(self._bar) if self._bar in columns else -1
        highest = max((abs(float(row[bar_index] or 0)) for row in rows), default=0.0) if bar_index >= 0 else 0.0
        head = "".join(f"<th>{escape(name)}</th>" for name in columns)
        body = "".join(
            "<tr>" + "".join(_cell(value, highest if i == bar_index else 0.0) for i, value in enumerate(row)) + "</tr>"
            for row in rows
        )
        # At the left: the middle of a wide table is out of sight.
        caption = f'<caption style="text-align:left">{caption}</caption>'
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _preview(self) -> duckdb.DuckDBPyRelation:
        """Return the rows that are shown."""
        return self._relation.limit(_SHOWN_ROWS, offset=max(0, len(self) - _SHOWN_ROWS) if self._latest else 0)

    def _describe_rows(self) -> str:
        """Say how many rows there are, and which of them are shown."""
        count = len(self)
        if count <= _SHOWN_ROWS:
            return plural(count, "row")
        return f"the {'last' if self._latest else 'first'} {_SHOWN_ROWS} of {count:,} rows"

    def _printed_sql(self, column: str) -> str:
        """Return the expression of a column as it is printed; real numbers are rounded, so that more columns fit."""
        kind = self._relation.types[self._relation.columns.index(column)]
        name = quote_name(column)
        return f"round({name}, {_DIGITS}) as {name}" if kind == "DOUBLE" else name


def quote_name(name: str) -> str:
    """Return the name of a column or view for SQL."""
    return '"' + name.replace('"', '""') + '"'


def _require(package: str) -> None:
    """
    Check that the library of a frame is installed.

    Raises
    ------
    MissingDependencyError
    """
    if find_spec(package) is None:
        raise MissingDependencyError(f"{package} is not installed; install it with: pip install {package}")


def _cell(value: Any, highest: float) -> str:
    """Return a cell of an HTML table, with a bar up to the highest amount; those of negative values are grey."""
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    text = f"{value:,.2f}" if isinstance(value, float) else "" if value is None else str(value)
    if not highest:
        style = ' style="white-space:nowrap"' if isinstance(value, date) else ""
        return f"<td{style}>{escape(text)}</td>"
    number = float(value or 0)
    width = min(100.0, 100 * abs(number) / highest)
    bar = f'<div style="background:{_BAR if number >= 0 else _NEGATIVE_BAR};height:.5em;width:{width:.0f}%"></div>'
    return f'<td style="min-width:8em">{escape(text)}{bar}</td>'
