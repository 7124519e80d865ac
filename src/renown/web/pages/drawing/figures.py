"""Figures: a chart as it is drawn, as the script draws it again, and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from renown.web.pages.drawing.charts import Chart, chart


@dataclass(frozen=True)
class Row:
    """A day of a table."""

    day: str
    scores: tuple[float | None, ...]


@dataclass(frozen=True)
class Figure:
    """Scores over days, three times."""

    drawn: Chart | None
    told: dict[str, Any]
    """What the script draws from."""
    rows: tuple[Row, ...]
    """Latest first."""


def figure(
    series: Sequence[tuple[str, Sequence[tuple[str, float | None]]]],
    *,
    goal: float | None = None,
    marks: Sequence[tuple[str, str]] = (),
    spans: Sequence[tuple[str, str, str]] = (),
) -> Figure:
    """
    Return the figure of some people's scores.

    Parameters
    ----------
    series : sequence of (name, scores by day)
        Days as 2026-11-23, oldest first; they may differ from line to line.
    goal : float, optional
    marks : sequence of (day, what changed)
    spans : sequence of (first day, last day, what was not seen)
    """
    days = sorted({day for _, scores in series for day, _ in scores})
    by_day = [(name, dict(scores)) for name, scores in series]
    lines = [(name, [scores.get(day) for day in days]) for name, scores in by_day]
    told = {
        "days": days,
        "series": [{"name": name, "scores": scores} for name, scores in lines],
        "goal": goal,
        "marks": [{"day": day, "said": said} for day, said in marks],
        "spans": [{"first": first, "last": last, "said": said} for first, last, said in spans],
    }
    rows = tuple(Row(day, tuple(scores[place] for _, scores in lines)) for place, day in enumerate(days))
    return Figure(chart(days, lines, goal=goal, marks=marks, spans=spans), told, rows[::-1])
