"""Print what would bring a person to a score, how likely that is, and who is similar and has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from renown.answers.signal_words import signal_word
from renown.cli.output import console, escape_text, new_table, print_warnings
from renown.text import plural

if TYPE_CHECKING:
    from renown.answers import GoalForecast, GoalPlan, SimilarPerson, Way, WhatIfResult
    from renown.answers.simulate.way import LadderStep, Recipe


def print_goal_plan(answer: GoalPlan) -> None:
    """Print a goal plan: steps, forecast and decay."""
    from renown.answers.simulate.goal import FROM_OTHERS
    from renown.answers.simulate.way import PERSON_UNITS
    from renown.answers.simulate.way_text import describe_whole_way

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
            f"if nothing new comes: {decay.score:.2f} ({decay.move:+z.2f}) on {decay.day}, {reason}", soft_wrap=True
        )
    if answer.message:
        console.print(answer.message, soft_wrap=True)


def print_way(answer: Way, plan: GoalPlan) -> None:
    """Print the way to a score: its steps, what is enough for the next one, and what stops counting when."""
    title = f"{escape_text(answer.name)}, {answer.day} UTC: {answer.score:.2f}, the way to {answer.target:g}"
    console.print(title, style="italic", soft_wrap=True)
    if answer.ladder:
        console.print(f"steps: {', '.join(map(_format_step, answer.ladder))}", soft_wrap=True)
        table = new_table(f"enough by itself for {answer.next_step:g}", "", "more>", "")
        for recipe in answer.recipes:
            table.add_row(*_recipe_cells(recipe))
        console.print(table)
    console.print(answer.odds, soft_wrap=True)
    console.print(f"{answer.whole_way} {answer.target_odds}".rstrip(), soft_wrap=True)
    if plan.message:
        console.print(plan.message, soft_wrap=True)
    weeks = [week for week in answer.expiry if week.acts]
    if weeks:
        table = new_table("reactions of today that stop counting", "from", "to", "reactions>")
        for week in weeks:
            table.add_row(week.first_day, week.last_day, f"{week.acts:,}")
        console.print(table)


def _format_step(step: LadderStep) -> str:
    return f"{step.score:g} ({step.points_away:.2f} points away)"


def _recipe_cells(recipe: Recipe) -> tuple[str, str, str]:
    """Return what there must be more of, how much, and the sentence about it."""
    network = f" on {escape_text(recipe.network)}" if recipe.network else ""
    if recipe.more_per_week is not None:
        more = f"+{recipe.more_per_week:,} a week"
    else:
        more = "not enough" if recipe.percent is None else f"+{recipe.percent:,}%"
    return f"{signal_word(recipe.signal)}{network}", more, recipe.sentence


def print_what_if(answer: WhatIfResult) -> None:
    """Print each signal before and after hypothetical changes; the points add up to the score."""
    name = escape_text(answer.name)
    table = new_table(f"{name}, {answer.day} UTC, what if", "", "now>", "then>", "points>", "then>")
    for row in answer.signals:
        signal = f"{escape_text(row.account)}/{signal_word(row.signal)}"
        table.add_row(signal, f"{row.now:,}", f"{row.after:,}", f"{row.points:.2f}", f"{row.points_after:.2f}")
    table.add_row("everybody", "", "", f"{answer.base_score:.2f}", f"{answer.base_score:.2f}")
    table.add_row("score", "", "", f"{answer.score:.2f}", f"{answer.score_after:.2f}", style="bold")
    console.print(table)
    if answer.score != answer.score_after:
        console.print(f"{name} would have {answer.score_after:.2f} ({answer.move:+z.2f})", soft_wrap=True)
    if answer.message:
        console.print(answer.message, soft_wrap=True)


def print_similar_person(answer: SimilarPerson) -> None:
    """Print the similar person, and the points of both by signal, the largest difference first."""
    name = escape_text(answer.name)
    if answer.similar_name is None:
        console.print(
            f"nobody else with a claimed account has {answer.target:g} or more on {answer.day}; choose a lower score "
            f"with --target, or see `renown goal {name} --target {answer.target:g}`",
            soft_wrap=True,
        )
        return
    similar_name = escape_text(answer.similar_name)
    title = f"{answer.day} UTC: similar to {name}, with {answer.target:g} or more"
    table = new_table(title, "points from", "on", f"{name}>", f"{similar_name}>", "difference>")
    for row in answer.signals:
        points = (f"{row.points:.2f}", f"{row.similar_points:.2f}", f"{row.difference:+z.2f}")
        table.add_row(signal_word(row.signal), escape_text(row.network), *points)
    table.add_row("everybody", "", f"{answer.base:.2f}", f"{answer.base:.2f}", "")
    difference = (answer.similar_score or 0) - answer.score
    table.add_row(
        "score", "", f"{answer.score:.2f}", f"{answer.similar_score:.2f}", f"{difference:+z.2f}", style="bold"
    )
    console.print(table)
    console.print(
        f"of {plural(answer.candidates, 'other person', 'other people')} with {answer.target:g} or more, "
        f"{similar_name} differs least in followers, lists and reactions",
        soft_wrap=True,
    )
    print_warnings(answer.similar_name, answer.similar_warnings)


def _format_forecast(forecast: GoalForecast) -> str:
    if forecast.odds_30 is None or forecast.odds_90 is None:
        return f"no odds of the target: {forecast.message}"
    from renown.answers.simulate.forecast import format_odds
    from renown.answers.simulate.way_text import describe_recomputed_trend

    odds = (
        "odds of the target at the trend of the last month"
        f"{describe_recomputed_trend(forecast.recomputed_days)}: {format_odds(forecast.odds_30)} within 30 days, "
        f"{format_odds(forecast.odds_90)} within 90 days"
    )
    return f"{odds}; {forecast.message or f'the average change alone reaches it on {forecast.date}'}"
