"""
Judgements: pairs of people, of whom one was judged more influential, as CSV files to learn weights from.

A file is read with a mapping of its columns, or written from the judgements of the store and a published day.
"""

import csv
import hashlib
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renown.engines.base import Engine
from renown.errors import InvalidInputError, describe_io_error
from renown.lake import Lake
from renown.method.signals import Signal
from renown.scoring.points import load_points
from renown.store import Judgement, PublishedPoints, PublishedTables

FIRST_COLUMN, SECOND_COLUMN = "A_{}", "B_{}"
"""Column name patterns of the two people, as `renown learn pairs` reads them."""
WINNER_COLUMN = "first_won"


@dataclass(frozen=True)
class SignalColumn:
    """The column of a signal in a file of judgements."""

    column: str
    none: float
    """Value that means 0 in the file."""
    scale: float
    """Units of the method's signal per unit of the column."""


@dataclass(frozen=True, kw_only=True)
class JudgementFile:
    """A file's pairs of people, of whom one was judged more influential."""

    signals: tuple[str, ...]
    received: NDArray[np.float64]
    """
    Amount of each signal that each person received, in the signal's unit; NaN where it is unknown.

    Its shape is (n_people, n_signals).
    """
    first: NDArray[np.intp]
    """Row in `received` of the first person of each pair; shape (n_pairs,)."""
    second: NDArray[np.intp]
    """Row of the second person."""
    first_won: NDArray[np.bool_]
    """Whether the first person was judged more influential; shape (n_pairs,)."""
    digest: str
    """SHA-256 of the file, in hex."""
    mapping: Mapping[str, Any]
    """The mapping by which the file was read."""


@dataclass(frozen=True)
class JudgedPairs:
    """Header and rows of an input file for `renown learn pairs`."""

    header: tuple[str, ...]
    rows: tuple[tuple[float | None, ...], ...]
    """The winner (always 1, the first), then what each person received per signal, in its unit; None if unknown."""
    skipped_judgements: int
    """Number of judgements about somebody without a score that day."""


def read_judgements(path: Path, mapping: Mapping[str, Any]) -> JudgementFile:
    """
    Read pairwise judgements from a CSV file.

    Parameters
    ----------
    path : Path
        One pair per line: the winner, and the figures of the first and of the second person.
    mapping : Mapping
        Meaning of the columns, from `read_mapping`.

    Returns
    -------
    JudgementFile

    Raises
    ------
    InvalidInputError
        If the file cannot be read, lacks a column, or contains a value that is neither a number nor empty.

    Notes
    -----
    The files are anonymized: two rows with the same figures in all columns are the same person.
    """
    layout, columns = mapping, {name: SignalColumn(**table) for name, table in mapping["signals"].items()}
    names, rows = _read_rows(path)
    sides = [[name for name in names if _matches_pattern(name, layout[side])] for side in ("first", "second")]
    figure_columns = [layout[side].format(column.column) for side in ("first", "second") for column in columns.values()]
    for required in (layout["winner"], *figure_columns):
        if required not in names:
            raise InvalidInputError(
                f"{path}: no column {required!r}; the file has {', '.join(names)}. Correct the mapping"
            )
    column_index = {name: index for index, name in enumerate(names)}
    figures = [rows[:, [column_index[name] for name in side]] for side in sides]
    people, person_rows = _find_people(np.vstack(figures))
    bare_names = [_strip_pattern(name, layout["first"]) for name in sides[0]]
    received = [
        np.maximum(people[:, bare_names.index(column.column)] - column.none, 0) * column.scale
        for column in columns.values()
    ]
    first, second = np.split(person_rows.ravel(), 2)
    winners = rows[:, column_index[layout["winner"]]]
    if np.isnan(winners).any():
        line = int(np.isnan(winners).argmax()) + 2
        raise InvalidInputError(f"{path}, line {line}: {layout['winner']} is empty; write 1 or 0")
    return JudgementFile(
        signals=tuple(columns),
        received=np.column_stack(received),
        first=first,
        second=second,
        first_won=winners == 1,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        mapping=mapping,
    )


