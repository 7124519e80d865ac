"""Judgements: files in which somebody said which of two is more influential."""

import csv
import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renown.errors import BadInput


@dataclass(frozen=True)
class Column:
    """Where a signal stands in a file of judgements."""

    column: str
    none: float
    """What the file writes for nothing."""
    scale: float
    """Units of the method's signal for one unit of the column."""


@dataclass(frozen=True)
class Judgements:
    """Pairs of people of whom one was judged more influential."""

    signals: tuple[str, ...]
    received: NDArray[np.float64]
    """What each person received of each signal, in the signal's unit, shape (n_people, n_signals)."""
    first: NDArray[np.intp]
    """Row of the first of each pair in `received`, shape (n_pairs,)."""
    second: NDArray[np.intp]
    won: NDArray[np.bool_]
    """Whether the first was judged more influential."""
    digest: str
    """SHA-256 of the file, in hex."""
    mapping: Mapping[str, Any]
    """Which columns were which."""


def read(path: Path, mapping: Mapping[str, Any]) -> Judgements:
    """
    Read pairwise judgements from a CSV file.

    Parameters
    ----------
    path : Path
        One pair a line: who won, and the figures of the first and of the second.
    mapping : Mapping
        Which columns are which, as `read_mapping` says.

    Returns
    -------
    Judgements

    Raises
    ------
    BadInput
        If the file cannot be read, misses a column, or holds what is no number.

    Notes
    -----
    Files of judgements name nobody: a person is one row of figures, all of them.
    """
    said, columns = mapping, {name: Column(**table) for name, table in mapping["signals"].items()}
    names, rows = _rows(path)
    sides = [[name for name in names if _fits(name, said[side])] for side in ("first", "second")]
    places = {name: place for place, name in enumerate(names)}
    for needed in [
        said["winner"],
        *(said[side].format(c.column) for side in ("first", "second") for c in columns.values()),
    ]:
        if needed not in places:
            msg = f"{path}: no column {needed!r}; the file has {', '.join(names)}. Correct the mapping"
            raise BadInput(msg)
    figures = [rows[:, [places[name] for name in side]] for side in sides]
    people, which = np.unique(np.vstack(figures), axis=0, return_inverse=True)
    bare = [_bare(name, said["first"]) for name in sides[0]]
    received = [
        np.maximum(people[:, bare.index(column.column)] - column.none, 0) * column.scale for column in columns.values()
    ]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    first, second = np.split(which.ravel(), 2)
    won = rows[:, places[said["winner"]]] == 1
    return Judgements(tuple(columns), np.column_stack(received), first, second, won, digest, mapping)


def read_mapping(path: Path) -> dict[str, Any]:
    """
    Read a TOML file that says which columns of a file of judgements are which.

    It has ``winner``, ``first`` and ``second`` (forms of a column's name, as ``A_{}``), and a
    table ``signals.NAME`` for each signal with its ``column``, and ``none`` and ``scale`` where
    they are not 0 and 1.

    Raises
    ------
    BadInput
        If it cannot be read, or says less or something else.
    """
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"cannot read the mapping {str(path)!r}: {error}"
        raise BadInput(msg) from error
    missing = [name for name in ("winner", "first", "second", "signals") if name not in said]
    if missing:
        msg = f"the mapping {str(path)!r} lacks {', '.join(missing)}; docs/evaluation.md shows one"
        raise BadInput(msg)
    said["signals"] = {name: _column(name, table, path) for name, table in said["signals"].items()}
    return said


def _column(name: str, table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    try:
        return {
            "column": str(table["column"]),
            "none": float(table.get("none", 0)),
            "scale": float(table.get("scale", 1)),
        }
    except (KeyError, TypeError, ValueError) as error:
        wanted = "write column = NAME, and numbers for none and scale"
        msg = f"the mapping {str(path)!r}: signal {name!r} is {table!r}; {wanted}"
        raise BadInput(msg) from error


def _rows(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            names, *lines = csv.reader(file)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        msg = f"cannot read the judgements {str(path)!r}: {error}; it is to be CSV with a header"
        raise BadInput(msg) from error
    rows = []
    for number, line in enumerate(lines, 2):
        try:
            row = [float(value) for value in line]
        except ValueError as error:
            msg = f"{path}, line {number}: {error}; every field is to be a number"
            raise BadInput(msg) from error
        if len(row) != len(names) or not np.isfinite(row).all():
            counted = f"{len(row)} numbers where the header has {len(names)}"
            msg = f"{path}, line {number}: {counted}, or one that is not finite"
            raise BadInput(msg)
        rows.append(row)
    return names, np.array(rows).reshape(len(rows), len(names))


def _fits(name: str, form: str) -> bool:
    before, _, after = form.partition("{}")
    return name.startswith(before) and name.endswith(after)


def _bare(name: str, form: str) -> str:
    before, _, after = form.partition("{}")
    return name[len(before) : len(name) - len(after)]
