"""Evaluate whether a score means the same however much is seen: the same people, scored from some of their values."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from renown.engines.base import Engine
from renown.errors import InvalidInputError
from renown.method.file import Method
from renown.progress import NullProgress, Progress
from renown.research.fit import Booleans, Floats
from renown.research.judged_people import VALUES, compute_judged_scores, find_judged_signals, list_judged_values
from renown.research.judgements import JudgementFile

BAND_STARTS = (0, *(10**power for power in range(1, 7)))
"""Numbers of followers at which the bands of the evaluation begin."""
_NOTHING = 1e-4
"""Less than this is nothing, written with rounding errors."""


@dataclass(frozen=True, kw_only=True)
class BandShift:
    """Shift of the scores of people with similar numbers of followers."""

    min_followers: int
    people: int
    median: float | None
    """Points; None without people."""


@dataclass(frozen=True, kw_only=True)
class CoverageShift:
    """How the scores of people change if only some of their values are seen."""

    name: str
    """The values that are seen, such as `followers, lists`."""
    people: int
    """Number of people of whom anything is seen: a figure above 0 among these values."""
    median: float
    """Median difference to the score from all values, in points."""
    low_decile: float
    low_quartile: float
    high_quartile: float
    high_decile: float
    bands: tuple[BandShift, ...]
    """By followers."""


@dataclass(frozen=True, kw_only=True)
class CoverageEvaluation:
    """Scores from every subset of the values, compared with the scores from all of them."""

    method: str
    """Version of the method."""
    method_digest: str
    """Hash of the constants and steps that were evaluated."""
    people: int
    digest: str
    """SHA-256 of the file, in hex."""
    values: tuple[str, ...]
    """Values that the file has data for."""
    rows: tuple[CoverageShift, ...]
    """One per subset, the smallest first; without those of which nothing is seen of anybody."""


def evaluate_coverage(
    judgements: JudgementFile, method: Method, engine: Engine, *, progress: Progress | None = None
) -> CoverageEvaluation:
    """
    Score the people of a file of judgements from every subset of their followers, lists and reactions.

    Parameters
    ----------
    judgements : JudgementFile
        Only the figures of the people are used.
    method : Method
    engine : Engine
        A session to run the method's steps in.
    progress : Progress, optional

    Raises
    ------
    InvalidInputError
        If the file has data for one value only.
    """
    values = list_judged_values(judgements, method)
    if len(values) == 1:
        raise InvalidInputError(f"the mapping has columns for {values[0]} only; map at least two kinds of values")
    subsets = [subset for size in range(1, len(values)) for subset in combinations(values, size)]
    reporter = progress or NullProgress()
    reporter.start("evaluating coverage", len(subsets) + 1)
    reporter.advance("all values")
    full_scores = compute_judged_scores(judgements, method, engine, values)
    followers = _sum_figures(judgements, method, ("followers",))
    rows = []
    for subset in subsets:
        name = ", ".join(subset)
        reporter.advance(name)
        is_seen = _sum_figures(judgements, method, subset) > 0
        if is_seen.any():
            shifts = compute_judged_scores(judgements, method, engine, subset) - full_scores
            rows.append(_summarize_shifts(name, shifts, followers, is_seen))
    reporter.finish(f"evaluated {len(subsets)} subsets on {len(full_scores):,} people")
    return CoverageEvaluation(
        method=method.version,
        method_digest=method.digest,
        people=len(full_scores),
        digest=judgements.digest,
        values=values,
        rows=tuple(rows),
    )


def _sum_figures(judgements: JudgementFile, method: Method, visible: tuple[str, ...]) -> Floats:
    """Sum what each person received in the signals of these values; it tells only whether there is anything."""
    signals = find_judged_signals(judgements, method)
    columns = [column for column, signal in enumerate(signals) if VALUES[signal.reads] in visible]
    total: Floats = np.nansum(np.where(judgements.received < _NOTHING, 0, judgements.received)[:, columns], axis=1)
    return total


def _summarize_shifts(name: str, shifts: Floats, followers: Floats, is_seen: Booleans) -> CoverageShift:
    low_decile, low_quartile, median, high_quartile, high_decile = map(
        float, np.quantile(shifts[is_seen], [0.1, 0.25, 0.5, 0.75, 0.9])
    )
    ends = (*BAND_STARTS[1:], np.inf)
    bands = tuple(
        _summarize_band(start, shifts[is_seen & (followers >= start) & (followers < end)])
        for start, end in zip(BAND_STARTS, ends, strict=True)
    )
    return CoverageShift(
        name=name,
        people=int(is_seen.sum()),
        median=median,
        low_decile=low_decile,
        low_quartile=low_quartile,
        high_quartile=high_quartile,
        high_decile=high_decile,
        bands=bands,
    )


def _summarize_band(start: int, shifts: Floats) -> BandShift:
    median = float(np.median(shifts)) if len(shifts) else None
    return BandShift(min_followers=start, people=len(shifts), median=median)
