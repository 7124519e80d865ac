"""Dot plots of a method's evaluations, with confidence intervals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from renown.method.file import Method
from renown.research import Evaluation, evaluation_kind
from renown.web.pages.charts.bars import DotPlot, build_dot_plot


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


def evaluation_plots(method: Method, evaluations: Mapping[str, Evaluation]) -> Iterator[EvaluationPlot]:
    """Yield the dot plots of a method's evaluations, in the order of its model card."""
    by_kind = {evaluation_kind(evaluation): evaluation for evaluation in evaluations.values()}
    method_name = f"method {method.version}"
    if evaluation := by_kind.get("pairs"):
        description = (
            "AUC: how often the score agrees with a person who judged which of two people is more influential. "
            f"{evaluation['people']} people, none of them in the training data. Guessing has 0.5."
        )
        yield EvaluationPlot(
            title="Human judges",
            description=description,
            better_end="right",
            digits=3,
            axis_digits=2,
            dot_plot=_build_dot_plot(evaluation, "both_new", method_name, step=0.05),
        )
    if evaluation := by_kind.get("klout"):
        description = f"RMSE: typical distance in points from the Klout scores of {evaluation['accounts']} accounts."
        yield EvaluationPlot(
            title="Klout scores",
            description=description,
            better_end="left",
            digits=1,
            axis_digits=0,
            dot_plot=_build_dot_plot(evaluation, "rmse", method_name, step=1.0),
        )
    if evaluation := by_kind.get("spread"):
        description = f"Spearman rank correlation with later reposts, over {evaluation['accounts']} accounts."
        yield EvaluationPlot(
            title="Later reposts",
            description=description,
            better_end="right",
            digits=3,
            axis_digits=1,
            dot_plot=_build_dot_plot(evaluation, "every", method_name, step=0.1),
        )
        description = f"The same for the {evaluation['active']} accounts that had been reposted five times before."
        yield EvaluationPlot(
            title="Later reposts of active accounts",
            description=description,
            better_end="right",
            digits=3,
            axis_digits=1,
            dot_plot=_build_dot_plot(evaluation, "active", method_name, step=0.1),
        )


def _build_dot_plot(evaluation: Evaluation, column: str, highlighted: str, *, step: float) -> DotPlot:
    rows = [(row["name"], row[column], row.get("low"), row.get("high")) for row in evaluation["rows"]]
    return build_dot_plot([row for row in rows if row[1] is not None], highlighted=highlighted, step=step)
