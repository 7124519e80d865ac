"""Layout of a ruler from 1 to 100, in percent of its width: a score, its range, and what it can be compared with."""

from dataclasses import dataclass
from operator import attrgetter

from renown.web.api.identities import LandmarkResponse, RulerResponse
from renown.web.pages.charts.bars import Tick, score_position

_TICK_SCORES = (1, 20, 40, 60, 80, 100)


@dataclass(frozen=True, kw_only=True)
class RulerMark:
    """A mark on a ruler: the score itself, the goal, the score that a share of all people reach, or a landmark."""

    kind: str
    """`own`, `goal`, `top` or `landmark`."""
    score: float
    position: float
    percent: int | None = None
    """Percent of all people, of a mark `top`."""
    landmark: LandmarkResponse | None = None


@dataclass(frozen=True, kw_only=True)
class RulerChart:
    """Positions of everything on a ruler."""

    marks: tuple[RulerMark, ...]
    """Highest score first."""
    range_start: float
    range_width: float
    """0 without a range."""
    ticks: tuple[Tick, ...]


def build_ruler_chart(ruler: RulerResponse) -> RulerChart:
    """Lay out a ruler."""
    start, end = (score_position(ruler.range.low), score_position(ruler.range.high)) if ruler.range else (0.0, 0.0)
    marks = [
        _build_mark("own", ruler.score),
        _build_mark("goal", ruler.goal),
        *(_build_mark("top", top.score, percent=top.percent) for top in ruler.top_scores),
        *(_build_mark("landmark", landmark.score, landmark=landmark) for landmark in ruler.landmarks),
    ]
    return RulerChart(
        marks=tuple(sorted(marks, key=attrgetter("score"), reverse=True)),
        range_start=start,
        range_width=round(end - start, 2),
        ticks=tuple(Tick(score_position(score), score) for score in _TICK_SCORES),
    )


def _build_mark(
    kind: str, score: float, *, percent: int | None = None, landmark: LandmarkResponse | None = None
) -> RulerMark:
    return RulerMark(kind=kind, score=score, position=score_position(score), percent=percent, landmark=landmark)
