"""Line charts of scores over days: SVG, data for the script that shows a tooltip, and a table."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from renown.answers import PastDay, ScoreBounds, split_recomputed
from renown.web.pages.charts.bars import COLOUR_COUNT, Tick

WIDTH, HEIGHT = 720.0, 260.0
"""Size of a chart's SVG view box; it is scaled to the page."""
_MARGIN_LEFT, _MARGIN_RIGHT, _MARGIN_TOP, _MARGIN_BOTTOM = 46.0, 12.0, 12.0, 26.0
_MAX_TICKS = 5
"""Maximum horizontal grid lines of a chart."""
_LABEL_WIDTH, _LABEL_HEIGHT = 90.0, 13.0
"""Room for the name of a line at its end."""
_TICK_STEPS = (2, 5, 10, 20, 25, 50)
_MIN_HEIGHT = 10.0
"""Smallest range of the vertical axis, in points, so that small moves look small."""
_AXIS_PARTS = (4, 3, 5, 2)
"""Numbers of equal steps between labelled days, the preferred first."""


@dataclass(frozen=True)
class ChartLine:
    """A line of a chart, in segments, because days without a value are gaps."""

    name: str
    colour: int
    segments: tuple[str, ...]
    """Points of one SVG polyline each."""
    recomputed_segments: tuple[str, ...]
    """The same for days whose scores were recomputed; they reach to the next published day."""


@dataclass(frozen=True)
class ChartAnnotation:
    """An annotation of a day (width 0) or of a span of days."""

    x: float
    width: float
    label: str


@dataclass(frozen=True)
class ChartMark:
    """A dot on a line."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class EndLabel:
    """The name of a line, at its end."""

    x: float
    y: float
    name: str
    colour: int


@dataclass(frozen=True)
class VerticalRange:
    """A range of scores on a day."""

    x: float
    top: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A line chart of scores over days, in SVG units."""

    lines: tuple[ChartLine, ...]
    x_ticks: tuple[Tick, ...]
    """Days."""
    y_ticks: tuple[Tick, ...]
    """Scores."""
    goal_y: float | None
    """Position of the goal; None if there is none, or it is outside the axis."""
    is_single: bool
    """Whether there is only one score, which a thin line of length 0 would hide."""
    goal_above: bool
    """Whether the goal is above the axis."""
    range: VerticalRange | None
    """Confidence range of the last score."""
    bands: tuple[str, ...]
    """Confidence ranges of consecutive days, as points of one SVG polygon each."""
    marks: tuple[ChartMark, ...]
    """Days with something to point out."""
    end_labels: tuple[EndLabel, ...]
    """Names of the lines, if there is room behind the latest day."""
    annotations: tuple[ChartAnnotation, ...]
    """Days with an event, such as a change of method."""
    gaps: tuple[ChartAnnotation, ...]
    """Spans of days without data."""
    bottom_edge: float = HEIGHT - _MARGIN_BOTTOM
    top_edge: float = _MARGIN_TOP
    left_edge: float = _MARGIN_LEFT
    right_edge: float = WIDTH - _MARGIN_RIGHT
    plot_height: float = HEIGHT - _MARGIN_BOTTOM - _MARGIN_TOP


@dataclass(frozen=True)
class ScoreSeries:
    """Scores of one person, one value per day of a chart, None if there is none."""

    name: str
    published: Sequence[float | None]
    recomputed: Sequence[float | None]
    """Scores of days that were recomputed, and of the published days beside them, so that the lines meet."""


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


@dataclass(frozen=True)
class _Scale:
    """Positions of days and scores, in SVG units."""

    first: date
    day_count: int
    low: float
    high: float

    def x(self, day: str) -> float:
        """Return the horizontal position of a day."""
        share = (date.fromisoformat(day) - self.first).days / self.day_count
        return round(_MARGIN_LEFT + (WIDTH - _MARGIN_LEFT - _MARGIN_RIGHT) * min(max(share, 0.0), 1.0), 1)

    def y(self, score: float) -> float:
        """Return the vertical position of a score."""
        share = (score - self.low) / (self.high - self.low)
        return round(HEIGHT - _MARGIN_BOTTOM - (HEIGHT - _MARGIN_TOP - _MARGIN_BOTTOM) * share, 1)


