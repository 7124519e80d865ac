"""Score history of everybody: one memory-mapped file per day, two bytes per person."""

import bisect
import contextlib
import mmap
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from renown.errors import DamagedHomeError
from renown.records import day_from_number
from renown.store.published.day import remedy
from renown.store.schema import days

HISTORY_FILE = "history.bin"
"""File in a published day's folder: scores in hundredths of a point, in slot order; 0 means no score."""
SCORE_BYTES = 2
"""Bytes of a score, the least significant one first."""
HUNDREDTHS_PER_POINT = 100


class _HistoryDay(NamedTuple):
    day_no: int
    day: date
    folder: str
    scores: mmap.mmap
    """Memory-mapped file: only the pages that are needed are read."""


class ScoreHistory:
    """Reader of all past scores, with a cache of mapped files per process."""

    def __init__(self, database: sa.Engine, root: Path) -> None:
        self._database = database
        self._root = root
        self._cache: tuple[str, list[_HistoryDay]] = ("", [])

    def read_span(self, slot: int, snapshot_id: str, last_day_no: int, n: int) -> list[tuple[date, float | None]]:
        """
        Return a slot's score on each published day among the `n` days up to `last_day_no`; None for no score.

        Parameters
        ----------
        slot : int
        snapshot_id : str
            Id of the served snapshot, which changes with every publication: the cache key.
        last_day_no : int
            Day number.
        n : int
        """
        mapped_days = self._load_days(snapshot_id)
        begin, end = (
            bisect.bisect_right(mapped_days, edge, key=lambda day: day.day_no)
            for edge in (last_day_no - n, last_day_no)
        )
        return [(day.day, _read_score(day, slot)) for day in mapped_days[begin:end]]

    def read_days(self, slot: int, snapshot_id: str, day_numbers: Sequence[int]) -> list[float | None]:
        """Return a slot's score on each day number; None for no score, or if the day is not published."""
        days_by_number = {day.day_no: day for day in self._load_days(snapshot_id) if day.day_no in day_numbers}
        return [
            _read_score(days_by_number[day_no], slot) if day_no in days_by_number else None for day_no in day_numbers
        ]

    def erase_slots(self, slots: list[int]) -> None:
        """Erase the scores of these slots on every day."""
        for _, folder in self._list_folders():
            if (file := self._root / folder / HISTORY_FILE).exists():
                with file.open("r+b") as handle, mmap.mmap(handle.fileno(), 0) as scores:
                    for slot in slots:
                        if (start := slot * SCORE_BYTES) < len(scores):
                            scores[start : start + SCORE_BYTES] = bytes(SCORE_BYTES)
                    scores.flush()

    def _load_days(self, snapshot_id: str) -> list[_HistoryDay]:
        """Return every day's mapped file, from the cache unless another snapshot is served now."""
        if snapshot_id != self._cache[0]:
            self._cache = (snapshot_id, self._map_days())
        return self._cache[1]

    def _map_days(self) -> list[_HistoryDay]:
        """Map every day's file; files that are mapped already are reused."""
        days_by_folder, folders = {day.folder: day for day in self._cache[1]}, self._list_folders()
        for day_no, folder in folders:
            if folder not in days_by_folder:
                # Only the day's default method has a file.
                with contextlib.suppress(FileNotFoundError):
                    days_by_folder[folder] = _HistoryDay(
                        day_no, day_from_number(day_no), folder, _map_file(self._root / folder / HISTORY_FILE)
                    )
        if folders != self._list_folders():
            # A day was scored again meanwhile, and its old folder deleted.
            return self._map_days()
        for _, folder in folders:
            if folder not in days_by_folder and not (self._root / folder).is_dir():
                raise DamagedHomeError(
                    f"the folder {str(self._root / folder)!r} is missing; {remedy(self._root / folder)}"
                )
        return [days_by_folder[folder] for _, folder in folders if folder in days_by_folder]

    def _list_folders(self) -> list[tuple[int, str]]:
        select = sa.select(days.c.day_no, days.c.folder).order_by(days.c.day_no)
        with self._database.connect() as connection:
            return [(day_no, folder) for day_no, folder in connection.execute(select)]


def _read_score(day: _HistoryDay, slot: int) -> float | None:
    # Bytes beyond the end are none, which is zero.
    raw = day.scores[slot * SCORE_BYTES : (slot + 1) * SCORE_BYTES]
    return int.from_bytes(raw, "little") / HUNDREDTHS_PER_POINT or None


def _map_file(file: Path) -> mmap.mmap:
    with file.open("rb") as handle:
        try:
            scores = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError as error:  # an empty file
            raise _damaged_error(file, str(error)) from error
    if len(scores) % SCORE_BYTES:
        raise _damaged_error(file, f"{len(scores)} bytes are no whole number of scores")
    return scores


def _damaged_error(file: Path, problem: str) -> DamagedHomeError:
    return DamagedHomeError(f"the file {str(file)!r} is damaged: {problem}; {remedy(file.parent)}")
