"""Tables of results: they print themselves, in notebooks with bars, and convert to frames of four libraries."""

from __future__ import annotations

from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any, Literal, overload

import duckdb

from renown.errors import HomeError, InvalidInputError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    import polars as pl
    import pyarrow as pa

FORMATS = ("table", "polars", "pandas", "arrow", "duckdb")
"""What a result can be returned as; ``table`` prints itself, in notebooks with bars."""
_SHOWN_ROWS = 20


@contextmanager
def translate_errors() -> Iterator[None]:
    """
    Raise errors of DuckDB as those of this package: a table is read only when its rows are needed.

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
        raise InvalidInputError(f"the query is not valid: {_first_paragraph(error)}; correct it") from error


def _first_paragraph(error: Exception) -> str:
    """Return what DuckDB says of an error in one line, without the query and its marks."""
    return " ".join(str(error).partition("\n\n")[0].split()).rstrip(".!")


class Table:
    """
    A table of results that prints its first rows, in notebooks with bars.

    Parameters
    ----------
    relation : DuckDBPyRelation
    bar : str
        Column that notebooks show as bars; empty for none.
    """

    def __init__(self, relation: duckdb.DuckDBPyRelation, bar: str = "") -> None:
        self._relation, self._bar = relation, bar

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        with translate_errors():
            return list(self._relation.columns)

    def __len__(self) -> int:
        """Return the number of rows."""
        with translate_errors():
            return int(self._relation.count("*").fetchall()[0][0])

    def rows(self) -> list[dict[str, Any]]:
        """Return all rows as dictionaries."""
        with translate_errors():
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
        try:
            return getattr(self, f"to_{as_}")()
        except ImportError as error:
            package = "pyarrow" if as_ == "arrow" else as_
            raise MissingDependencyError(
                f"{package} is not installed; install it with: pip install {package}"
            ) from error

    def to_polars(self) -> pl.DataFrame:
        """Return a frame of Polars, which shares the memory of the rows."""
        with translate_errors():
            frame: pl.DataFrame = self._relation.pl()
        return frame

    def to_pandas(self) -> pd.DataFrame:
        """Return a frame of pandas."""
        with translate_errors():
            frame: pd.DataFrame = self._relation.df()
        return frame

    def to_arrow(self) -> pa.Table:
        """Return a table of Arrow."""
        with translate_errors():
            table: pa.Table = self._relation.to_arrow_table()
        return table

    def to_duckdb(self) -> duckdb.DuckDBPyRelation:
        """Return a relation, of which nothing is read yet; it is valid until the home is closed."""
        return self._relation

    def __repr__(self) -> str:
        """Print the first rows."""
        with translate_errors():
            return str(self._relation.limit(_SHOWN_ROWS))

    def _repr_html_(self) -> str:
        """Show the first rows as an HTML table, with bars."""
        with translate_errors():
            rows = self._relation.limit(_SHOWN_ROWS).fetchall()
        bar_index = self.columns.index(self._bar) if self._bar in self.columns else -1
        highest = max((float(row[bar_index] or 0) for row in rows), default=0.0) if bar_index >= 0 else 0.0
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(_cell(value, highest if i == bar_index else 0.0) for i, value in enumerate(row)) + "</tr>"
            for row in rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any, highest: float) -> str:
    """Return a cell of an HTML table, with a bar up to the highest value."""
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    text = f"{value:,.2f}" if isinstance(value, float) else "" if value is None else str(value)
    if not highest:
        return f"<td>{escape(text)}</td>"
    width = max(0.0, min(100.0, 100 * float(value or 0) / highest))
    bar = f'<div style="background:#ad3410;height:.5em;width:{width:.0f}%"></div>'
    return f'<td style="min-width:8em">{escape(text)}{bar}</td>'
