"""Layout of line charts of scores over days, in SVG units."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from renown.answers import ScoreBounds
from renown.web.pages.charts.axes import BOTTOM_EDGE, LEFT_EDGE, RIGHT_EDGE, TOP_EDGE, ChartAxes, choose_axes
from renown.web.pages.charts.bars import COLOUR_COUNT, Tick

_LABEL_WIDTH, _LABEL_HEIGHT = 90.0, 13.0
"""Room for the name of a line at its end."""
_LABEL_MARGIN = 6.0
"""Room between the lowest name and the axis."""


@dataclass(frozen=True)
class LineSegment:
    """A run of days with a value."""

    points: str
    """Of an SVG polyline."""
    is_dot: bool
    """Whether it is one day: a line of length 0, whose round caps are a dot; a thin one would be overlooked."""


@dataclass(frozen=True)
class ChartLine:
    """A line of a chart, in segments, because days without a value are gaps."""

    name: str
    colour: int
    segments: tuple[LineSegment, ...]
    recomputed_segments: tuple[LineSegment, ...]
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
    bottom_edge: float = BOTTOM_EDGE
    top_edge: float = TOP_EDGE
    left_edge: float = LEFT_EDGE
    right_edge: float = RIGHT_EDGE
    plot_height: float = BOTTOM_EDGE - TOP_EDGE


@dataclass(frozen=True)
class ScoreSeries:
    """Scores of one person, one value per day of a chart, None if there is none."""

    name: str
    published: Sequence[float | None]
    recomputed: Sequence[float | None]
    """Scores of days that were recomputed, and of the published days beside them, so that the lines meet."""


@dataclass(frozen=True, kw_only=True)
class DayNotes:
    """What a chart says about days, with UTC days as ISO dates."""

    marks: Sequence[tuple[str, str]] = ()
    """(day, label) of dots on the first line."""
    annotations: Sequence[tuple[str, str]] = ()
    """(day, label) of vertical lines, such as a change of method."""
    gaps: Sequence[tuple[str, str, str]] = ()
    """(first day, last day, label) of shaded spans without data."""


NO_NOTES = DayNotes()


def build_chart(
    days: Sequence[str],
    series: Sequence[ScoreSeries],
    *,
    goal: float | None = None,
    shows_goal: bool = False,
    score_range: tuple[float, float] | None = None,
    ranges: Mapping[str, ScoreBounds] | None = None,
    notes: DayNotes = NO_NOTES,
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
    notes : DayNotes
        Marks of days without a score on the first line are left out.
    """
    values = [value for line in series for value in (*line.published, *line.recomputed) if value is not None]
    if not values or not days:
        return None
    bounds = [end for range_ in (ranges or {}).values() for end in (range_.low, range_.high)]
    shown = [*values, *bounds, *(score_range or ()), *([goal] if shows_goal and goal is not None else [])]
    axes = choose_axes(days, shown, goal)
    return Chart(
        lines=tuple(_build_line(index, line, days, axes) for index, line in enumerate(series)),
        x_ticks=axes.x_ticks,
        y_ticks=axes.y_ticks,
        goal_y=axes.y(goal) if goal is not None and axes.low <= goal <= axes.high else None,
        goal_above=goal is not None and goal > axes.high,
        range=_build_range(days[-1], score_range, axes) if score_range else None,
        bands=_build_bands(days, ranges or {}, axes),
        marks=_place_marks(notes.marks, days, series[0], axes),
        end_labels=_place_end_labels(days, series, axes) if len(series) <= COLOUR_COUNT else (),
        annotations=tuple(ChartAnnotation(axes.x(day), 0.0, label) for day, label in notes.annotations),
        gaps=tuple(_build_gap(gap, axes) for gap in notes.gaps),
    )


def split_segments(points: Iterable[tuple[float, float | None]]) -> list[list[tuple[float, float]]]:
    """
    Split a line where points have no height: return each run of points in between.

    Examples
    --------
    >>> split_segments([(0, 5), (1, None), (2, 7), (3, 6)])
    [[(0, 5)], [(2, 7), (3, 6)]]
    """
    segments: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if y is None:
            segments.append([])
        else:
            segments[-1].append((x, y))
    return [segment for segment in segments if segment]


