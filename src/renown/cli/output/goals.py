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
    console.print(f"together: {answer.uniform_increase.message}", soft_wrap=True)
    console.print(_format_forecast(answer.forecast), soft_wrap=True)
    for decay in answer.decay_forecast:
        reason = f"as {plural(decay.acts, 'reaction')} leave the window and the others age"
        console.print(
            f"if nothing new comes: {decay.score:.2f} ({decay.move:+.2f}) on {decay.day}, {reason}", soft_wrap=True
        )
    if answer.message:
        console.print(answer.message, soft_wrap=True)


def _format_forecast(forecast: GoalForecast) -> str:
    if forecast.odds_30 is None or forecast.odds_90 is None:
        return f"no forecast: {forecast.message}"
    odds = f"odds at the current trend: {forecast.odds_30:.0%} within 30 days, {forecast.odds_90:.0%} within 90 days"
    return f"{odds}; {forecast.message or f'the average change alone reaches it on {forecast.date}'}"
