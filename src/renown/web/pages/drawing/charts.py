"""Charts: scores over days, in the units of an SVG's view box."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from renown.web.pages.drawing.scales import SERIES, Tick

WIDTH, HEIGHT = 720.0, 260.0
"""Of a chart, in pixels of a page; it is scaled to the page."""
_LEFT, _RIGHT, _ABOVE, _BELOW = 34.0, 10.0, 12.0, 26.0
_TICKS = 5
"""Most horizontal lines of a chart."""
_STEPS = (1, 2, 5, 10, 20, 25, 50)


@dataclass(frozen=True)
class Line:
    """A line of a chart: pieces, for days without a value are gaps."""

    name: str
    colour: int
    pieces: tuple[str, ...]
    """Each the points of an SVG polyline."""


@dataclass(frozen=True)
class Mark:
    """A day, or a span of days, of which something is to be known."""

    at: float
    width: float
    said: str


@dataclass(frozen=True)
class Chart:
    """Scores over days."""

    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    """Days below."""
    up: tuple[Tick, ...]
    """Scores at the left."""
    goal: float | None
    """Where the goal is; None where there is none, or it lies outside."""
    marks: tuple[Mark, ...]
    """Days on which something changed."""
    spans: tuple[Mark, ...]
    """Days on which something was not seen."""
    floor: float = HEIGHT - _BELOW
    ceiling: float = _ABOVE
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    depth: float = HEIGHT - _BELOW - _ABOVE


def chart(
    days: Sequence[str],
    series: Sequence[tuple[str, Sequence[float | None]]],
    *,
    goal: float | None = None,
    marks: Sequence[tuple[str, str]] = (),
    spans: Sequence[tuple[str, str, str]] = (),
) -> Chart | None:
    """
    Place scores over days; None where there is nothing to draw.

    Parameters
    ----------
    days : sequence of str
        UTC days, as 2026-11-23, oldest first.
    series : sequence of (name, values)
        A value a day, None where there is none.
    goal : float, optional
    marks : sequence of (day, what changed)
    spans : sequence of (first day, last day, what was not seen)
    """
    values = [value for _, each in series for value in each if value is not None]
    if not values or not days:
        return None
    low, high, step = _scale(min(values), max(values), goal)
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    length = max(1, (last - first).days)

    def x(day: str) -> float:
        ahead = (date.fromisoformat(day) - first).days
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * min(max(ahead / length, 0.0), 1.0), 1)

    def y(value: float) -> float:
        return round(HEIGHT - _BELOW - (HEIGHT - _ABOVE - _BELOW) * (value - low) / (high - low), 1)

    each = (WIDTH - _LEFT - _RIGHT) / length
    return Chart(
        tuple(
            Line(
                name, place % SERIES, tuple(_pieces([x(day) for day in days], [v if v is None else y(v) for v in told]))
            )
            for place, (name, told) in enumerate(series)
        ),
        tuple(Tick(x(day), day) for day in _some_days(first, last)),
        tuple(Tick(y(low + step * n), low + step * n) for n in range(int((high - low) / step) + 1)),
        y(goal) if goal is not None and low <= goal <= high else None,
        tuple(Mark(x(day), 0.0, said) for day, said in marks),
        tuple(Mark(x(start), round(max(each, x(end) - x(start) + each), 1), said) for start, end, said in spans),
    )


def spark(
    values: Sequence[float | None], width: float, height: float, *, least: float = 5.0
) -> list[list[tuple[float, float]]]:
    """
    Place values, one a day, on a plain of a size; a piece for each row of days that have one.

    Parameters
    ----------
    values : sequence of float or None
    width, height : float
    least : float
        Between the lowest and the highest of the scale: what hardly moves is a flat line.

    Examples
    --------
    >>> spark([10, None, 20, 15], 30, 100)
    [[(0.0, 100.0)], [(20.0, 0.0), (30.0, 50.0)]]
    """
    known = [value for value in values if value is not None]
    if not known:
        return []
    middle, span = (max(known) + min(known)) / 2, max(least, max(known) - min(known))
    each = width / max(1, len(values) - 1)
    pieces: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((place * each, height * (0.5 - (value - middle) / span)))
    return [piece for piece in pieces if piece]


def _scale(low: float, high: float, goal: float | None) -> tuple[float, float, float]:
    """Return round ends and a round step; a goal is taken in where it is no farther than the values are wide."""
    if goal is not None and abs(goal - high) <= max(10.0, high - low):
        low, high = min(low, goal), max(high, goal)
    step = next(step for step in _STEPS if (high - low) / step <= _TICKS - 2 or step == _STEPS[-1])
    bottom = max(0.0, step * (low // step))
    top = step * (high // step + 1)
    return bottom, min(100.0, top) if bottom < 100.0 < top else top, float(step)  # noqa: PLR2004 - the highest score


def _pieces(across: Sequence[float], up: Sequence[float | None]) -> list[str]:
    pieces: list[list[str]] = [[]]
    for x, y in zip(across, up, strict=True):
        if y is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{x},{y}")
    # A point alone is drawn as a line of no length, which round ends make a dot.
    return [" ".join(piece if len(piece) > 1 else piece * 2) for piece in pieces if piece]


def _some_days(first: date, last: date) -> list[str]:
    length = (last - first).days
    parts = min(4, length) or 1
    return [(first + timedelta(days=round(length * n / parts))).isoformat() for n in range(parts + 1 if length else 1)]
