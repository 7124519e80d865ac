"""Dot plots of a method's evaluations, with confidence intervals."""

from collections.abc import Mapping
from dataclasses import dataclass

from renown.method.file import Method
from renown.research import Evaluation, evaluation_kind
from renown.web.pages.charts.bars import DotPlot, build_dot_plot


@dataclass(frozen=True, kw_only=True)
class _PlotSpec:
    """Which column of which evaluation a dot plot shows, and how."""

    kind: str
    """Kind of the evaluation, see `evaluation_kind`."""
    column: str
    title: str
    description: str
    """With fields of the evaluation in braces."""
    better_end: str
    digits: int
    axis_digits: int
    step: float
    """Distance of the marks of the axis."""


_SPECS = (
    _PlotSpec(
        kind="pairs",
        column="both_new",
        title="Human judges",
        description="AUC: how often the score agrees with a person who judged which of two people is more influential. "
        "{people} people, none of them in the training data. Guessing has 0.5.",
        better_end="right",
        digits=3,
        axis_digits=2,
        step=0.05,
    ),
    _PlotSpec(
        kind="klout",
        column="rmse",
        title="Klout scores",
        description="RMSE: typical distance in points from the Klout scores of {accounts} accounts.",
        better_end="left",
        digits=1,
        axis_digits=0,
        step=1.0,
    ),
    _PlotSpec(
        kind="spread",
        column="every",
        title="Later reposts",
        description="Spearman rank correlation with later reposts, over {accounts} accounts.",
        better_end="right",
        digits=3,
        axis_digits=1,
        step=0.1,
    ),
    _PlotSpec(
        kind="spread",
        column="active",
        title="Later reposts of active accounts",
        description="The same for the {active} accounts that had been reposted five times before.",
        better_end="right",
        digits=3,
        axis_digits=1,
        step=0.1,
    ),
)
"""The dot plots, in the order of the model card."""


@dataclass(frozen=True, kw_only=True)
class EvaluationPlot:
    """One evaluation as a dot plot."""

    title: str
    description: str
    better_end: str
    """Better end of the axis: `right` or `left`."""
    digits: int
    """Decimals of the values."""
    axis_digits: int
    """Decimals of the axis labels."""
    dot_plot: DotPlot


def build_evaluation_plots(method: Method, evaluations: Mapping[str, Evaluation]) -> list[EvaluationPlot]:
    """Build the dot plots of a method's evaluations."""
    by_kind = {evaluation_kind(evaluation): evaluation for evaluation in evaluations.values()}
    return [
        EvaluationPlot(
            title=spec.title,
            description=spec.description.format_map(by_kind[spec.kind]),
            better_end=spec.better_end,
            digits=spec.digits,
            axis_digits=spec.axis_digits,
            dot_plot=_build_dot_plot(by_kind[spec.kind], spec.column, f"method {method.version}", step=spec.step),
        )
        for spec in _SPECS
        if spec.kind in by_kind
    ]


def _build_dot_plot(evaluation: Evaluation, column: str, highlighted: str, *, step: float) -> DotPlot:
    rows = [(row["name"], row[column], row.get("low"), row.get("high")) for row in evaluation["rows"]]
    return build_dot_plot([row for row in rows if row[1] is not None], highlighted=highlighted, step=step)
