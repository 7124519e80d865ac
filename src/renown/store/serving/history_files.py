"""Write the files of the score history: scores of everybody on a day, in slot order."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from renown.fsync import sync_path
from renown.store.serving.history import HUNDREDTHS_PER_POINT, SCORE_BYTES

_SCORE_DTYPE = f"<u{SCORE_BYTES}"


def write_history(file: Path, slots: Any, scores: Any) -> None:
    """
    Write a day's history file.

    Parameters
    ----------
    file : Path
    slots : ndarray of int
    scores : ndarray of float
        Points, in the order of `slots`; NaN for no score.
    """
    hundredths = np.zeros(slots.max(initial=0) + 1, _SCORE_DTYPE)
    hundredths[slots] = np.nan_to_num(np.round(scores * HUNDREDTHS_PER_POINT))
    with file.open("wb") as output:
        hundredths.tofile(output)
        os.fsync(output.fileno())


def find_scored_slots(files: Iterable[Path]) -> Any:
    """Return, for each slot, whether it has a score in any of these history files."""
    has_score = np.zeros(0, bool)
    for file in files:
        scored = np.fromfile(file, _SCORE_DTYPE) > 0
        longer, shorter = (scored, has_score) if len(scored) > len(has_score) else (has_score, scored)
        longer[: len(shorter)] |= shorter
        has_score = longer
    return has_score


def extend_history(file: Path, slots: int) -> None:
    """Extend a history file to a number of slots, without a score in the new ones; who has it open does not notice."""
    scores = np.fromfile(file, _SCORE_DTYPE)
    if len(scores) < slots:
        new_file = file.with_suffix(".fresh")
        np.pad(scores, (0, slots - len(scores))).tofile(new_file)
        sync_path(new_file)
        new_file.replace(file)
        sync_path(file.parent)
