"""History: everybody's past scores, a file for each day, two bytes a person."""

import bisect
import contextlib
import mmap
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa

from renown.records import day_of
from renown.store.schema import days

FILE = "history.bin"
"""In a published day's folder: scores as whole hundredths of a point in the order of slots; 0 is no score."""
_PACKED = "<u2"
HUNDREDTHS = 100


class _Day(NamedTuple):
    day_no: int
    day: date
    folder: str
    scores: Any
    """Mapped from its file: only what is asked for is read."""


class History:
    """The past scores of a home, as one process reads them."""

    def __init__(self, database: sa.Engine, root: Path) -> None:
        self._database = database
        self._root = root
        self._mapped: tuple[str, list[_Day]] = ("", [])

    def past(self, slot: int, copy: str, last: int, n: int) -> list[tuple[date, float | None]]:
        """
        Return the scores in a slot, None for none, on the days there are of the `n` up to the number `last`.

        Parameters
        ----------
        slot : int
        copy : str
            The served copy: every publication makes another.
        last, n : int
        """
        found = self._all(copy)
        begin, end = (bisect.bisect_right(found, edge, key=lambda day: day.day_no) for edge in (last - n, last))
        return [(day.day, _score(day, slot)) for day in found[begin:end]]

    def on(self, slot: int, copy: str, days: Sequence[int]) -> list[float | None]:
        """Return the scores in a slot on some days by number; None for none, and where the day is not published."""
        found = {day.day_no: day for day in self._all(copy) if day.day_no in days}
        return [_score(found[day_no], slot) if day_no in found else None for day_no in days]

    def blank(self, slots: list[int]) -> None:
        """Leave no score in these slots, on any day."""
        for _, folder in self._folders():
            if (file := self._root / folder / FILE).exists():
                scores = np.memmap(file, _PACKED, "r+")
                scores[[slot for slot in slots if slot < scores.size]] = 0
                scores.flush()

    def _all(self, copy: str) -> list[_Day]:
        """Return every day's file; they are looked for again when another copy is served."""
        if copy != self._mapped[0]:
            self._mapped = (copy, self._days())
        return self._mapped[1]

    def _days(self) -> list[_Day]:
        """Map every day's file, those mapped before as they are."""
        mapped, listed = {day.folder: day for day in self._mapped[1]}, self._folders()
        for day_no, folder in listed:
            if folder not in mapped:
                # A day has one file: that of its own method.
                with contextlib.suppress(FileNotFoundError):
                    mapped[folder] = _Day(day_no, day_of(day_no), folder, _map(self._root / folder / FILE))
        if listed != self._folders():
            # A day was scored again meanwhile, and its old folder went.
            return self._days()
        return [mapped[folder] for _, folder in listed if folder in mapped]

    def _folders(self) -> list[tuple[int, str]]:
        select = sa.select(days.c.day_no, days.c.folder).order_by(days.c.day_no)
        with self._database.connect() as connection:
            return [(day_no, folder) for day_no, folder in connection.execute(select)]


def _score(day: _Day, slot: int) -> float | None:
    return (day.scores.item(slot) if slot < day.scores.size else 0) / HUNDREDTHS or None


def write(file: Path, slots: Any, scores: Any) -> None:
    """
    Write a day's file.

    Parameters
    ----------
    file : Path
    slots : ndarray of int
    scores : ndarray of float
        Points, in the order of `slots`; NaN for none.
    """
    packed = np.zeros(slots.max(initial=0) + 1, _PACKED)
    packed[slots] = np.nan_to_num(np.round(scores * HUNDREDTHS))
    with file.open("wb") as out:
        packed.tofile(out)
        os.fsync(out.fileno())


def _map(file: Path) -> Any:
    with file.open("rb") as opened:
        return np.frombuffer(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ), _PACKED)
