"""A heat map of the hours of a week, in SVG units."""

from collections.abc import Sequence
from dataclasses import dataclass

from renown.answers import WEEKDAYS, BestTimes

CELL_WIDTH, CELL_HEIGHT = 24.0, 22.0
LEFT, TOP = 40.0, 18.0
"""Space for the names of days and hours."""
_LEVELS = 5
"""Number of shades above 0."""
_LABEL_HOURS = 3
"""Distance of the labels of hours."""


@dataclass(frozen=True)
class HeatCell:
    """One hour of a day of the week."""

    x: float
    y: float
    level: int
    """Shade, 0 for no reactions."""
    is_best: bool
    label: str


@dataclass(frozen=True)
class HeatMap:
    """The hours of a week, with labels."""

    cells: tuple[HeatCell, ...]
    days: tuple[tuple[float, str], ...]
    """Position and short name of each day."""
    hours: tuple[tuple[float, int], ...]
    """Position and number of the labelled hours."""
    width: float = LEFT + 24 * CELL_WIDTH
    height: float = TOP + 7 * CELL_HEIGHT


def build_heat_map(times: BestTimes) -> HeatMap:
    """Lay out when reactions come."""
    best = {(slot.weekday, slot.hour) for slot in times.best}
    highest = max((count for row in times.hours for count in row), default=0)
    return HeatMap(
        cells=tuple(_list_cells(times.hours, highest, best)),
        days=tuple((TOP + CELL_HEIGHT * (index + 0.7), day[:3]) for index, day in enumerate(WEEKDAYS)),
        hours=tuple((LEFT + CELL_WIDTH * hour, hour) for hour in range(0, 24, _LABEL_HOURS)),
    )


def _list_cells(hours: Sequence[Sequence[int]], highest: int, best: set[tuple[str, int]]) -> list[HeatCell]:
    return [
        HeatCell(
            x=LEFT + CELL_WIDTH * hour,
            y=TOP + CELL_HEIGHT * index,
            level=-(-_LEVELS * count // highest) if highest else 0,
            is_best=(weekday, hour) in best,
            label=f"{weekday} {hour}:00 to {hour + 1}:00: {count:,}",
        )
        for index, (weekday, counts) in enumerate(zip(WEEKDAYS, hours, strict=True))
        for hour, count in enumerate(counts)
    ]
