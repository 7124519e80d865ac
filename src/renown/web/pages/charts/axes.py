"""Axes of a line chart of scores over days: positions in the plot, and the days and scores at their ticks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from renown.web.pages.charts.bars import Tick

WIDTH, HEIGHT = 720.0, 260.0
"""Size of a chart's SVG view box; it is scaled to the page."""
LEFT_EDGE, RIGHT_EDGE, TOP_EDGE, BOTTOM_EDGE = 46.0, WIDTH - 12.0, 12.0, HEIGHT - 26.0
"""Edges of the plot in it, in SVG units; ticks are labelled outside of them."""
_MAX_TICKS = 5
"""Maximum horizontal grid lines of a chart."""
_TICK_STEPS = (2, 5, 10, 20, 25, 50)
_MIN_HEIGHT = 10.0
"""Smallest range of the vertical axis, in points, so that small moves look small."""
_AXIS_PARTS = (4, 3, 5, 2)
"""Numbers of equal steps between labelled days, the preferred first."""


@dataclass(frozen=True, kw_only=True)
class ChartAxes:
    """Positions of days and scores, in SVG units."""

    first: date
    last: date
    low: float
    high: float
    step: float
    """Points between horizontal grid lines."""

    def x(self, day: str) -> float:
        """Return the horizontal position of a day."""
        share = (date.fromisoformat(day) - self.first).days / self._day_count
        return round(LEFT_EDGE + (RIGHT_EDGE - LEFT_EDGE) * min(max(share, 0.0), 1.0), 1)

    def y(self, score: float) -> float:
        """Return the vertical position of a score."""
        share = (score - self.low) / (self.high - self.low)
        return round(BOTTOM_EDGE - (BOTTOM_EDGE - TOP_EDGE) * share, 1)

    @property
    def day_width(self) -> float:
        """Width of a day."""
        return (RIGHT_EDGE - LEFT_EDGE) / self._day_count

    @property
    def x_ticks(self) -> tuple[Tick, ...]:
        """Days to label."""
        return tuple(Tick(self.x(day), day) for day in _list_labelled_days(self.first, self.last))

    @property
    def y_ticks(self) -> tuple[Tick, ...]:
        """Scores with a horizontal grid line."""
        scores = (self.low + self.step * n for n in range(int((self.high - self.low) / self.step) + 1))
        return tuple(Tick(self.y(score), score) for score in scores)

    @property
    def _day_count(self) -> int:
        return max(1, (self.last - self.first).days)


def choose_axes(days: Sequence[str], scores: Sequence[float], goal: float | None) -> ChartAxes:
    """Choose axes that show days, oldest first, and scores; the goal, too, if it is near the scores."""
    low, high, step = _choose_limits(min(scores), max(scores), goal)
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    return ChartAxes(first=first, last=last, low=low, high=high, step=step)


def _choose_limits(low: float, high: float, goal: float | None) -> tuple[float, float, float]:
    """Choose round axis limits and a round step; include the goal if it is near the values."""
    if goal is not None and abs(goal - high) <= max(_MIN_HEIGHT, high - low):
        low, high = min(low, goal), max(high, goal)
    missing = max(0.0, _MIN_HEIGHT - (high - low)) / 2
    low, high = max(0.0, low - missing), min(100.0, high + missing)
    step = next(step for step in _TICK_STEPS if (high - low) / step <= _MAX_TICKS - 2 or step == _TICK_STEPS[-1])
    bottom = max(0.0, step * (low // step))
    top = step * (high // step + 1)
    return bottom, min(100.0, top) if bottom < 100.0 < top else top, float(step)  # noqa: PLR2004 - the highest score


def _list_labelled_days(first: date, last: date) -> list[str]:
    """
    Return the days to label, the first and last among them, in equal steps where their number allows it.

    Examples
    --------
    >>> _list_labelled_days(date(2026, 11, 23), date(2026, 11, 29))
    ['2026-11-23', '2026-11-25', '2026-11-27', '2026-11-29']
    """
    day_count = (last - first).days
    if not day_count:
        return [first.isoformat()]
    parts = next((parts for parts in _AXIS_PARTS if day_count % parts == 0), min(_AXIS_PARTS[0], day_count))
    return [(first + timedelta(days=round(day_count * n / parts))).isoformat() for n in range(parts + 1)]
