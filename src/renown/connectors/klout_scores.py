"""Klout's scores: files of accounts' public figures with the score that Klout gave them."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from renown.errors import BadInput

_NEEDED = ("followers", "klout_score")


@dataclass(frozen=True)
class KloutScores:
    """Accounts with real Klout scores, one an element."""

    followers: NDArray[np.int64]
    lists: tuple[int | None, ...]
    """None where it is not known."""
    score: NDArray[np.float64]
    """1 to 100."""


def read(path: Path) -> KloutScores:
    """
    Read a CSV file with the columns ``followers``, ``klout_score`` and, where known, ``listed``.

    Raises
    ------
    BadInput
        If it cannot be read, misses a column, or holds what is no number.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"cannot read {str(path)!r}: {error}; it is to be CSV with a header"
        raise BadInput(msg) from error
    if not rows or not set(_NEEDED) <= set(rows[0]):
        msg = f"{path}: there have to be rows with the columns {', '.join(_NEEDED)} (and listed, where known)"
        raise BadInput(msg)
    known: list[tuple[int, int | None, float]] = []
    for number, row in enumerate(rows, 2):
        try:
            lists = int(row["listed"]) if row.get("listed") else None
            known.append((int(row["followers"]), lists, float(row["klout_score"])))
        except (TypeError, ValueError) as error:
            msg = f"{path}, line {number}: {error}; followers and listed are whole numbers, klout_score is a number"
            raise BadInput(msg) from error
    followers, lists_, scores = zip(*known, strict=True)
    return KloutScores(np.array(followers), lists_, np.array(scores))
