"""Layout of bars, waterfalls and dot plots, in percent of the width."""

from collections.abc import Sequence
from dataclasses import dataclass

COLOUR_COUNT = 8
"""Number of colours of lines and bar segments; the ninth gets the first colour again."""
_MIN_STEP_PERCENT = 0.4
"""Minimum width of a waterfall step, in percent, so that it is visible."""


@dataclass(frozen=True)
class Tick:
    """A tick mark on an axis."""

    position: float
    label: float | str


@dataclass(frozen=True)
class BarSegment:
    """A segment of a stacked bar, in percent of its width."""

    start: float
    width: float
    colour: int


def build_bar(
    values: Sequence[float], *, full_value: float | None = None, first_colour: int = 0
) -> tuple[BarSegment, ...]:
    """
    Lay out the segments of a stacked bar, each in the next colour.

    Examples
    --------
    >>> build_bar([3, 1])
    (BarSegment(start=0.0, width=75.0, colour=0), BarSegment(start=75.0, width=25.0, colour=1))
    """
    total = full_value or sum(values) or 1.0
    segments, start = [], 0.0
    for index, value in enumerate(values):
        width = round(100 * max(value, 0.0) / total, 2)
        segments.append(BarSegment(round(start, 2), width, (first_colour + index) % COLOUR_COUNT))
        start += width
    return tuple(segments)


def build_bars(values: Sequence[float]) -> tuple[tuple[BarSegment, ...], ...]:
    """
    Lay out one bar for each value on a common scale.

    Examples
    --------
    >>> [bar[0].width for bar in build_bars([3, 1.5, 0])]
    [100.0, 50.0, 0.0]
    """
    return tuple(build_bar([value], full_value=max(values)) for value in values)


@dataclass(frozen=True)
class WaterfallStep:
    """A step of a waterfall chart, in percent of its width."""

    start: float
    width: float
    is_increase: bool


def build_waterfall(steps: Sequence[tuple[float, float]]) -> tuple[WaterfallStep, ...]:
    """
    Lay out the steps of a waterfall chart, each from one value to another.

    Examples
    --------
    >>> build_waterfall([(10, 14), (14, 12)])  # doctest: +NORMALIZE_WHITESPACE
    (WaterfallStep(start=0.0, width=100.0, is_increase=True),
     WaterfallStep(start=50.0, width=50.0, is_increase=False))
    """
    ends = [value for step in steps for value in step]
    low, span = min(ends, default=0.0), (max(ends, default=0.0) - min(ends, default=0.0)) or 1.0
    return tuple(
        WaterfallStep(
            round(100 * (min(before, after) - low) / span, 2),
            round(max(100 * abs(after - before) / span, _MIN_STEP_PERCENT), 2),
            after >= before,
        )
        for before, after in steps
    )


@dataclass(frozen=True, kw_only=True)
class DotPlotRow:
    """A value with its confidence interval, in percent of the width."""

    name: str
    value: float
    low: float | None
    high: float | None
    position: float
    start: float
    width: float
    """Width of the interval; 0 if there is none."""
    is_highlighted: bool
    """Whether it is the row that the others are compared with."""


@dataclass(frozen=True)
class DotPlot:
    """Rows of values on a common axis."""

    rows: tuple[DotPlotRow, ...]
    low: float
    high: float


def build_dot_plot(
    rows: Sequence[tuple[str, float, float | None, float | None]], *, highlighted: str, step: float
) -> DotPlot:
    """
    Lay out values on a common axis that includes all of them.

    Parameters
    ----------
    rows : sequence of (name, value, low, high)
        `low` and `high` are the ends of a confidence interval, or None.
    highlighted : str
        Name of the row that the others are compared with.
    step : float
        The axis begins and ends at a multiple of it.

    Examples
    --------
    >>> rows = [("a", 0.5, 0.4, 0.6), ("b", 0.7, None, None)]
    >>> build_dot_plot(rows, highlighted="a", step=0.5)  # doctest: +NORMALIZE_WHITESPACE
    DotPlot(rows=(DotPlotRow(name='a', value=0.5, low=0.4, high=0.6,
                             position=50.0, start=40.0, width=20.0, is_highlighted=True),
                  DotPlotRow(name='b', value=0.7, low=None, high=None,
                             position=70.0, start=70.0, width=0.0, is_highlighted=False)),
            low=0.0, high=1.0)
    """
    values = [number for row in rows for number in row[1:] if number is not None]
    bottom, top = step * (min(values) // step), step * -(-max(values) // step)

    def to_percent(value: float) -> float:
        return round(100 * (value - bottom) / (top - bottom or 1), 2)

    plot_rows = []
    for name, value, low, high in rows:
        start, end = (
            (to_percent(value), to_percent(value))
            if low is None or high is None
            else (to_percent(low), to_percent(high))
        )
        plot_rows.append(
            DotPlotRow(
                name=name,
                value=value,
                low=low,
                high=high,
                position=to_percent(value),
                start=start,
                width=round(end - start, 2),
                is_highlighted=name == highlighted,
            )
        )
    return DotPlot(tuple(plot_rows), bottom, top)


@dataclass(frozen=True)
class ScoreShift:
    """A score before and after a change, on a scale from 1 to 100, in percent of the width."""

    before: float
    after: float
    start: float
    width: float


def build_score_shift(before: float, after: float) -> ScoreShift:
    """Lay out a score before and after a change."""
    before_percent, after_percent = map(score_position, (before, after))
    return ScoreShift(
        before_percent, after_percent, min(before_percent, after_percent), round(abs(after_percent - before_percent), 2)
    )


def score_position(score: float) -> float:
    """
    Return where a score is on a scale from 1 to 100, in percent of its width.

    Examples
    --------
    >>> score_position(1), score_position(50.5), score_position(100)
    (0.0, 50.0, 100.0)
    """
    return round(100 * (min(max(score, 1.0), 100.0) - 1) / 99, 2)
