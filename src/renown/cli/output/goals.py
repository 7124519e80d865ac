"""Print what would bring a person to a score, and how likely that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from renown.answers.signal_words import signal_word
from renown.cli.output import console, escape_text, new_table
from renown.text import plural

if TYPE_CHECKING:
    from renown.answers import GoalForecast, GoalPlan


def print_goal_plan(answer: GoalPlan) -> None:
    """Print a goal plan: steps, forecast and decay."""
    from renown.answers.simulate.goal import FROM_OTHERS
    from renown.answers.simulate.way import PERSON_UNITS, describe_whole_way

    title = (
        f"{escape_text(answer.name)}, {answer.day} UTC: {answer.score:.2f}, "
        f"{answer.points_to_goal:.2f} points to {answer.target:g}"
    )
    table = new_table(title, "alone enough", "now>", "more>", "", "score>")
    for step in answer.steps:
        more_text = "not enough" if step.increase is None else f"{step.increase:,}"
        name = f"{escape_text(step.lever.account)} {signal_word(step.lever.signal)}"
        table.add_row(name, f"{step.lever.now:,}", more_text, step.lever.unit, f"{step.score:.2f}")
    console.print(table)
    if any(step.lever.unit in PERSON_UNITS for step in answer.steps):
        console.print(f"more acts, or people: {FROM_OTHERS}", soft_wrap=True)
    console.print(f"together: {answer.uniform_increase.message}; or {answer.total_increase.message}", soft_wrap=True)
    percent = answer.total_increase.percent
    multiple = None if percent is None else 1 + percent / 100
    console.print(describe_whole_way(answer.score, answer.target, multiple), soft_wrap=True)
    console.print(_format_forecast(answer.forecast), soft_wrap=True)
    for decay in answer.decay_forecast:
        reason = (
            f"as {plural(decay.acts, 'reaction leaves', 'reactions leave')} the window and the others age"
            if decay.acts
            else "as older reactions count less every day"
        )
        console.print(
            f"if nothing new comes: {decay.score:.2f} ({decay.move:+.2f}) on {decay.day}, {reason}", soft_wrap=True
        )
    if answer.message:
        console.print(answer.message, soft_wrap=True)


def _format_forecast(forecast: GoalForecast) -> str:
    if forecast.odds_30 is None or forecast.odds_90 is None:
        return f"no odds of the target: {forecast.message}"
    odds = (
        f"odds of the target at the trend of the last month: {forecast.odds_30:.0%} within 30 days, "
        f"{forecast.odds_90:.0%} within 90 days"
    )
    return f"{odds}; {forecast.message or f'the average change alone reaches it on {forecast.date}'}"