def build_chart(
    days: Sequence[str],
    series: Sequence[ScoreSeries],
    *,
    goal: float | None = None,
    shows_goal: bool = False,
    score_range: tuple[float, float] | None = None,
    ranges: Mapping[str, ScoreBounds] | None = None,
    marks: Sequence[tuple[str, str]] = (),
    annotations: Sequence[tuple[str, str]] = (),
    gaps: Sequence[tuple[str, str, str]] = (),
) -> Chart | None:
    """
    Lay out scores over days; None if there are no values.

    Parameters
    ----------
    days : sequence of str
        UTC days as ISO dates, oldest first.
    series : sequence of ScoreSeries
        One value per day, None if there is none.
    goal : float, optional
    shows_goal : bool
        Whether the axis reaches to the goal however far it is.
    score_range : (low, high), optional
        Confidence range of the last score of the first line.
    ranges : mapping of str to ScoreBounds, optional
        Confidence ranges of the first line by day.
    marks : sequence of (day, label)
        Dots on the first line; days without a score there are left out.
    annotations : sequence of (day, label)
    gaps : sequence of (first day, last day, label)
    """
    values = [value for line in series for value in (*line.published, *line.recomputed) if value is not None]
    if not values or not days:
        return None
    bounds = [end for range_ in (ranges or {}).values() for end in (range_.low, range_.high)]
    shown = [*values, *bounds, *(score_range or ()), *([goal] if shows_goal and goal is not None else [])]
    low, high, step = _choose_axis(min(shown), max(shown), goal)
    first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
    scale = _Scale(first, max(1, (last - first).days), low, high)
    x, y = scale.x, scale.y

    def segments(scores: Sequence[float | None]) -> tuple[str, ...]:
        ys = [None if value is None else y(value) for value in scores]
        return tuple(_polyline_points([x(day) for day in days], ys))

    first_line = {
        day: published if published is not None else recomputed
        for day, published, recomputed in zip(days, series[0].published, series[0].recomputed, strict=True)
    }
    day_width = (WIDTH - _MARGIN_LEFT - _MARGIN_RIGHT) / scale.day_count
    return Chart(
        lines=tuple(
            ChartLine(line.name, index % COLOUR_COUNT, segments(line.published), segments(line.recomputed))
            for index, line in enumerate(series)
        ),
        x_ticks=tuple(Tick(x(day), day) for day in _axis_days(first, last)),
        y_ticks=tuple(Tick(y(low + step * n), low + step * n) for n in range(int((high - low) / step) + 1)),
        goal_y=y(goal) if goal is not None and low <= goal <= high else None,
        is_single=len(values) == 1,
        goal_above=goal is not None and goal > high,
        range=VerticalRange(x(days[-1]), y(score_range[1]), round(y(score_range[0]) - y(score_range[1]), 1))
        if score_range
        else None,
        bands=_build_bands(days, ranges or {}, scale),
        marks=tuple(
            ChartMark(x(day), y(score), label) for day, label in marks if (score := first_line.get(day)) is not None
        ),
        end_labels=_place_end_labels(days, series, scale) if len(series) <= COLOUR_COUNT else (),
        annotations=tuple(ChartAnnotation(x(day), 0.0, label) for day, label in annotations),
        gaps=tuple(
            ChartAnnotation(x(start), round(max(day_width, x(end) - x(start) + day_width), 1), label)
            for start, end, label in gaps
        ),
    )


def sparkline_points(
    values: Sequence[float | None], width: float, height: float, *, min_range: float = 5.0
) -> list[list[tuple[float, float]]]:
    """
    Lay out a sparkline of daily values: one segment for each run of days that have a value.

    Parameters
    ----------
    values : sequence of float or None
    width, height : float
    min_range : float
        Minimum range of the axis, so that tiny changes look flat.

    Examples
    --------
    >>> sparkline_points([10, None, 20, 15], 30, 100)
    [[(0.0, 100.0)], [(20.0, 0.0), (30.0, 50.0)]]
    """
    known_values = [value for value in values if value is not None]
    if not known_values:
        return []
    middle, span = (max(known_values) + min(known_values)) / 2, max(min_range, max(known_values) - min(known_values))
    step_width = width / max(1, len(values) - 1)
    segments: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            segments.append([])
        else:
            segments[-1].append((index * step_width, height * (0.5 - (value - middle) / span)))
    return [segment for segment in segments if segment]


