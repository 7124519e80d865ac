"""A step: a named SELECT, what it reads and the columns it makes."""

import re
from dataclasses import dataclass, field

TYPES = ("bigint", "integer", "smallint", "double", "string", "boolean")
"""The column types that every engine has; an engine spells them its own way."""

_HEADER = re.compile(r"^-- (?P<key>reads|column|view):\s*(?P<text>.*)$")


@dataclass(frozen=True)
class Step:
    """A named SELECT with the table it makes."""

    name: str
    """Name of the table that the step makes; a plural noun."""
    sql: str
    """One SELECT."""
    columns: dict[str, str]
    """Column name to type (one of `TYPES`), in the order of the SELECT."""
    reads: tuple[str, ...] = ()
    """Names of the tables it reads, earlier steps or inputs."""
    stored: bool = True
    """False: read once, so handed on as a view instead of being materialised."""
    about: str = ""
    """One sentence: what a row is."""
    units: dict[str, str] = field(default_factory=dict)
    """Column name to unit and meaning."""


def literal(text: object) -> str:
    """
    Return text as a SQL literal.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + str(text).replace("'", "''") + "'"


def parse(name: str, text: str) -> Step:
    r"""
    Read a step from its SQL file, whose head comments are its contract.

    Parameters
    ----------
    name : str
        Name of the table that the step makes.
    text : str
        ``-- <sentence>`` lines, ``-- reads: a, b``, one ``-- column: name type unit``
        for each column, ``-- view: why`` where it is not to be stored, then the SELECT.

    Returns
    -------
    Step

    Raises
    ------
    ValueError
        If a column has no type of `TYPES`, or there is no column at all.

    Examples
    --------
    >>> parse("ones", "-- A one.\n-- column: n integer count\nselect 1 as n").columns
    {'n': 'integer'}
    """
    about: list[str] = []
    reads: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    units: dict[str, str] = {}
    stored = True
    for line in text.splitlines():
        found = _HEADER.match(line)
        if found is None:
            about += [line[2:].strip()] if line.startswith("--") and not columns else []
        elif found["key"] == "reads":
            reads = tuple(part.strip() for part in found["text"].split(","))
        elif found["key"] == "view":
            stored = False
        else:
            column, kind, *unit = found["text"].split(maxsplit=2)
            if kind not in TYPES:
                msg = f"step {name!r}: column {column!r} has type {kind!r}; write one of {', '.join(TYPES)}"
                raise ValueError(msg)
            columns[column], units[column] = kind, "".join(unit)
    if not columns:
        msg = f"step {name!r} names no columns; add a line '-- column: name type unit' for each"
        raise ValueError(msg)
    sql = "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip().rstrip(";")
    return Step(name, sql, columns, reads, stored, " ".join(about), units)
