"""Parse steps: named SELECTs with the tables they read and the columns they return."""

import re
from dataclasses import dataclass, field

COLUMN_TYPES = ("bigint", "integer", "smallint", "double", "string", "boolean")
"""Column types, by names that every engine maps to its own."""

_HEADER = re.compile(r"^-- (?P<key>reads|column|view):\s*(?P<text>.*)$")


@dataclass(frozen=True, kw_only=True)
class Step:
    """A named SELECT and the schema of its result table."""

    name: str
    """Name of the result table; a plural noun."""
    sql: str
    """One SELECT."""
    columns: dict[str, str]
    """Column name to type (one of `COLUMN_TYPES`), in the order of the SELECT."""
    reads: tuple[str, ...] = ()
    """Names of the tables that it reads: earlier steps or inputs."""
    stored: bool = True
    """Whether the result is stored as a table; if not, it is a view, because it is read only once."""
    description: str = ""
    """What a row is, in one sentence."""
    units: dict[str, str] = field(default_factory=dict)
    """Column name to its unit and meaning."""


def quote_literal(text: object) -> str:
    """
    Quote text as a SQL string literal.

    Examples
    --------
    >>> quote_literal("it's")
    "'it''s'"
    """
    return "'" + str(text).replace("'", "''") + "'"


def parse_step(name: str, text: str) -> Step:
    r"""
    Parse a step from its SQL file; the header comments declare its inputs and columns.

    Parameters
    ----------
    name : str
        Name of the result table.
    text : str
        ``-- <sentence>`` lines, ``-- reads: a, b``, one ``-- column: name type unit``
        per column, ``-- view: reason`` if it is not materialized, then the SELECT.

    Returns
    -------
    Step

    Raises
    ------
    ValueError
        If a column has an unknown type, or no column is declared.

    Examples
    --------
    >>> parse_step("ones", "-- A one.\n-- column: n integer count\nselect 1 as n").columns
    {'n': 'integer'}
    """
    description: list[str] = []
    reads: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    units: dict[str, str] = {}
    stored = True
    for line in text.splitlines():
        match = _HEADER.match(line)
        if match is None:
            description += [line[2:].strip()] if line.startswith("--") and not columns else []
        elif match["key"] == "reads":
            reads = tuple(part.strip() for part in match["text"].split(","))
        elif match["key"] == "view":
            stored = False
        else:
            column, column_type, *unit = match["text"].split(maxsplit=2)
            if column_type not in COLUMN_TYPES:
                raise ValueError(
                    f"step {name!r}: column {column!r} has the unknown type {column_type!r}; "
                    f"write one of {', '.join(COLUMN_TYPES)}"
                )
            columns[column], units[column] = column_type, "".join(unit)
    if not columns:
        raise ValueError(f"step {name!r} declares no columns; add a line '-- column: name type unit' for each")
    sql = "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip().rstrip(";")
    return Step(
        name=name, sql=sql, columns=columns, reads=reads, stored=stored, description=" ".join(description), units=units
    )
