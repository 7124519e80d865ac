"""Drawing: coordinates of figures, in the units of an SVG's view box."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 720.0, 260.0
"""Of a chart, in pixels of a page; it is scaled to the page."""
_LEFT, _RIGHT, _ABOVE, _BELOW = 34.0, 10.0, 12.0, 26.0
_TICKS = 5
"""Most horizontal lines of a chart."""
_STEPS = (1, 2, 5, 10, 20, 25, 50)
SERIES = 8
"""Colours of lines; the ninth line has the first one's again."""
_HAIR = 0.4
"""Percent of a waterfall's width that its smallest step has, to be seen."""
RULER = 600.0
"""Width of a ruler from 1 to 100."""


@dataclass(frozen=True)
class Line:
    """A line of a chart: pieces, for days without a value are gaps."""

    name: str
    colour: int
    pieces: tuple[str, ...]
    """Each the points of an SVG polyline."""


@dataclass(frozen=True)
class Tick:
    """A place on an axis."""

    at: float
    said: float | str


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


@dataclass(frozen=True)
class Ruler:
    """A score on a scale from 1 to 100."""

    here: float
    low: float
    span: float
    goal: float | None
    ticks: tuple[Tick, ...]


def ruler(score: float, *, low: float | None = None, high: float | None = None, goal: float | None = None) -> Ruler:
    """Place a score, what it may be as well, and a goal on a scale from 1 to 100."""
    start, end = _on_ruler(score if low is None else low), _on_ruler(score if high is None else high)
    ticks = tuple(Tick(_on_ruler(n), n) for n in (1, 20, 40, 60, 80, 100))
    return Ruler(_on_ruler(score), start, round(end - start, 1), None if goal is None else _on_ruler(goal), ticks)


@dataclass(frozen=True)
class Piece:
    """A piece of a bar, in percent of its width."""

    start: float
    width: float
    colour: int


def bar(parts: Sequence[float], *, whole: float | None = None) -> tuple[Piece, ...]:
    """
    Lay pieces side by side.

    Examples
    --------
    >>> bar([3, 1])
    (Piece(start=0.0, width=75.0, colour=0), Piece(start=75.0, width=25.0, colour=1))
    """
    total = whole or sum(parts) or 1.0
    pieces, start = [], 0.0
    for place, part in enumerate(parts):
        width = round(100 * max(part, 0.0) / total, 2)
        pieces.append(Piece(round(start, 2), width, place % SERIES))
        start += width
    return tuple(pieces)


@dataclass(frozen=True)
class Fall:
    """A step of a waterfall, in percent of its width."""

    start: float
    width: float
    up: bool


def waterfall(steps: Sequence[tuple[float, float]]) -> tuple[Fall, ...]:
    """
    Lay steps from one value to another on one scale.

    Examples
    --------
    >>> waterfall([(10, 14), (14, 12)])
    (Fall(start=0.0, width=100.0, up=True), Fall(start=50.0, width=50.0, up=False))
    """
    ends = [value for step in steps for value in step]
    low, span = min(ends, default=0.0), (max(ends, default=0.0) - min(ends, default=0.0)) or 1.0
    return tuple(
        Fall(
            round(100 * (min(before, after) - low) / span, 2),
            round(max(100 * abs(after - before) / span, _HAIR), 2),
            after >= before,
        )
        for before, after in steps
    )


@dataclass(frozen=True)
class Dot:
    """A figure among others, with how sure it is, in percent of the width."""

    name: str
    value: float
    low: float | None
    high: float | None
    at: float
    start: float
    width: float
    """Of the interval; 0 where there is none."""
    ours: bool
    """Whether it is the one that the others are compared with."""


@dataclass(frozen=True)
class Dots:
    """Figures below each other on one scale."""

    rows: tuple[Dot, ...]
    low: float
    high: float


def dots(rows: Sequence[tuple[str, float, float | None, float | None]], *, ours: str, step: float) -> Dots:
    """
    Place figures on a scale that holds them all.

    Parameters
    ----------
    rows : sequence of (name, value, low, high)
        The last two are an interval's ends, None where there is none.
    ours : str
        Name of the row that the others are compared with.
    step : float
        The scale begins and ends at a whole number of it.

    Examples
    --------
    >>> dots([("a", 0.5, 0.4, 0.6), ("b", 0.7, None, None)], ours="a", step=0.5)  # doctest: +NORMALIZE_WHITESPACE
    Dots(rows=(Dot(name='a', value=0.5, low=0.4, high=0.6, at=50.0, start=40.0, width=20.0, ours=True),
               Dot(name='b', value=0.7, low=None, high=None, at=70.0, start=70.0, width=0.0, ours=False)),
         low=0.0, high=1.0)
    """
    every = [each for row in rows for each in row[1:] if each is not None]
    bottom, top = step * (min(every) // step), step * -(-max(every) // step)

    def at(value: float) -> float:
        return round(100 * (value - bottom) / (top - bottom or 1), 2)

    placed = []
    for name, value, low, high in rows:
        start, end = (at(value), at(value)) if low is None or high is None else (at(low), at(high))
        placed.append(Dot(name, value, low, high, at(value), start, round(end - start, 2), name == ours))
    return Dots(tuple(placed), bottom, top)


@dataclass(frozen=True)
class Move:
    """A score before and after on a scale from 1 to 100, in percent of its width."""

    before: float
    after: float
    start: float
    width: float


def move(before: float, after: float) -> Move:
    """Place a score before and after."""
    then, now = (round(100 * _on_ruler(score) / RULER, 2) for score in (before, after))
    return Move(then, now, min(then, now), round(abs(now - then), 2))


def _on_ruler(score: float) -> float:
    return round(RULER * (min(max(score, 1.0), 100.0) - 1) / 99, 1)


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
