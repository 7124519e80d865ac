"""A score as a ring: an arc of 270 degrees from 1 to 100, with its confidence range and a goal, in SVG units."""

import math
from dataclasses import dataclass

SIZE = 220.0
"""Width and height of the SVG view box."""
_CENTRE, _RADIUS = SIZE / 2, 94.0
_START_ANGLE, _SPAN = 135.0, 270.0
"""Angle of a score of 1, clockwise from the right, and angle from there to 100; in degrees."""
_TICK_INNER, _TICK_OUTER = 82.0, 106.0
"""Distances of both ends of the tick of the goal from the centre."""


@dataclass(frozen=True)
class Ring:
    """Paths of a ring."""

    track: str
    """The whole arc from 1 to 100."""
    score: str
    """From 1 to the score."""
    range: str
    """From the low to the high end of the confidence range."""
    goal: str
    """A tick."""


def build_ring(score: float, *, low: float, high: float, goal: float) -> Ring:
    """Lay out a score from 1 to 100, its confidence range and a goal."""
    angle = _to_angle(goal)
    inner, outer = _point(_TICK_INNER, angle), _point(_TICK_OUTER, angle)
    return Ring(_arc(1, 100), _arc(1, score), _arc(low, high), f"M{inner}L{outer}")


def _arc(start: float, end: float) -> str:
    """Return the path from one score to another; a dot if they are equal."""
    start_angle = _to_angle(start)
    end_angle = max(_to_angle(end), start_angle + 0.1)
    is_large = int(end_angle - start_angle > 180)  # noqa: PLR2004 - half a circle
    return f"M{_point(_RADIUS, start_angle)}A{_RADIUS:g} {_RADIUS:g} 0 {is_large} 1 {_point(_RADIUS, end_angle)}"


def _to_angle(score: float) -> float:
    return _START_ANGLE + _SPAN * (min(max(score, 1.0), 100.0) - 1) / 99


def _point(radius: float, angle: float) -> str:
    radians = math.radians(angle)
    return f"{_CENTRE + radius * math.cos(radians):.1f} {_CENTRE + radius * math.sin(radians):.1f}"