def build_figure(
    series: Sequence[tuple[str, Sequence[PastDay]]],
    *,
    goal: float | None = None,
    first_day: date | None = None,
    last_day: date | None = None,
    shows_goal: bool = False,
    score_range: tuple[float, float] | None = None,
    marks: Sequence[tuple[str, str]] = (),
    annotations: Sequence[tuple[str, str]] = (),
    gaps: Sequence[tuple[str, str, str]] = (),
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
    marks : sequence of (day, label)
        Dots on the first person's line.
    annotations : sequence of (day, label)
        Vertical lines, such as a change of method.
    gaps : sequence of (first day, last day, label)
        Shaded spans without data.
    """
    days = _list_days({past_day.day for _, past_days in series for past_day in past_days}, first_day, last_day)
    last_scored_day = max((past_day.day for _, past_days in series for past_day in past_days), default="")
    lines = [_build_series(name, days, past_days) for name, past_days in series]
    ranges_by_line = [
        {past_day.day: past_day.range for past_day in past_days if past_day.range} for _, past_days in series
    ]
    ranges = ranges_by_line[0] if len(series) == 1 else {}  # bands of several people would hide each other
    recomputed_days = [{past_day.day for past_day in past_days if past_day.recomputed} for _, past_days in series]
    data = {
        "days": days,
        "series": [
            {"name": line.name, "scores": line.published, "recomputed": line.recomputed if recomputed else None}
            for line, recomputed in zip(lines, recomputed_days, strict=True)
        ],
        "ranges": [[ranges[day].low, ranges[day].high] if day in ranges else None for day in days] if ranges else None,
        "marks": [{"day": day, "label": label} for day, label in marks],
        "annotations": [{"day": day, "label": label} for day, label in annotations],
        "gaps": [{"first": first, "last": last, "label": label} for first, last, label in gaps],
    }
    rows = tuple(
        _build_row(index, day, lines, recomputed_days, ranges_by_line)
        for index, day in enumerate(days)
        if day <= last_scored_day
    )
    chart = build_chart(
        days,
        lines,
        goal=goal,
        shows_goal=shows_goal,
        score_range=score_range,
        ranges=ranges,
        marks=marks,
        annotations=annotations,
        gaps=gaps,
    )
    if chart:
        data |= {"left": chart.left_edge, "right": chart.right_edge, "width": WIDTH}
    return Figure(
        chart=chart,
        data=data,
        rows=rows[::-1],
        has_recomputed=any(recomputed_days),
        goal=goal,
        days_without_range=_count_days_without_range(series[0][1]) if ranges else 0,
    )


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


def _build_bands(days: Sequence[str], ranges: Mapping[str, ScoreBounds], scale: _Scale) -> tuple[str, ...]:
    """Lay out the ranges of each run of days that have one: the upper ends, then the lower ends back."""
    runs = [list(run) for has_range, run in groupby(days, ranges.__contains__) if has_range]
    return tuple(
        " ".join(
            [f"{scale.x(day)},{scale.y(ranges[day].high)}" for day in run]
            + [f"{scale.x(day)},{scale.y(ranges[day].low)}" for day in reversed(run)]
        )
        for run in runs
        if len(run) > 1
    )


def _place_end_labels(days: Sequence[str], series: Sequence[ScoreSeries], scale: _Scale) -> tuple[EndLabel, ...]:
    """Place the names of lines right of their last points, apart from each other, if there is room for them."""
    ends: list[tuple[float, float, str, int]] = []
    for index, line in enumerate(series):
        scored = [(day, score) for day, score in zip(days, line.published, strict=True) if score is not None]
        if scored:
            ends.append((scale.y(scored[-1][1]), scale.x(scored[-1][0]), line.name, index))
    if len(ends) < 2 or max(x for _, x, _, _ in ends) > WIDTH - _MARGIN_RIGHT - _LABEL_WIDTH:  # noqa: PLR2004 - one line needs no name
        return ()
    labels, lowest = [], 0.0
    for y, x, name, index in sorted(ends):
        lowest = max(y, lowest + _LABEL_HEIGHT)
        labels.append(EndLabel(x, round(lowest, 1), name, index % COLOUR_COUNT))
    return tuple(labels)


def _build_series(name: str, days: Sequence[str], past_days: Sequence[PastDay]) -> ScoreSeries:
    by_day = {past_day.day: (past_day.score, past_day.recomputed) for past_day in past_days}
    return ScoreSeries(name, *split_recomputed([by_day.get(day, (None, False)) for day in days]))


def _choose_axis(low: float, high: float, goal: float | None) -> tuple[float, float, float]:
    """Choose round axis limits and a round step; include the goal if it is near the values."""
    if goal is not None and abs(goal - high) <= max(_MIN_HEIGHT, high - low):
        low, high = min(low, goal), max(high, goal)
    missing = max(0.0, _MIN_HEIGHT - (high - low)) / 2
    low, high = max(0.0, low - missing), min(100.0, high + missing)
    step = next(step for step in _TICK_STEPS if (high - low) / step <= _MAX_TICKS - 2 or step == _TICK_STEPS[-1])
    bottom = max(0.0, step * (low // step))
    top = step * (high // step + 1)
    return bottom, min(100.0, top) if bottom < 100.0 < top else top, float(step)  # noqa: PLR2004 - the highest score


def _polyline_points(xs: Sequence[float], ys: Sequence[float | None]) -> list[str]:
    segments: list[list[str]] = [[]]
    for x, y in zip(xs, ys, strict=True):
        if y is None:
            segments.append([])
        else:
            segments[-1].append(f"{x},{y}")
    # A single point is drawn as a line of length 0, which round line caps turn into a dot.
    return [" ".join(segment if len(segment) > 1 else segment * 2) for segment in segments if segment]


def _axis_days(first: date, last: date) -> list[str]:
    """
    Return the days to label, the first and last among them, in equal steps where their number allows it.

    Examples
    --------
    >>> _axis_days(date(2026, 11, 23), date(2026, 11, 29))
    ['2026-11-23', '2026-11-25', '2026-11-27', '2026-11-29']
    """
    day_count = (last - first).days
    if not day_count:
        return [first.isoformat()]
    parts = next((parts for parts in _AXIS_PARTS if day_count % parts == 0), min(_AXIS_PARTS[0], day_count))
    return [(first + timedelta(days=round(day_count * n / parts))).isoformat() for n in range(parts + 1)]
