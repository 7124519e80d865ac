"""Figures of scores over days: a line chart as SVG, data for the script that shows a tooltip, and a table."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from renown.answers import PastDay, ScoreBounds, split_recomputed
from renown.web.pages.charts.axes import WIDTH
from renown.web.pages.charts.line import NO_NOTES, Chart, DayNotes, ScoreSeries, build_chart


@dataclass(frozen=True)
class FigureScore:
    """A score in the table; None if there is none."""

    score: float | None
    recomputed: bool
    range: ScoreBounds | None


@dataclass(frozen=True)
class FigureRow:
    """One day of the table."""

    day: str
    scores: tuple[FigureScore, ...]


@dataclass(frozen=True)
class GapSummary:
    """Spans of days without data that have the same label, which a page tells in one line."""

    label: str
    days: int
    """Number of days in all spans."""
    spans: tuple[tuple[str, str], ...]
    """(first day, last day), oldest first."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A score chart: static, interactive, and as a table."""

    chart: Chart | None
    data: dict[str, Any]
    """JSON data for the script that draws the interactive chart and its tooltip."""
    rows: tuple[FigureRow, ...]
    """Latest day first."""
    has_recomputed: bool
    """Whether some scores were recomputed, so that the chart needs a legend for them."""
    goal: float | None
    days_without_range: int
    """Number of published days without a range, in a chart of one person that has ranges of others."""
    gaps: tuple[GapSummary, ...]


def build_figure(
    series: Sequence[tuple[str, Sequence[PastDay]]],
    *,
    goal: float | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    shows_goal: bool = False,
    score_range: tuple[float, float] | None = None,
    notes: DayNotes = NO_NOTES,
) -> Figure:
    """
    Build the chart of one or more people's scores.

    Parameters
    ----------
    series : sequence of (name, days)
        Oldest day first; people may have different days.
    goal : float, optional
    first_day : date, optional
        First day of the horizontal axis, with or without a score; the first one with a score if omitted.
    last_day : date, optional
        Last day of the horizontal axis, such as that of a challenge; the last one with a score if omitted.
    shows_goal : bool
        Whether the vertical axis reaches to the goal however far it is.
    score_range : (low, high), optional
        Confidence range of the last score of the first person.
    notes : DayNotes
    """
    last_scored_day = max((past_day.day for _, past_days in series for past_day in past_days), default="")
    days = _list_days({past_day.day for _, past_days in series for past_day in past_days}, first_day, last_day)
    lines = [_build_series(name, days, past_days) for name, past_days in series]
    recomputed_days = [{past_day.day for past_day in past_days if past_day.recomputed} for _, past_days in series]
    ranges_by_line = [
        {past_day.day: past_day.range for past_day in past_days if past_day.range} for _, past_days in series
    ]
    ranges = ranges_by_line[0] if len(series) == 1 else {}  # bands of several people would hide each other
    chart = build_chart(
        days, lines, goal=goal, shows_goal=shows_goal, score_range=score_range, ranges=ranges, notes=notes
    )
    rows = [
        _build_row(index, day, lines, recomputed_days, ranges_by_line)
        for index, day in enumerate(days)
        if day <= last_scored_day
    ]
    return Figure(
        chart=chart,
        data=_build_data(days, lines, recomputed_days, ranges, notes) | (_build_edges(chart) if chart else {}),
        rows=tuple(rows[::-1]),
        has_recomputed=any(recomputed_days),
        goal=goal,
        days_without_range=_count_days_without_range(series[0][1]) if ranges else 0,
        gaps=tuple(_summarize_gaps(notes.gaps)),
    )


def _summarize_gaps(gaps: Iterable[tuple[str, str, str]]) -> Iterator[GapSummary]:
    """Join the spans of each label: an archive has a gap on every day on which somebody wrote nothing."""
    spans_by_label: dict[str, list[tuple[str, str]]] = {}
    for first, last, label in gaps:
        spans_by_label.setdefault(label, []).append((first, last))
    for label, spans in spans_by_label.items():
        days = sum((date.fromisoformat(last) - date.fromisoformat(first)).days + 1 for first, last in spans)
        yield GapSummary(label, days, tuple(spans))


def _build_data(
    days: Sequence[str],
    lines: Sequence[ScoreSeries],
    recomputed_days: Sequence[Collection[str]],
    ranges: Mapping[str, ScoreBounds],
    notes: DayNotes,
) -> dict[str, Any]:
    """Build what the script of interactive charts reads."""
    return {
        "days": days,
        "series": [
            {"name": line.name, "scores": line.published, "recomputed": line.recomputed if recomputed else None}
            for line, recomputed in zip(lines, recomputed_days, strict=True)
        ],
        "ranges": [[ranges[day].low, ranges[day].high] if day in ranges else None for day in days] if ranges else None,
        "marks": [{"day": day, "label": label} for day, label in notes.marks],
        "annotations": [{"day": day, "label": label} for day, label in notes.annotations],
        "gaps": [{"first": first, "last": last, "label": label} for first, last, label in notes.gaps],
    }


def _build_edges(chart: Chart) -> dict[str, float]:
    return {"left": chart.left_edge, "right": chart.right_edge, "width": WIDTH}


def _build_series(name: str, days: Sequence[str], past_days: Sequence[PastDay]) -> ScoreSeries:
    by_day = {past_day.day: (past_day.score, past_day.recomputed) for past_day in past_days}
    return ScoreSeries(name, *split_recomputed([by_day.get(day, (None, False)) for day in days]))


def _count_days_without_range(days: Sequence[PastDay]) -> int:
    return sum(day.is_published and day.score is not None and day.range is None for day in days)


def _build_row(
    index: int,
    day: str,
    lines: Sequence[ScoreSeries],
    recomputed_days: Sequence[Collection[str]],
    ranges: Sequence[Mapping[str, ScoreBounds]],
) -> FigureRow:
    """Return the row of a day in the table of a figure."""
    scores = (
        FigureScore(
            line.recomputed[index] if day in recomputed else line.published[index],
            day in recomputed,
            line_ranges.get(day),
        )
        for line, recomputed, line_ranges in zip(lines, recomputed_days, ranges, strict=True)
    )
    return FigureRow(day, tuple(scores))


def _list_days(scored_days: Collection[str], first_day: date | None, last_day: date | None) -> list[str]:
    """Return the days of the horizontal axis; every day of a span, if its first or last one is given."""
    days = sorted(scored_days)
    if not days or (first_day is None and last_day is None):
        return days
    first = first_day or date.fromisoformat(days[0])
    last = max(date.fromisoformat(days[-1]), last_day or date.min)
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