def _build_line(index: int, line: ScoreSeries, days: Sequence[str], axes: ChartAxes) -> ChartLine:
    published, recomputed = (_build_segments(days, scores, axes) for scores in (line.published, line.recomputed))
    return ChartLine(line.name, index % COLOUR_COUNT, published, recomputed)


def _build_segments(days: Sequence[str], scores: Sequence[float | None], axes: ChartAxes) -> tuple[LineSegment, ...]:
    """Return a segment for each run of days with a score."""
    points = zip(map(axes.x, days), (None if score is None else axes.y(score) for score in scores), strict=True)
    return tuple(
        LineSegment(" ".join(f"{x},{y}" for x, y in (run if len(run) > 1 else run * 2)), is_dot=len(run) == 1)
        for run in split_segments(points)
    )


def _build_range(day: str, score_range: tuple[float, float], axes: ChartAxes) -> VerticalRange:
    low, high = map(axes.y, score_range)
    return VerticalRange(axes.x(day), high, round(low - high, 1))


def _build_bands(days: Sequence[str], ranges: Mapping[str, ScoreBounds], axes: ChartAxes) -> tuple[str, ...]:
    """Lay out the ranges of each run of days that have one: the upper ends, then the lower ends back."""
    runs = [list(run) for has_range, run in groupby(days, ranges.__contains__) if has_range]
    return tuple(
        " ".join(
            [f"{axes.x(day)},{axes.y(ranges[day].high)}" for day in run]
            + [f"{axes.x(day)},{axes.y(ranges[day].low)}" for day in reversed(run)]
        )
        for run in runs
        if len(run) > 1
    )


def _place_marks(
    marks: Sequence[tuple[str, str]], days: Sequence[str], line: ScoreSeries, axes: ChartAxes
) -> tuple[ChartMark, ...]:
    """Place marks on a line, where it has a score, published or recomputed."""
    scores = {
        day: published if published is not None else recomputed
        for day, published, recomputed in zip(days, line.published, line.recomputed, strict=True)
    }
    return tuple(
        ChartMark(axes.x(day), axes.y(score), label) for day, label in marks if (score := scores.get(day)) is not None
    )


def _build_gap(gap: tuple[str, str, str], axes: ChartAxes) -> ChartAnnotation:
    first, last, label = gap
    x, width = axes.x(first), axes.x(last) - axes.x(first) + axes.day_width
    return ChartAnnotation(x, round(max(axes.day_width, width), 1), label)


def _place_end_labels(days: Sequence[str], series: Sequence[ScoreSeries], axes: ChartAxes) -> tuple[EndLabel, ...]:
    """Place the names of lines right of their last points, apart from each other, if there is room for them."""
    ends: list[tuple[float, float, str, int]] = []
    for index, line in enumerate(series):
        scored = [(day, score) for day, score in zip(days, line.published, strict=True) if score is not None]
        if scored:
            ends.append((axes.y(scored[-1][1]), axes.x(scored[-1][0]), line.name, index))
    if len(ends) < 2 or max(x for _, x, _, _ in ends) > RIGHT_EDGE - _LABEL_WIDTH:  # noqa: PLR2004 - one line needs no name
        return ()
    ends.sort()
    heights = _spread([y for y, *_ in ends], BOTTOM_EDGE - _LABEL_MARGIN)
    return tuple(
        EndLabel(x, round(height, 1), name, index % COLOUR_COUNT)
        for height, (_, x, name, index) in zip(heights, ends, strict=True)
    )


def _spread(heights: Sequence[float], bottom: float) -> list[float]:
    """
    Move labels apart, downwards, and up again where they would leave the chart; from the highest to the lowest.

    Examples
    --------
    >>> _spread([10.0, 12.0, 95.0], 100.0), _spread([90.0, 95.0, 99.0], 100.0)
    ([10.0, 23.0, 95.0], [74.0, 87.0, 100.0])
    """
    spread: list[float] = []
    for height in heights:
        spread.append(max(height, spread[-1] + _LABEL_HEIGHT) if spread else height)
    limit = bottom
    for index in reversed(range(len(spread))):
        spread[index] = min(spread[index], limit)
        limit = spread[index] - _LABEL_HEIGHT
    return spread