def read_mapping(path: Path) -> dict[str, Any]:
    """
    Read a TOML file that maps the columns of a file of judgements to signals.

    It has ``winner``, ``first`` and ``second`` (patterns of column names, such as ``A_{}``), and for
    each signal a table ``signals.NAME`` with its ``column``, and optionally ``none`` (default 0) and
    ``scale`` (default 1).

    Raises
    ------
    InvalidInputError
        If it cannot be read, or lacks a key, or a value is not valid.
    """
    try:
        mapping = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInputError(
            f"cannot read the mapping {str(path)!r}: {describe_io_error(error)}; it must be a TOML file"
        ) from error
    missing = [name for name in ("winner", "first", "second", "signals") if name not in mapping]
    if missing:
        raise InvalidInputError(
            f"the mapping {str(path)!r} lacks {', '.join(missing)}; `renown judgements --to FILE.csv` writes a "
            "mapping to start from"
        )
    mapping["signals"] = {name: _parse_signal_column(name, table, path) for name, table in mapping["signals"].items()}
    return mapping


def build_judged_pairs(
    judgements: Sequence[Judgement], published: PublishedTables, signals: Sequence[Signal], engine: Engine, lake: Lake
) -> JudgedPairs:
    """
    Join judgements with what both people had received per signal on a published day.

    Parameters
    ----------
    judgements : sequence of Judgement
    published : PublishedTables
    signals : sequence of Signal
        The method's signals; summed over a person's accounts.
    engine : Engine
        A session that nothing else uses.
    lake : Lake
    """
    people_with_score = published.read_scores_by_key(
        sorted({key for judgement in judgements for key in (judgement.winner, judgement.loser)})
    )
    points = load_points(engine, lake, published, people_with_score)
    received_by_person = {key: _received_by_signal(rows, signals) for key, rows in points.items()}
    rows = tuple(
        (1.0, *received_by_person[judgement.winner], *received_by_person[judgement.loser])
        for judgement in judgements
        if judgement.winner in received_by_person and judgement.loser in received_by_person
    )
    names = [signal.name for signal in signals]
    header = (WINNER_COLUMN, *(side.format(name) for side in (FIRST_COLUMN, SECOND_COLUMN) for name in names))
    return JudgedPairs(header, rows, len(judgements) - len(rows))


def pairs_mapping_toml(signals: Sequence[str]) -> str:
    """Return the TOML column mapping for `renown learn pairs`."""
    header = f'winner = "{WINNER_COLUMN}"\nfirst = "{FIRST_COLUMN}"\nsecond = "{SECOND_COLUMN}"\n'
    return header + "".join(f'\n[signals.{signal}]\ncolumn = "{signal}"\n' for signal in signals)


def _parse_signal_column(name: str, table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    try:
        return {
            "column": str(table["column"]),
            "none": float(table.get("none", 0)),
            "scale": float(table.get("scale", 1)),
        }
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(
            f"the mapping {str(path)!r}: signal {name!r} is {table!r}; "
            "write column = NAME, and numbers for none and scale"
        ) from error


def _read_rows(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            names, *lines = csv.reader(file)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise InvalidInputError(
            f"cannot read the judgements {str(path)!r}: {describe_io_error(error)}; it must be a CSV file with a header"
        ) from error
    rows = []
    for number, line in enumerate(lines, 2):
        try:
            row = [float(value) if value.strip() else None for value in line]
        except ValueError as error:
            raise InvalidInputError(
                f"{path}, line {number}: {error}; every field must be a number, or empty if it is unknown"
            ) from error
        if len(row) != len(names) or not all(math.isfinite(value) for value in row if value is not None):
            raise InvalidInputError(
                f"{path}, line {number}: {len(row)} numbers, and the header has {len(names)}, or one is not finite"
            )
        rows.append(row)
    return names, np.array(rows, dtype=np.float64).reshape(len(rows), len(names))


def _find_people(figures: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the figures of each person, and the person of each row; two unknown figures are equal."""
    people, person_rows = np.unique(np.where(np.isnan(figures), -np.inf, figures), axis=0, return_inverse=True)
    return np.where(np.isinf(people), np.nan, people), person_rows


def _matches_pattern(name: str, pattern: str) -> bool:
    prefix, _, suffix = pattern.partition("{}")
    return name.startswith(prefix) and name.endswith(suffix)


def _strip_pattern(name: str, pattern: str) -> str:
    prefix, _, suffix = pattern.partition("{}")
    return name[len(prefix) : len(name) - len(suffix)]


def _received_by_signal(points: Iterable[PublishedPoints], signals: Sequence[Signal]) -> tuple[float | None, ...]:
    """Return what a person received of each signal; None for followers or lists that no account's profile tells."""
    totals = {signal.name: 0.0 if signal.verbs else None for signal in signals}
    for row in points:
        if row.signal in totals:
            totals[row.signal] = (totals[row.signal] or 0.0) + row.received / 1e6
    return tuple(totals.values())
