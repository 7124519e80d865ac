"""Scales: rulers, bars, waterfalls and dots, in the units of an SVG's view box or in percent of its width."""

from collections.abc import Sequence
from dataclasses import dataclass

SERIES = 8
"""Colours of lines and pieces; the ninth has the first one's again."""
_HAIR = 0.4
"""Percent of a waterfall's width that its smallest step has, to be seen."""
RULER = 600.0
"""Width of a ruler from 1 to 100."""


@dataclass(frozen=True)
class Tick:
    """A place on an axis."""

    at: float
    said: float | str


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


def bar(parts: Sequence[float], *, whole: float | None = None, colour: int = 0) -> tuple[Piece, ...]:
    """
    Lay pieces side by side, the first in a colour and each further one in the next.

    Examples
    --------
    >>> bar([3, 1])
    (Piece(start=0.0, width=75.0, colour=0), Piece(start=75.0, width=25.0, colour=1))
    """
    total = whole or sum(parts) or 1.0
    pieces, start = [], 0.0
    for place, part in enumerate(parts):
        width = round(100 * max(part, 0.0) / total, 2)
        pieces.append(Piece(round(start, 2), width, (colour + place) % SERIES))
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
