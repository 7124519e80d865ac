"""Standings: print a person's rank, history and best hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from renown.cli import output
from renown.cli.home import open_home
from renown.cli.method_files import draw_plot
from renown.cli.options import JsonOption, PersonArgument, check_plot_path, parse_score
from renown.cli.output import scores
from renown.cli.output import standing as output_standing
from renown.cli.subjects import find_score_holder, find_served_score


def standing(
    context: typer.Context,
    who: PersonArgument,
    goal: Annotated[float, typer.Option(parser=parse_score, metavar="SCORE", help="Score to reach, 1 to 100.")] = 70.0,
    days: Annotated[int, typer.Option(min=1, help="Number of consecutive days at or above it.")] = 30,
    json: JsonOption = False,
) -> None:
    """
    Print a person's rank on the latest day, how the score changed, and their streak at or above a goal.

    Example: `renown standing ada --goal 70 --days 30`
    """
    from renown import answers

    home = open_home(context)
    holder = find_score_holder(home, who)
    standing = answers.compute_standing(home.served_scores, holder.key, goal=goal, in_a_row=days)
    answer = replace(standing, name=holder.name)
    (output.print_json if json else output_standing.print_standing)(answer)
    if not json:
        day = date.fromisoformat(answer.day)
        output_standing.print_silent_networks(answers.find_silent_networks(home.lake, holder.networks, day))


def history(
    context: typer.Context,
    who: PersonArgument,
    days: Annotated[int, typer.Option(min=1, help="Number of days, up to the latest.")] = 90,
    plot: Annotated[
        Path | None, typer.Option(callback=check_plot_path, help="Also draw a plot to this .png or .svg file.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """
    Print a person's score day by day, with notes: recomputed days, days by another method, networks without data.

    Example: `renown history ada --days 30 --plot ada.svg`
    """
    from renown import answers

    home = open_home(context)
    holder = find_score_holder(home, who)
    answer = answers.load_timeline(
        home.served_scores, home.days, home.lake, holder.key, networks=holder.networks, days=days
    )
    (output.print_json if json else output_standing.print_history)(answer)
    draw_plot(answer, plot)


def when(
    context: typer.Context,
    who: PersonArgument,
    time_zone: Annotated[
        str | None,
        typer.Option(
            "--tz", help="Time zone of the hours, such as Europe/Berlin. Default: the person's own, else UTC."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """
    Print when reactions to a person come: the best hours of the week, and how sure they are.

    The hours are in the person's own time zone, which `renown time-zone` sets, and in UTC until then.

    Example: `renown when ada --tz Europe/Berlin`
    """
    from renown import answers
    from renown.home.person_answers import load_profile
    from renown.store import DEFAULT_TIME_ZONE

    home = open_home(context)
    holder, served_score = find_served_score(home, who)
    hours = load_profile(home, served_score).hours
    owner = home.people.by_key(holder.key)
    zone = time_zone or (owner.time_zone if owner else DEFAULT_TIME_ZONE)
    answer = answers.compute_best_times(holder.name, served_score.day, hours, zone)
    (output.print_json if json else scores.print_best_times)(answer)
